"""A unit that is out is in one place, and only who holds it can move it."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.credit import Credit
from lookervault.core.hands import Hands
from lookervault.messages import Fence, Lease
from lookervault.units import Ids, Part

MEGABYTE = 2**20


def unit(number):
    return Ids(number, Part("dashboards"), (str(number),))


def lease(number, attempt=1):
    return Lease(Fence(1, 1), unit(number), attempt)


def hands(*fetchers, budget=64 * MEGABYTE):
    it = Hands(1, Credit(budget))
    for fetcher in fetchers:
        it.rest(fetcher)
    return it


def test_a_fetcher_that_has_a_unit_is_idle_no_more():
    it = hands("a")

    given_to = it.give(unit(1), 1, MEGABYTE)

    assert given_to == "a"
    assert not it.any_free
    assert it.in_flight


def test_a_unit_for_which_there_is_no_credit_stays_first_in_line():
    it = hands("a", "b", budget=MEGABYTE)
    it.give(unit(1), 1, MEGABYTE)
    it.again(unit(3))

    assert it.give(unit(2), 1, 1) is None
    assert it.any_free
    assert [it.next_again(), it.next_again()] == [unit(2), unit(3)]


def test_who_is_struck_off_gives_its_credit_back():
    credit = Credit(MEGABYTE)
    it = Hands(1, credit)
    it.rest("a")
    it.give(unit(1), 1, MEGABYTE)

    assert it.strike("a") == unit(1)
    assert credit.in_hand == 0
    assert it.strike("a") is None
    assert not it.in_flight


def test_only_the_attempt_that_is_out_is_held():
    it = hands("a", "b")
    it.give(unit(1), 2, 1)

    assert it.holds("a", lease(1, 2))
    assert not it.holds("a", lease(1, 1))
    assert not it.holds("b", lease(1, 2))
    assert not it.holds("a", lease(2, 2))


def test_what_has_landed_is_done_when_its_own_attempt_is_stored():
    it = hands("a")
    it.give(unit(1), 2, 1)

    assert it.lands("a") is None
    assert it.landing
    assert list(it.stored([(1, 1), (7, 1)])) == []
    assert it.landing
    assert list(it.stored([(1, 2)])) == [unit(1)]
    assert not it.in_flight


def test_it_may_be_stored_before_it_is_known_to_be_fetched():
    it = hands("a")
    it.give(unit(1), 1, 1)

    assert list(it.stored([(1, 1)])) == []
    assert it.lands("a") == unit(1)
    assert not it.in_flight


def test_an_earlier_attempt_that_was_stored_does_not_make_a_later_one_land():
    it = hands("a")
    it.give(unit(1), 1, 1)
    list(it.stored([(1, 1)]))
    it.strike("a")
    it.rest("a")
    it.give(unit(1), 2, 1)

    assert it.lands("a") is None
    assert it.landing


def test_what_is_delayed_comes_again_once():
    it = hands()
    it.delay(unit(1))

    it.due(2)
    assert it.waiting
    assert it.next_again() is None
    it.due(1)
    it.due(1)

    assert it.next_again() == unit(1)
    assert it.next_again() is None
    assert not it.waiting


def test_an_answer_is_awaited_of_what_is_under_way_or_about_to_be():
    it = hands("a")
    assert not it.awaits(nobody)

    it.delay(unit(1))
    assert not it.awaits(nobody)
    it.due(1)
    assert it.awaits(nobody)
    it.give(it.next_again(), 1, 1)
    assert it.awaits(nobody)
    it.strike("a")

    assert not it.awaits(nobody)


def test_of_those_that_failed_last_time_no_answer_is_awaited():
    it = hands("a")
    it.again(unit(1))
    it.again(unit(2))
    it.give(it.next_again(), 1, 1)

    assert not it.awaits(lambda _: True)
    assert it.awaits(lambda unit: unit.number == 1)
    assert it.awaits(lambda unit: unit.number == 2)


def nobody(_):
    return False


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["give", "strike", "land", "store", "delay", "due", "again"]),
        st.sampled_from("ab"),
        st.integers(1, 4),
        st.integers(1, 3),
    ),
    max_size=60,
)


@given(steps=STEPS)
def test_credit_is_held_by_what_flies_and_lands_and_by_nothing_else(  # noqa: C901 - one arm a step
    steps,
):
    credit = Credit(3 * MEGABYTE)
    it = Hands(1, credit)
    flying, landing = {}, {}
    for n, (step, fetcher, number, attempt) in enumerate(steps):
        match step:
            case "give" if fetcher not in flying:
                it.rest(fetcher)
                to = it.give(unit(100 + n), attempt, MEGABYTE)
                if to is not None:
                    flying[to] = (100 + n, attempt)
            case "strike":
                it.strike(fetcher)
                flying.pop(fetcher, None)
            case "land" if fetcher in flying:
                it.lands(fetcher)
                held = flying.pop(fetcher)
                landing[held] = None
            case "store" if landing:
                held = next(iter(landing))
                del landing[held]
                credit.release((1, *held))
                assert [u.number for u in it.stored([held])] == [held[0]]
            case "delay":
                it.delay(unit(number))
            case "due":
                it.due(number)

    assert credit.in_hand == MEGABYTE * (len(flying) + len(landing))
    assert it.in_flight == bool(flying or landing)
    assert it.landing == bool(landing)
