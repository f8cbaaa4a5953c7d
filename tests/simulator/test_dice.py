"""Luck depends on the seed, the target and how often it was asked for: nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.simulator.dice import Dice, share


@given(st.integers(), st.lists(st.sampled_from("abc"), max_size=30), st.randoms())
def test_the_order_of_requests_changes_nothing(seed, targets, random):
    shuffled = random.sample(targets, len(targets))
    one, other = Dice(seed), Dice(seed)

    found = sorted((target, one.roll(target)) for target in targets)

    assert found == sorted((target, other.roll(target)) for target in shuffled)


def test_dice_of_one_seed_are_kept_apart_by_their_name():
    one, other = Dice(1, "times"), Dice(1, "faults")

    assert one.roll("/x") != other.roll("/x")


@given(st.binary(min_size=9, max_size=9))
def test_a_share_never_reaches_one(roll):
    assert 0 <= share(roll) < 1


def test_shares_are_spread_evenly():
    dice = Dice(1)
    shares = [share(dice.roll("/x")) for _ in range(4000)]

    for tenth in range(10):
        assert 300 < sum(tenth <= 10 * s < tenth + 1 for s in shares) < 500
