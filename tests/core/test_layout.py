"""The window is never too small for what matters most, and never overflows."""

import hypothesis.strategies as st
from hypothesis import given
from msgspec.structs import replace

from lookervault.content import KINDS
from lookervault.core.figures import KindFigures, WorkerFigures
from lookervault.core.layout import Doing, arranged, doing, in_order

from ..output.statuses import statuses, unhurried  # noqa: TID252 - what both sides draw from

ROWS = st.integers(1, 80)
MANY = 10_000


def a_worker(**fields):
    given = {"kind": "looks", "what": "", "waiting": False, "active": True}
    return WorkerFigures(**(given | fields))


def a_kind(**fields):
    return KindFigures(**({"expected": 10, "stored": 1, "exact": True} | fields))


def laid_out(status, rows, *, alerts=0, facts=2):
    kinds = in_order(status.kinds)
    return arranged(status, kinds, rows=rows, alerts=alerts, facts=facts)


def of_50(status):
    """A run with all kinds, four of them done, and 50 workers, one of them failing."""
    kinds = {kind: a_kind(done=n % 3 == 0) for n, kind in enumerate(KINDS)}
    workers = {f"fetcher-{n}": a_worker() for n in range(1, 51)}
    workers["fetcher-41"] = a_worker(error="500")
    return replace(status, kinds=kinds, fetchers=workers, workers=50)


@unhurried
@given(statuses(), ROWS, st.integers(0, 3), st.integers(1, 6))
def test_there_are_never_more_lines_than_rows_and_the_first_is_there(
    status, rows, alerts, facts
):
    layout = laid_out(status, rows, alerts=alerts, facts=facts)

    assert layout.rows <= rows
    assert layout.facts >= 1


@unhurried
@given(statuses(), ROWS)
def test_every_kind_has_a_line_or_is_in_the_one_that_some_share(status, rows):
    layout = laid_out(status, rows)

    shared = set(layout.more_kinds)
    assert not shared & set(layout.kinds)
    if rows >= 4:
        assert shared | set(layout.kinds) == set(status.kinds)


@unhurried
@given(statuses())
def test_where_there_is_room_everything_is_shown(status):
    layout = laid_out(status, MANY, alerts=3, facts=6)

    busy = {n for n, it in status.fetchers.items() if doing(it) is not Doing.IDLE}
    assert layout.kinds == tuple(in_order(status.kinds))
    assert busy <= set(layout.workers)
    assert (layout.more_kinds, layout.more_workers) == ((), ())
    assert (layout.alerts, layout.facts) == (3, 6)


@unhurried
@given(statuses(), ROWS)
def test_a_worker_that_failed_stays_longer_than_one_that_did_not(status, rows):
    layout = laid_out(status, rows)

    folded = {doing(status.fetchers[name]) for name in layout.more_workers}
    if Doing.FAILING in folded:
        shown = {doing(status.fetchers[name]) for name in layout.workers}
        assert shown <= {Doing.FAILING}
        assert layout.kinds == ()


@unhurried
@given(statuses(), ROWS)
def test_more_rows_never_show_less(status, rows):
    small, large = laid_out(status, rows), laid_out(status, rows + 1)

    assert set(small.workers) <= set(large.workers)
    assert set(small.kinds) <= set(large.kinds)
    assert small.facts <= large.facts


@unhurried
@given(statuses())
def test_kinds_that_are_done_fold_first_and_then_workers(status):
    status = of_50(status)
    done = tuple(kind for kind in status.kinds if status.kinds[kind].done)

    roomy = laid_out(status, 62)
    tight = laid_out(status, 24)

    assert roomy.more_kinds == done[-3:]
    assert roomy.more_workers == ()
    assert tight.more_kinds == done
    assert "fetcher-41" in tight.workers
    assert tight.kinds == tuple(kind for kind in KINDS if kind not in done)


@unhurried
@given(statuses())
def test_workers_are_in_the_order_in_which_people_count(status):
    layout = laid_out(of_50(status), MANY)

    assert layout.workers == tuple(f"fetcher-{number}" for number in range(1, 51))


@unhurried
@given(statuses())
def test_idle_workers_beyond_their_number_are_not_shown(status):
    # They were let go, and what is known of them is old.
    idle = {f"fetcher-{n}": a_worker(active=False, kind=None) for n in range(1, 9)}

    layout = laid_out(replace(status, fetchers=idle, workers=2), MANY)

    assert layout.workers == ("fetcher-1", "fetcher-2")
