"""The next run goes on with what is open, or says what it closes."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.outlook import Standing, course
from lookervault.core.past import Past
from lookervault.records import KindReport, Phase, Row, Run, Scope

LOOKS = Scope(("looks",))
BOARDS = Scope(("boards",))


def a_run(number, scope=LOOKS, phase=Phase.SEALED, **more):
    return Run(number=number, scope=scope, phase=phase, started=0.0, **more)


def test_without_a_vault_the_first_run_begins():
    it = course(Standing(), LOOKS, fresh=False, now=7.0)

    assert (it.run.number, it.run.scope, it.run.started) == (1, LOOKS, 7.0)
    assert not it.goes_on
    assert it.closes is None


def test_an_open_run_of_the_scope_goes_on():
    before = a_run(4, phase=Phase.OPEN)
    past = {"looks": Past(rows={"1": Row("1")})}

    it = course(Standing(runs=(before,), past=past), LOOKS, fresh=False, now=7.0)

    assert it.goes_on
    assert it.run == before
    assert it.stored == 1


@given(st.sampled_from([LOOKS, BOARDS]), st.booleans())
def test_any_other_open_run_is_closed(scope, fresh):
    before = a_run(4, phase=Phase.OPEN)

    it = course(Standing(runs=(before, a_run(3))), scope, fresh=fresh, now=7.0)

    if scope == LOOKS and not fresh:
        assert it.goes_on
    else:
        assert (it.run.number, it.closes, it.stored) == (5, before, 0)


def test_the_latest_snapshot_is_the_newest_that_reached_its_end():
    runs = (a_run(3, phase=Phase.OPEN), a_run(2, phase=Phase.ABANDONED), a_run(1))

    assert Standing(runs=runs).latest == runs[2]
    assert Standing(runs=runs[:2]).latest is None


def test_what_was_expected_is_that_of_the_newest_run_of_everywhere():
    counted = {"looks": KindReport(expected=5, stored=5)}
    some = {"looks": KindReport(expected=2, stored=2)}
    runs = (
        a_run(3, Scope(("looks",), ("7",)), kinds=some),
        a_run(2, kinds=counted),
        a_run(1, kinds={"looks": KindReport(expected=9, stored=9)}),
    )

    assert Standing(runs=runs).expected("looks") == 5
    assert Standing(runs=runs).expected("users") is None
