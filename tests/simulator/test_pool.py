"""So many requests have a thread, so many wait in the order in which they came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.simulator.pool import Place, Pool

STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), max_size=80)


@given(st.integers(1, 5), st.integers(0, 5), STEPS)
def test_a_pool_is_never_overfull_and_nobody_overtakes(threads, queue, steps):
    pool, now = Pool(threads, queue), 0.0
    working, waiting, refused, worked, waited = [], [], 0, 0.0, 0.0
    came = {}
    for number, (enters, gap) in enumerate(steps):
        now += gap
        worked += gap * len(working)
        if enters:
            came[number] = now
            match pool.enter(number, now):
                case Place.THREAD:
                    assert not waiting
                    working.append(number)
                case Place.LINE:
                    assert len(working) == threads
                    waiting.append(number)
                case Place.NOWHERE:
                    assert len(waiting) == queue
                    refused += 1
        elif working:
            working.pop(0)
            following = pool.leave(now)
            assert following == (waiting[0] if waiting else None)
            if waiting:
                waited += now - came[waiting[0]]
                working.append(waiting.pop(0))

        assert len(working) <= threads
        assert len(waiting) <= queue

    stats = pool.stats(now)
    assert (stats["waiting"], stats["refused"]) == (len(waiting), refused)
    assert stats["waited"] == waited
    assert stats["most_busy"] <= threads
    passed = now - min(came.values()) if came else 0
    assert stats["busy"] == pytest.approx(worked / passed / threads if passed else 0)


def test_a_pool_that_nobody_used_was_not_busy():
    stats = Pool(2, 2).stats(5.0)

    assert stats["busy"] == stats["most_busy"] == stats["waited"] == 0
