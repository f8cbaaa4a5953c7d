"""The page about reliability names a test for each row, and each of them exists."""

import ast
import functools
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "reliability.md").read_text("utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
UNTESTED = "## What is not tested"

TESTED, _, OTHERS = PAGE.partition(UNTESTED)
ROWS = [
    row
    for row in TESTED.splitlines()
    if row.startswith("| ") and not row.startswith(("| what ", "| --- "))
]


@functools.cache
def named_in(file):
    """The names of the tests in *file*."""
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_row_names_tests_that_exist(row):
    cells = row.strip("| ").split(" | ")
    named = NAMED.findall(cells[-1])

    assert len(cells) == 3
    assert named
    assert [it for it in named if it[1] not in named_in(it[0])] == []
    assert NAMED.sub("", cells[-1]).strip() == ""


def test_the_page_promises_one_thing_and_says_what_is_not_tested():
    assert "Interrupt it at any point: the vault stays whole" in PAGE
    assert len(ROWS) > 80
    assert NAMED.findall(OTHERS) == []
    assert OTHERS.count("\n| ") > 2
