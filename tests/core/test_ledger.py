"""Nothing that counts is lost between landing and commit, and nothing else gets in."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.ledger import Ledger
from lookervault.messages import Fence, Lease, Write
from lookervault.records import Item, Row
from lookervault.units import Part, Whole

ENOUGH = 2 * 2**20
MINE = Fence(1, 1)
FENCES = st.sampled_from([MINE, Fence(1, 2), Fence(2, 1)])


def item(size):
    return Item(
        row=Row("1"),
        title="",
        call="all_roles",
        fetched_at=0.0,
        digest=b"",
        body=bytes(size),
        size=size,
    )


def write(fence, number, sizes=()):
    unit = Whole(number, Part("roles"))
    return Write(Lease(fence, unit), tuple(item(size) for size in sizes))


WRITES = st.lists(
    st.tuples(FENCES, st.lists(st.integers(0, 2**20), max_size=3)), max_size=12
).map(lambda made: [write(fence, n, sizes) for n, (fence, sizes) in enumerate(made, 1)])


def size(writes):
    return sum(len(it.body) for each in writes for it in each.items)


@given(writes=WRITES)
def test_what_counts_is_kept_in_order_and_what_does_not_is_refused(writes):
    ledger = Ledger()
    ledger.fence = MINE

    kept = [each for each in writes if ledger.add(each)]

    assert kept == [each for each in writes if each.lease.fence == MINE]
    assert ledger.take() == kept


@given(writes=WRITES)
def test_it_is_time_to_commit_when_there_is_enough_and_not_before(writes):
    ledger = Ledger()
    ledger.fence = MINE

    kept = []
    for each in writes:
        kept += [each] if ledger.add(each) else []
        assert ledger.full == (size(kept) >= ENOUGH)
        assert ledger.empty == (not kept)


@given(writes=WRITES, others=WRITES)
def test_what_was_taken_is_gone_and_weighs_nothing(writes, others):
    ledger = Ledger()
    ledger.fence = MINE
    for each in writes:
        ledger.add(each)

    ledger.take()

    assert ledger.empty
    assert not ledger.full
    assert ledger.take() == []
    kept = [each for each in others if ledger.add(each)]
    assert ledger.take() == kept


def test_a_unit_without_items_counts_too():
    ledger = Ledger()
    ledger.fence = MINE

    assert ledger.add(write(MINE, 1))

    assert not ledger.empty


def test_nobodys_word_counts_before_somebody_has_the_lead():
    ledger = Ledger()

    assert not ledger.add(write(MINE, 1, [10]))

    assert ledger.empty
