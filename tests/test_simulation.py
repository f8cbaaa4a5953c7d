"""Whatever crashes, hangs, fails or changes: nothing is lost and nothing invented.

`scripts/simulate` runs as many seeds as you like; here are enough to notice a
mistake within seconds. A failing seed fails every time: `scripts/simulate --seed N`.
"""

import pytest

from lookervault.testing.trial import Trial

SEEDS = 2000
BATCH = 50


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_nothing_is_lost_whatever_happens(first):
    for seed in range(first, first + BATCH):
        try:
            Trial(seed).hold()
        except Exception as error:
            message = f"seed {seed}: {error}"
            raise AssertionError(message) from error
