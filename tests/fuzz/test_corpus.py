"""What was found once by changing inputs at random stays mended.

`scripts/fuzz` looks for more. Bugs that are planted on purpose are found by it.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing import TARGETS, engine

from lookervault.config import file
from lookervault.core import answers, bodies
from lookervault.core.blanking import blanked
from lookervault.store import values

PROJECT = Path(__file__).parents[2]
FUZZ = PROJECT / "scripts" / "fuzz.py"
CORPUS = sorted((PROJECT / "tests" / "fuzz" / "corpus").glob("*.bin"))
A_WHILE = 0.5
A_MINUTE = 60.0

IN_FORKS = {"vaults"}
"""They are fed by processes that may die of it, which come by a fork."""


def target_of(case):
    return case.name.partition("-")[0]


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.stem)
def test_what_was_found_once_breaks_nothing_any_more(case):
    if target_of(case) in IN_FORKS:
        fed = [sys.executable, FUZZ, target_of(case), "--replay", case]
        done = subprocess.run(fed, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    else:
        TARGETS[target_of(case)]().check(case.read_bytes())


@pytest.mark.parametrize("name", sorted(TARGETS.keys() - IN_FORKS))
def test_a_short_look_finds_nothing_new(name):
    run = engine.Run(TARGETS[name](), seed=1)

    assert [str(found) for found in run.findings(A_WHILE)] == []
    assert run.executions > 20
    assert len(run.outcomes) > 3


def bytes_that_are_no_text_pass(plant):
    plant(bodies, "_check", lambda *_: None)


def a_state_that_does_not_exist_is_taken_for_one(plant):
    class Round(tuple):
        __slots__ = ()

        def __getitem__(self, place):
            return super().__getitem__(place % len(self))

    plant(values, "_STATES", Round(values._STATES))


def an_odd_marker_or_census_raises_what_nobody_expects(plant):
    def decode(_key, payload, type_):
        return values.msgspec.msgpack.decode(payload, type=type_)

    plant(values, "_decode", decode)


def a_link_is_left_that_must_not_be_kept(plant):
    plant(bodies, "blanked", lambda paths, raw: blanked([*paths][1:], raw))


def a_number_of_any_length_is_a_total(plant):
    plant(answers, "_DIGITS", answers.re.compile("[0-9]+"))


def a_name_is_shown_as_it_is(plant):
    plant(file, "shown", str)


PLANTS = [
    ("bodies", bytes_that_are_no_text_pass),
    ("bodies", a_link_is_left_that_must_not_be_kept),
    ("values", a_state_that_does_not_exist_is_taken_for_one),
    ("values", an_odd_marker_or_census_raises_what_nobody_expects),
    ("headers", a_number_of_any_length_is_a_total),
    ("configuration", a_name_is_shown_as_it_is),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "bug"), PLANTS, ids=lambda it: getattr(it, "__name__", it)
)
def test_a_planted_bug_is_found_within_a_minute(name, bug, monkeypatch):
    bug(monkeypatch.setattr)
    run = engine.Run(TARGETS[name](), seed=1)

    assert next(run.findings(A_MINUTE), None) is not None


NO_CHECK_SUMS = f"""
import runpy, sys
from lookervault.store import values

values.unseal = lambda key, value: bytes(value[values.SUM_BYTES :])
sys.path.insert(0, {str(FUZZ.parent)!r})
sys.argv = ["fuzz", "vaults", "--seconds", "60", "--first"]
runpy.run_path({str(FUZZ)!r}, run_name="__main__")
"""


@pytest.mark.slow
def test_a_vault_whose_check_sums_nobody_looks_at_is_found_within_a_minute():
    done = subprocess.run(
        [sys.executable, "-c", NO_CHECK_SUMS],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert "Wrong" in done.stdout
