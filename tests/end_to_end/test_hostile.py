"""Titles that others wrote harm neither a terminal nor a script."""

import re

import pytest

from lookervault.simulator.settings import Titles

from .conftest import FEW, states_in

OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""What a terminal obeys, or what begins a line or turns the order of others. Tabs and line
breaks are what our own output is made of."""


@pytest.mark.parametrize(
    "titles",
    [Titles.BROKEN, pytest.param(Titles.HOSTILE, marks=pytest.mark.slow)],
)
def test_hostile_titles_harm_no_terminal_and_no_script(simulated, titles):
    looker, command = simulated(sizes=FEW, titles=titles, forbid=("roles",))

    ended = command.extract("--verbose", as_json=False)
    listed = command.run("ls", "dashboards", "--vault", command.path).stdout.decode()

    assert ended.status == 3
    lines = listed.splitlines()
    assert len(lines) == len(states_in(looker, "dashboards"))
    assert {line.count("\t") for line in lines} == {4}
    for text in (ended.out, ended.err, listed):
        assert OBEYED.findall(text) == []
