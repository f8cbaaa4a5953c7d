"""The documents say what is there: commands, options, exit statuses, links, examples."""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import click
import pytest

from lookervault import errors
from lookervault.cli import main
from lookervault.output.events import Event

PROJECT = Path(__file__).parents[1]
README = PROJECT / "README.md"
CLI = PROJECT / "docs" / "cli.md"
PAGES = [README, *sorted(PROJECT.glob("docs/**/*.md")), *PROJECT.glob(".github/*.md")]

NOT_ERRORS = {0, 3, 20, 130, 143}
"""Exit statuses that are no error's: success, gaps, too old, and the two signals."""


def name_of(page):
    return page.relative_to(PROJECT).as_posix()


def section(heading):
    """What docs/cli.md says below *heading*, up to the next one of its level."""
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)",
        CLI.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    return found[1] if found else ""


def rows(text):
    """The cells of the rows of the tables in *text*, heads left out."""
    lines = text.splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("| ") and "| --- |" not in line + below:
            yield [cell.strip() for cell in line.strip("| ").split(" | ")]


def prose(page):
    """The text of *page* without its blocks of code."""
    return re.sub(
        r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
    )


def options_of(command):
    return [
        option
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    ]


def long_names(option):
    names = [*option.opts, *option.secondary_opts]
    return {name for name in names if name.startswith("--")}


def documented_options(text):
    return set(re.findall(r"`(--[a-z-]+)", "\n".join(row[0] for row in rows(text))))


def blocks(page, language):
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def commands_of(page):
    """The command lines of ours that *page* shows after a prompt, in their order."""
    for block in blocks(page, "console"):
        for line in block.splitlines():
            if line.startswith("$ lookervault "):
                yield line.removeprefix("$ ")


def serves(line):
    """Whether *line* is a command that does not end by itself."""
    return line.startswith("lookervault simulate ") and "--help" not in line


def of(page, value, what):
    """A parameter of *page*: everyday runs try what a newcomer reads, the README."""
    marks = () if page == README else pytest.mark.slow
    return pytest.param(value, id=f"{name_of(page)}{what}", marks=marks)


EXAMPLES = {
    page: lines
    for page in PAGES
    if (lines := [line for line in commands_of(page) if not serves(line)])
}
"""What a reader may type, by page. Blocks that are no `console` are not run."""

SERVERS = [
    of(page, line, f": {line}")
    for page in PAGES
    for line in commands_of(page)
    if serves(line)
]

SCRIPTS = [
    of(page, code, f", {number}")
    for page in PAGES
    for number, code in enumerate(blocks(page, "sh"), 1)
]

PROGRAMS = [
    of(page, code, f", {number}")
    for page in (README, *sorted(PROJECT.glob("docs/guide/*.md")))
    for number, code in enumerate(blocks(page, "python"), 1)
]


