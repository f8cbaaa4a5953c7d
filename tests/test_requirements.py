"""The pins are whole: each has its hashes, none names a place, all that is needed is there."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PINS = PROJECT / "scripts" / "requirements"
PIN = re.compile(
    r"^([a-z0-9-]+)==(\S+)((?: \\\n {4}--hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE
)


def text(name):
    return (PINS / name).read_text("utf-8")


def pins(name):
    return {found[1]: found[0] for found in PIN.finditer(text(name))}


def needed(*extras):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = [project["dependencies"]]
    groups += [project["optional-dependencies"][extra] for extra in extras]
    for line in (line for group in groups for line in group):
        yield re.match(r"[\w-]+", line)[0].lower().replace("_", "-")


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_every_line_belongs_to_a_pin_with_hashes(name):
    rest = PIN.sub("", re.sub(r"^#.*$", "", text(name), flags=re.MULTILINE))

    assert rest.strip() == ""


def test_what_the_project_needs_is_pinned():
    assert set(needed()) <= set(pins("run.txt"))
    assert set(needed("dev", "simulator")) <= set(pins("dev.txt"))


def test_what_is_tested_is_what_runs():
    assert pins("run.txt").items() <= pins("dev.txt").items()
