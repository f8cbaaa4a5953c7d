"""The number in flight follows what the server bears, not what it is asked."""

import hypothesis.strategies as st
from hypothesis import given

from lookervault.core.crowd import Crowd


def rounds(crowd, count, *, bears):
    """Keep as many in flight as may be, of fifty; return the numbers in flight."""
    seen = []
    for now in range(count):
        flying = 0
        while flying < 50 and not crowd.full(flying):
            if flying >= bears:
                crowd.overloaded(flying, now + 0.5, now + 0.6)
                break
            flying += 1
        for _ in range(flying):
            crowd.answered(now + 1.0)
        seen.append(flying)
    return seen


@given(bears=st.integers(4, 40))
def test_a_server_that_refuses_more_is_kept_near_its_limit(bears):
    seen = rounds(Crowd(), 400, bears=bears)

    assert max(seen) <= bears
    assert min(seen) >= 0.75 * bears - 1


def test_what_is_refused_together_cuts_once():
    crowd = Crowd()

    for flying in range(10, 0, -1):
        crowd.overloaded(flying, sent=1.0, now=2.0)

    assert crowd.limit == 0.75 * 11


def test_nothing_is_bounded_that_bears_everything():
    assert rounds(Crowd(), 50, bears=99)[-1] == 50


@given(st.floats(0.1, 100))
def test_at_least_one_may_always_go(limit):
    assert not Crowd(limit).full(0)