def slug(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def commands():
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if not command.hidden:
            yield name, command


COMMANDS = dict(commands())


def test_every_exit_status_is_documented_and_no_other():
    ours = [
        thing
        for thing in vars(errors).values()
        if isinstance(thing, type) and issubclass(thing, errors.LookervaultError)
    ]

    documented = {
        int(status)
        for row in rows(section("Exit status"))
        for status in re.findall(r"\d+", row[0])
    }

    assert documented == {error.exit_code for error in ours} | NOT_ERRORS


def test_every_command_has_its_section_and_every_section_its_command():
    headings = re.findall(
        r"^lookervault ([a-z-]+)", CLI.read_text("utf-8"), re.MULTILINE
    )

    assert set(COMMANDS) <= set(headings)
    assert set(headings) <= set(COMMANDS)


def test_the_list_of_commands_is_whole():
    intro = CLI.read_text("utf-8").partition("\n## ")[0]

    assert re.findall(r"^\| \[`([a-z-]+)`\]", intro, re.MULTILINE) == list(
        dict.fromkeys(
            re.findall(r"^## ([a-z]+)$", CLI.read_text("utf-8"), re.MULTILINE)
        )
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_documented_and_no_other(name):
    there = {
        long for option in options_of(COMMANDS[name]) for long in long_names(option)
    }

    assert documented_options(section(name)) == there - {"--help"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_can_be_set_by_the_environment_as_documented(name):
    command = COMMANDS[name]
    prefix = command.context_settings.get("auto_envvar_prefix")
    if name == "simulate":
        assert prefix is None
        return

    there = {
        long: option.envvar or f"{prefix}_{option.name.upper()}"
        for option in options_of(command)
        for long in long_names(option)
    }

    assert there == {
        long: "LOOKERVAULT_" + long.strip("-").upper().replace("-", "_")
        if long != "--vault"
        else "LOOKERVAULT_PATH"
        for long in there
    }


def test_commands_that_prose_shows_exist():
    shown = {
        word
        for page in PAGES
        for word in re.findall(r"`lookervault ([a-z-]+)", page.read_text("utf-8"))
    }

    assert shown <= set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        there = (page.parent / path) if path else page
        assert there.exists(), target
        headings = re.findall(r"^#+ (.*)$", there.read_text("utf-8"), re.MULTILINE)
        assert not anchor or anchor in map(slug, headings), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_scripts_that_a_page_names_are_there(page):
    for script in re.findall(r"\bscripts/[\w./-]*\w", page.read_text("utf-8")):
        assert (PROJECT / script).exists(), script


def test_the_readme_stays_short():
    assert len(README.read_text("utf-8").splitlines()) < 120


def test_the_changelog_begins_with_this_version():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    changelog = (PROJECT / "docs" / "changelog.md").read_text("utf-8")

    newest = re.search(r"^## (\S+?),? ", changelog, re.MULTILINE)[1]

    assert newest == project["version"]


ADDRESS = re.compile(r"Looker is at (\S+) \(client id (\S+), client secret (\S+)\)")


@contextlib.contextmanager
def leading_to_a_looker():
    """An environment in which `lookervault` is found, and leads to a Looker."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "lookervault", "simulate", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        found = ADDRESS.match(server.stdout.readline())
        names = ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET")
        looker = {
            f"LOOKERSDK_{name}": value
            for name, value in zip(names, found.groups(), strict=True)
        }
        # Whoever runs the tests may have a configuration of their own.
        home = {"XDG_CONFIG_HOME": os.devnull}
        yield {**os.environ, **looker, **home, "PATH": path, "NO_COLOR": "1"}
        server.terminate()


@pytest.fixture(scope="module")
def environment():
    with leading_to_a_looker() as environment:
        yield environment


@pytest.fixture
def own_environment():
    """One whose Looker may be changed."""
    with leading_to_a_looker() as environment:
        yield environment


@pytest.fixture(scope="module")
def copied(environment, tmp_path_factory):
    """A folder with a vault, and the events of its making."""
    folder = tmp_path_factory.mktemp("vault")
    line = "lookervault extract --json --vault looker.vault"
    done = ran(folder, environment, "sh", "-c", line)
    assert done.returncode == 0, done.stderr
    return folder, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def folder(copied, tmp_path):
    """A folder to run examples in, with a vault where they expect it."""
    place = tmp_path / "examples"
    shutil.copytree(copied[0], place)
    return place


def ran(folder, environment, *command):
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("page", [of(page, page, "") for page in EXAMPLES])
def test_the_examples_of_a_page_work_as_they_are_printed(folder, environment, page):
    failed = {}
    for line in EXAMPLES[page]:
        done = ran(folder, environment, "sh", "-c", line)
        if done.returncode or not (done.stdout or ">" in line):
            failed[line] = done.returncode, done.stderr

    assert failed == {}


@pytest.mark.parametrize("line", SERVERS)
def test_a_looker_is_served_as_it_is_printed(tmp_path, environment, line):
    # Another program may have the port of the example.
    command = shlex.split(re.sub(r"--port \d+", "--port 0", line))
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        said = server.stdout.readline()
        server.terminate()

    assert ADDRESS.match(said)


@pytest.mark.parametrize("code", SCRIPTS)
def test_a_shell_script_works_as_it_is_printed(folder, request, code):
    if "curl" in code and shutil.which("curl") is None:
        pytest.skip("it needs curl, which is not installed")

    # What changes a Looker must not change the one that all others use.
    which = "own_environment" if "/_simulator/" in code else "environment"
    done = ran(folder, request.getfixturevalue(which), "sh", "-euc", code)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code", PROGRAMS)
def test_a_program_works_as_it_is_printed(folder, environment, code):
    (folder / "test_example.py").write_text(code, "utf-8")
    run = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] * ("def test_" in code)

    done = ran(
        folder, environment, sys.executable, "-W", "error", *run, "test_example.py"
    )

    assert done.returncode == 0, done.stdout + done.stderr


def events():
    """Every event that is printed, by its ``message_type``."""
    return {
        struct.__struct_config__.tag: set(struct.__struct_fields__)
        for struct in get_args(Event)
    }


def test_every_event_is_documented_with_its_fields():
    text, _, table = section("JSON events").partition("### Figures")
    shared = {name for row in rows(table) for name in re.findall(r"`(\w+)`", row[0])}

    documented = {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", row[2]))
        | (shared if "(#figures)" in row[2] else set())
        for row in rows(text)
    }

    assert documented == events()


def test_a_run_prints_events_that_are_documented(copied):
    _, run = copied

    assert {event["message_type"] for event in run} <= set(events())
    assert run[-1]["message_type"] == "summary"
