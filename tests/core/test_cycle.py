"""A long window is met with few probes, and soon if it is a usual one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.cycle import Cycle
from lookervault.core.zeros import Zero, Zeros


def blackout(window, accepted):
    """Probe a window that began at 0 until it ends; return its zero points, probes."""
    zeros, cycle, probes, now = Zeros(), Cycle(), 0, 1.0
    zeros.add(Zero(now, accepted, 0.0, 0.0))
    while now < window:
        zeros.move(Zero(now, accepted, 0.0, 0.0))
        now += max(0.01, cycle.probe_after(zeros, 0.0, 0.5))
        probes += 1
    cycle.ended(zeros, 0.0, now)
    return zeros, cycle, probes


@pytest.mark.parametrize("window", [10.0, 60.0])
def test_a_usual_window_is_met_half_a_second_after_its_end(window):
    _, _, probes = blackout(window, 100)
    _, _, more = blackout(window + 0.6, 100)

    assert more == probes + 1


@given(window=st.floats(2.5, 600), accepted=st.integers(50, 5000))
def test_any_other_is_met_to_a_quarter_with_few_probes(window, accepted):
    zeros, cycle, probes = blackout(window, accepted)

    assert zeros.newest.at == pytest.approx(window, rel=0.25)
    assert 0 <= cycle.error <= 0.25
    assert probes <= (25 if accepted < 500 else 60)


def test_refusals_soon_after_a_blackout_are_its_echo():
    zeros, cycle, _ = blackout(10.0, 100)

    assert cycle.echoes(zeros.newest.at + 0.5)
    assert not cycle.echoes(zeros.newest.at + 5.0)


def test_a_short_blackout_is_no_window():
    _, cycle, _ = blackout(1.2, 100)

    assert cycle.length == 0.0
    assert not cycle.echoes(2.0)
