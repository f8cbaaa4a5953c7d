"""A run goes on as its owner says: paused nothing is handed out, short of memory one unit is."""

import pytest

from lookervault.core.effects import Recede, Stop
from lookervault.core.helm import Helm
from lookervault.core.limits import Limits
from lookervault.errors import LimitReached, LookerError, Sort
from lookervault.messages import Fault, Fetched, Returned, Steering
from lookervault.records import Row
from lookervault.testing import Thing
from lookervault.units import Ids

DASHBOARDS = {"dashboards": [Thing(str(n)) for n in range(1, 61)]}
AWAY = Fault(Sort.UNREACHABLE, "nobody answers")


def out(it):
    return len(it.leases)


@pytest.fixture
def it(bench):
    """A plan with three fetchers, all of them out."""
    it = bench(DASHBOARDS, kinds=("dashboards",), workers=3)
    it.start()
    assert out(it) == 3
    return it


# The helm


def helm(*, workers=3, now=0.0, **limits):
    return Helm(Limits(**limits), Steering(workers), began=0.0, now=now)


def test_as_many_units_may_be_out_as_there_are_workers_but_for_pause_and_memory():
    it = helm()
    assert it.most == 3

    it.weighed(over=True)
    assert it.most == 1
    it.steer(Steering(5, paused=True), 1.0)
    assert it.most == 0
    it.weighed(over=False)
    it.steer(Steering(5), 2.0)
    assert it.most == 5


def test_only_news_of_a_shortage_asks_units_back():
    it = helm()

    assert [it.weighed(over=over) for over in (False, True, True, False, True)] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_a_pause_does_not_count_as_silence_neither_then_nor_later():
    it = helm(give_up_after=60.0)
    it.steer(Steering(3, paused=True), 50.0)

    assert it.end(5000.0, "", landing=False) is None
    it.steer(Steering(3), 6000.0)

    assert it.end(6010.0, "", landing=False) is None
    end = it.end(6010.1, "a cable is out.", landing=False)
    assert end == Stop(
        "Looker has not answered for 60 s: a cable is out.", LookerError.exit_code
    )


def test_what_was_heard_during_a_pause_ends_the_silence_before_it():
    it = helm(give_up_after=60.0)
    it.steer(Steering(3, paused=True), 50.0)
    it.heard(70.0)
    it.steer(Steering(3), 100.0)

    assert it.end(160.0, "", landing=False) is None
    assert it.end(160.1, "", landing=False) is not None


def test_time_is_up_when_it_is_up_pauses_and_earlier_lives_included():
    it = Helm(
        Limits(max_duration=100.0), Steering(3, paused=True), began=10.0, now=90.0
    )

    assert it.end(109.9, "", landing=True) is None
    end = it.end(110.0, "", landing=True)
    assert end.exit_code == LimitReached.exit_code
    assert "--max-duration" in end.reason
    assert "100 s" in end.reason


def test_utilization_goes_by_how_many_there_were_and_when():
    it = helm(workers=2)
    it.heard(5.0, busy=5.0)
    it.steer(Steering(10), 10.0)
    it.heard(20.0, busy=55.0)

    # 2 workers for 10 s, and 10 for another 10.
    assert it.figures(30.0) == {"seconds": 30.0, "utilization": 60.0 / 120.0}


# The plan under it


def test_a_pause_hands_out_nothing_and_asks_back_what_waits(it):
    it.steer(paused=True)
    assert it.receded == 1

    for fetcher in list(it.leases):
        it.hear(it.serve(fetcher, it.leases.pop(fetcher)))
    it.store(9)
    it.tick()

    assert out(it) == 0
    assert it.end is None
    it.steer(paused=False)
    assert out(it) == 3


def test_while_paused_what_comes_to_another_request_is_asked_back_again(it):
    it.steer(paused=True)

    it.tick()
    it.tick()

    assert it.receded == 3


def test_what_was_handed_back_goes_out_again_after_the_pause(it):
    it.steer(paused=True)
    back = list(it.leases.items())
    it.leases.clear()
    for fetcher, lease in back:
        it.hear(Returned(fetcher, lease))
    assert out(it) == 0

    it.steer(paused=False)

    assert [lease.unit for lease in it.leases.values()] == [
        lease.unit for _, lease in back
    ]


def test_what_is_left_of_a_unit_is_read_and_nothing_twice(bench):
    it = bench({"explores": [Thing(f"m::{n}") for n in range(6)]}, workers=1)
    it.do(it.plan.opening)
    it.start()
    it.run(until=lambda it: it.units(Ids))
    ((fetcher, lease),) = it.leases.items()
    first, *others = lease.unit.ids
    rest = Ids(lease.unit.number, lease.unit.part, tuple(others), lease.unit.witnesses)
    it.steer(paused=True)
    del it.leases[fetcher]
    it.writes.append((lease, (Row(first),)))

    it.hear(Fetched(fetcher, lease, (Row(first),), left=rest))
    it.store()
    it.steer(paused=False)
    it.go_on()

    assert all(it.stored["explores", thing] == 1 for thing in lease.unit.ids)


def test_a_cancel_works_while_it_is_paused(it):
    it.steer(paused=True)

    it.do(it.plan.halt("enough", 130))
    for fetcher, lease in list(it.leases.items()):
        del it.leases[fetcher]
        it.hear(Returned(fetcher, lease))

    assert it.end == Stop("enough", 130)


def test_fewer_workers_finish_what_they_have_and_more_get_work_at_once(it):
    it.steer(workers=1)
    assert it.receded == 0
    fetcher = next(iter(it.leases))
    it.hear(it.serve(fetcher, it.leases.pop(fetcher)))
    assert out(it) == 2

    it.steer(workers=6)
    for name in it.names:
        if it.mail[name]:
            it.mail[name].popleft()
            it.ready(name)

    assert out(it) == 6


def test_short_of_memory_one_goes_on_and_never_none(it):
    it.weighed(over=True)
    assert it.receded == 1
    for fetcher, lease in list(it.leases.items()):
        del it.leases[fetcher]
        it.hear(Returned(fetcher, lease))

    assert out(it) == 1
    it.weighed(over=True)
    it.tick()
    assert it.receded == 1, "the one that goes on is not asked back"
    it.weighed(over=False)
    assert out(it) == 3


def test_while_paused_nobody_gives_up_on_looker(bench):
    it = bench(
        DASHBOARDS,
        kinds=("dashboards",),
        workers=1,
        give_up_after=100.0,
        trouble=lambda _: AWAY,
    )
    it.start()
    it.steer(paused=True)
    it.now = 1000.0

    it.tick()
    assert it.end is None
    it.steer(paused=False)
    it.now = 1099.0
    it.tick()
    assert it.end is None
    it.now = 1101.0
    it.do([e for e in it.plan.tick(it.now) if not isinstance(e, Recede)])
    it.hear(Returned("fetcher-1", next(iter(it.leases.values()))))

    assert it.end.exit_code == LookerError.exit_code
