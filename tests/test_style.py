"""Functions and files stay short, and every exception to a rule has its reason."""

import ast
import io
import re
import statistics
import tokenize
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGE = sorted((PROJECT / "lookervault").rglob("*.py"))
CODE = [
    file
    for folder in ("lookervault", "tests", "scripts")
    for file in sorted((PROJECT / folder).rglob("*.py"))
]
TREES = {file: ast.parse(file.read_text("utf-8")) for file in PACKAGE}

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
MEDIAN_FUNCTION = 10
MOST_FUNCTIONS = 30
"""Lines that nine functions out of ten stay within."""

LONG_FOR_A_REASON = {
    # The whole protocol in one place; it declares data and has no function.
    "lookervault/messages.py": 500,
}

TEXTS = {".cfg", ".in", ".md", ".py", ".sh", ".toml", ".txt", ".typed", ""}
"""Suffixes of what is written by hand; no suffix for scripts."""


def name_of(file):
    return file.relative_to(PROJECT).as_posix()


def functions(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node):
    return node.end_lineno - node.lineno + 1


def comments(file):
    """The comments of *file* by line."""
    tokens = tokenize.generate_tokens(io.StringIO(file.read_text("utf-8")).readline)
    return {t.start[0]: t.string for t in tokens if t.type == tokenize.COMMENT}


def swallows_all(handler):
    """Whether *handler* catches everything and does not raise it again."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(
        kind is None
        or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"})
        for kind in kinds
    )


MARKS = re.compile(r"noqa(: ?[A-Z0-9, ]+)?|type: ignore(\[[\w, -]+\])?|pragma: [\w ]+")


def says_why(comment, words=1):
    """Whether *comment* holds some words besides what it tells a tool."""
    return len(re.findall(r"[A-Za-z]{2,}", MARKS.sub("", comment))) >= words


def written_texts():
    """Every text of the project, whether it is under version control yet or not."""
    parts = ("lookervault", "tests", "scripts", "docs", ".ci", ".github")
    found = [file for part in parts for file in (PROJECT / part).rglob("*")]
    found += [file for file in PROJECT.iterdir() if file.name != ".git"]
    for file in found:
        if file.is_file() and file.suffix in TEXTS and "__pycache__" not in file.parts:
            yield file


@pytest.mark.parametrize("file", PACKAGE, ids=name_of)
def test_a_file_stays_short(file):
    lines = len(file.read_text("utf-8").splitlines())

    assert lines <= LONG_FOR_A_REASON.get(name_of(file), LONGEST_FILE)


@pytest.mark.parametrize("file", PACKAGE, ids=name_of)
def test_a_function_fits_on_a_screen(file):
    long = [f.name for f in functions(TREES[file]) if length(f) > LONGEST_FUNCTION]

    assert long == []


def test_most_functions_are_a_few_lines():
    lengths = sorted(length(f) for tree in TREES.values() for f in functions(tree))

    assert statistics.median(lengths) <= MEDIAN_FUNCTION
    assert lengths[len(lengths) * 9 // 10] < MOST_FUNCTIONS


@pytest.mark.parametrize("file", PACKAGE, ids=name_of)
def test_swallowing_everything_has_its_reason_beside_it(file):
    said = comments(file)
    broad = [
        node.lineno
        for node in ast.walk(TREES[file])
        if isinstance(node, ast.ExceptHandler) and swallows_all(node)
    ]

    silent = [
        line
        for line in broad
        if not any(says_why(said.get(line + near, ""), words=3) for near in (-1, 0, 1))
    ]

    assert silent == []


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_silencing_a_tool_has_its_reason_beside_it(file):
    said = comments(file)
    silencing = [line for line, comment in said.items() if MARKS.search(comment)]

    silent = [
        line
        for line in silencing
        if not says_why(said[line]) and not says_why(said.get(line - 1, ""))
    ]

    assert silent == []


@pytest.mark.parametrize("file", sorted(PROJECT.glob("tests/**/*.py")), ids=name_of)
def test_tests_use_no_mocks(file):
    assert not re.search(
        r"^\s*(from|import) unittest", file.read_text("utf-8"), re.MULTILINE
    )


def test_the_project_speaks_of_itself_alone():
    # Put together here, so that this file does not hold what it looks for.
    places = (
        "/wo" + "rk/",
        "../sha" + "red",
        "/tm" + "p/",
        "/ro" + "ot/",
        "/ho" + "me/",
    )
    indexes = ("index" + "-url", "/sim" + "ple/", "py" + "pi.", "pythonho" + "sted")

    named = {
        f"{name_of(file)}: {word}"
        for file in written_texts()
        for word in (*places, *indexes)
        if word in file.read_text("utf-8")
    }

    assert named == set()
