"""Each layer imports only what lies below it, and each library has one home."""

import ast
import re
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

import lookervault

ROOT = Path(lookervault.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
TREES = {file: ast.parse(file.read_text("utf-8")) for file in FILES}

LAYERS = (
    {"errors"},
    {"records"},
    {"units"},
    {"content"},
    {"messages"},
    {"settings"},
    {"core"},
    {"http", "store", "memory"},
    {"looker"},
    {"vault", "repair"},
    {"actors"},
    {"tree"},
    {"extraction"},
    {"system"},
    {"simulator"},
    {"testing"},
    {"config", "output"},
    {"daemon"},
    {"cli"},
)
"""From low to high. What stands beside each other does not know of each other."""

NARROW = {
    # A Looker that shared our code would share our mistakes.
    "simulator": {"errors", "records", "content"},
}
"""Layers that may import less than all that lies below them."""

DOOR = "__init__"
"""The package itself: public names, none of them from a face."""

BEHIND_THE_DOOR = {name for layer in LAYERS[:-3] for name in layer}

ANYWHERE = {"msgspec"}
"""Libraries that are a language of the whole package."""

HOMES = {
    "attrs": {"simulator/*": "walks the SDK's models, which are attrs classes"},
    "click": {"cli/*": "the command line"},
    "keyring": {"config/secrets.py": "where some keep a secret; an extra"},
    "lmdb": {"store/*": "the vault on disk"},
    "looker_sdk": {
        "looker/*": "the border to Looker",
        "simulator/*": "what the simulated Looker can be asked is what the SDK can ask",
    },
    "psutil": {"memory.py": "memory of the process"},
    "pykka": {"actors/threads.py": "gives an actor a thread"},
    "rich": {
        "output/closing.py": "the table of a summary",
        "output/paper.py": "colours, and what a terminal can do",
        "output/picture.py": "the lines of the live view",
        "output/table.py": "lists",
    },
    "tenacity": {"looker/session.py": "the login is no unit of work"},
    "urllib3": {"http/*": "the only way out"},
    "uvloop": {"simulator/*": "a faster loop for the server, where there is one"},
    "zstandard": {"store/codec.py": "how bodies are kept"},
}
"""Every library that is not Python's own, and the files that may import it."""

CONFINED = {
    "random": {
        "system.py": "seeds the minds",
        "testing/*": "makes up crashes",
        "simulator/*": "makes up content",
    },
    "signal": {
        "cli/*": "a program may take signals, a library must not",
        "store/child.py": "names the signal that ended a process of ours",
    },
    "socket": {
        "http/*": "cuts a connection off",
        "store/lock.py": "names the host that holds a vault",
        "simulator/*": "a server",
        "testing/proxy.py": "spoils connections to one",
    },
    "subprocess": {
        "config/secrets.py": "a command that gives a secret",
        "simulator/process.py": "a simulated Looker beside a test",
        "store/*": "a damaged map can end who reads it",
    },
    "threading": {
        "actors/*": "where actors get their threads and timers",
        "http/*": "a request may be cut off by another thread",
        "looker/*": "one login for all threads",
        "store/*": "one gate around the environment",
        "extraction.py": "its owner waits in a thread of his own",
        "testing/*": "a host program for several systems",
        "simulator/*": "a server",
        "cli/*": "waits for a signal",
        "output/*": "draws beside the run",
    },
    "time": {
        "actors/clock.py": "the clock",
        "http/*": "deadlines of a request",
        "looker/session.py": "when a login expires",
        "simulator/*": "a server",
        "cli/*": "how old a snapshot is",
        "output/*": "how often to draw",
    },
}
"""Modules of Python's own that decisions must not depend on, and who may use them."""

IMPURE = {
    "asyncio",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
}
"""What a mind must do without: time and randomness are handed to it."""

CHANCE = "random.Random"
"""What a mind that is handed a generator calls it."""

PROCESS_WIDE = {"stop_all", "broadcast", "get_by_class", "get_by_class_name"}
"""What Pykka does to all actors of the process: the host program's, too."""

WAITING = {"ask", "proxy"}
"""How an actor could wait for another. Two that do are a deadlock."""


def name_of(file):
    return file.relative_to(ROOT).as_posix()


def layer_of(file):
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(tree):
    """The dotted names that *tree* imports, each as long as it is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layers_that(tree):
    """The layers of ours that *tree* imports."""
    known = {name for layer in LAYERS for name in layer}
    for name in imports(tree):
        package, *rest = name.split(".")
        if package == "lookervault":
            yield rest[0] if rest and rest[0] in known else DOOR


def may_import(layer):
    if layer == "__main__":
        return {"cli"}
    if layer == DOOR:
        return BEHIND_THE_DOOR
    if layer in NARROW:
        return NARROW[layer] | {layer}
    height = next(i for i, names in enumerate(LAYERS) if layer in names)
    below = {name for names in LAYERS[:height] for name in names}
    faces = {DOOR} if below >= BEHIND_THE_DOOR else set()
    return below | {layer} | faces


def importers(library):
    return {
        name_of(file)
        for file, tree in TREES.items()
        if any(
            name.split(".")[0] == library for name in imports(tree) if name != CHANCE
        )
    }


def strangers(names, homes):
    return {name for name in names if not any(fnmatch(name, home) for home in homes)}


def methods_called(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_imports_its_own_layer_and_those_below_it(file):
    assert set(layers_that(TREES[file])) <= may_import(layer_of(file))


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library):
    assert strangers(importers(library), HOMES[library]) == set()


def test_every_library_that_is_imported_has_a_home():
    imported = {name.split(".")[0] for tree in TREES.values() for name in imports(tree)}

    foreign = imported - sys.stdlib_module_names - {"lookervault"}

    assert foreign - ANYWHERE <= set(HOMES)


def test_every_library_that_has_a_home_is_asked_for():
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["simulator"], *extras["keyring"]]

    asked = {re.match(r"[\w-]+", line)[0].replace("-", "_") for line in lines}

    assert asked == {*HOMES, *ANYWHERE}


@pytest.mark.parametrize("module", CONFINED)
def test_what_decisions_must_not_depend_on_is_used_at_the_edges_only(module):
    assert strangers(importers(module), CONFINED[module]) == set()


@pytest.mark.parametrize(
    "file", [file for file in FILES if layer_of(file) == "core"], ids=name_of
)
def test_a_mind_knows_no_clock_thread_file_or_chance(file):
    used = {name.split(".")[0] for name in imports(TREES[file]) if name != CHANCE}

    assert used & IMPURE == set()


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_no_actor_waits_for_another_or_touches_a_strangers_actors(file):
    assert set(methods_called(TREES[file])) & (WAITING | PROCESS_WIDE) == set()
