"""Whatever crashes, hangs, fails or changes: nothing is lost and nothing invented.

`scripts/simulate` runs as many seeds as you like; here are enough to notice a
mistake within seconds. A failing seed fails every time: `scripts/simulate --seed N`.
"""

import pytest

from lookervault.testing.trial import Trial

SEEDS = 600
BATCH = 50

FOUND = (
    9452,
    10935,
    201372,
    203125,
    204299,
    206362,
    324894,
    1016078,
    1035501,
    1038405,
)
"""Seeds that once found a mistake."""

FAULTS = 3
"""Seeds whose store fails at each of its operations, one after the other."""


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_nothing_is_lost_whatever_happens(first):
    for seed in range(first, first + BATCH):
        try:
            Trial(seed).hold()
        except Exception as error:
            message = f"seed {seed}: {error}"
            raise AssertionError(message) from error


@pytest.mark.parametrize("seed", FOUND)
def test_what_once_found_a_mistake_finds_none(seed):
    Trial(seed).hold()


@pytest.mark.parametrize("seed", range(FAULTS))
def test_the_store_may_fail_at_any_operation(seed):
    whole = Trial(seed, fault=0)
    whole.hold()

    assert whole.operations
    for operation in range(1, whole.operations + 1):
        try:
            Trial(seed, fault=operation).hold()
        except Exception as error:
            message = f"seed {seed}, operation {operation}: {error}"
            raise AssertionError(message) from error
