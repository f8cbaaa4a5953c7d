"""The command line: one file a command, and this list of them.

Here, and nowhere else, an error becomes one sentence and an exit status.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import click

from lookervault.cli.app import App, complain
from lookervault.cli.hiding import hidden
from lookervault.errors import LookervaultError
from lookervault.output.stream import silence

_COMMANDS = {
    "extract": "Copy content from Looker into the vault.",
    "doctor": "Check settings, login and permissions; count a run's calls.",
    "snapshots": "List the runs in the vault, the newest first.",
    "ls": "List the items of one KIND, a line each.",
    "dump": "Print one item as Looker sent it: the bytes, and nothing else.",
    "check": "Verify the vault: its file, every entry, and each snapshot.",
    "repair": "Fetch from Looker again what is damaged, and note what is lost.",
    "copy": "Copy the vault to DEST, also while a run writes to it.",
    "kinds": "Show the kinds of content that can be extracted.",
    "simulate": "Serve a Looker of any size on loopback, until Ctrl-C.",
    "completion": "Print what lets a SHELL complete commands, options and names.",
}
"""In the order in which `--help` shows them; each is a function in a file of its name.
What each does is how its own help begins: here, so that the list loads none of them."""

_INTERRUPTED = 130


class _Main(click.Group):
    """Loads a command when it is asked for, and says what went wrong with it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [name for name in _COMMANDS if importlib.util.find_spec(_module(name))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(
            importlib.import_module(_module(cmd_name)), cmd_name
        )
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        there = self.list_commands(ctx)
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name]) for name in there])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], known, n=1)
            hint = (
                f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
            )
            message = f"There is no command {args[0]!r}: {hint}"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        app = extra.setdefault("obj", App())
        typed = args[0] if args else extra.get("args")
        app.typed = tuple(sys.argv[1:] if typed is None else typed)
        sys.stdout, sys.stderr = _open(sys.stdout), _open(sys.stderr)
        run = functools.partial(super().main, *args, standalone_mode=False, **extra)
        status = _end(run, app)
        if standalone_mode:
            sys.exit(status)
        return status


def _module(name: str) -> str:
    return f"lookervault.cli.{name}"


def _open(stream: TextIO | None) -> TextIO:
    """Return *stream*, or one into nowhere, that takes whatever others wrote."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return stream


def _end(run: Callable[[], Any], app: App) -> int:
    """Return the exit status of *run*; say what went wrong, if something did."""
    try:
        status = run() or 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a bug, too, ends in one sentence
        if app.debug:
            sys.stderr.write(hidden("".join(traceback.format_exception(error))))
        text, status = _told(error)
        if text:
            complain(text)
    try:
        sys.stdout.flush()
    except OSError:
        silence(sys.stdout)
    return int(status)


def _told(error: BaseException) -> tuple[str, int]:
    """Return what to say of *error*, and the exit status."""
    match error:
        case LookervaultError():
            told = str(error), error.exit_code
        case click.UsageError(ctx=ctx):
            path = ctx.command_path if ctx else "lookervault"
            told = f"{_sentence(error)} See {path} --help.", error.exit_code
        case click.ClickException():
            told = error.format_message(), error.exit_code
        case click.Abort() | KeyboardInterrupt():
            told = "interrupted", _INTERRUPTED
        case BrokenPipeError():
            silence(sys.stdout)
            told = "", 1
        case OSError():
            told = str(error), 1
        case _:
            told = _bug(error), 1
    return told


def _sentence(error: click.UsageError) -> str:
    """Return what click says, on one line: it lists choices below each other."""
    text = error.format_message().replace("\n\t", " ")
    return text if text.endswith((".", "?", ")")) else f"{text}."


def _bug(error: BaseException) -> str:
    return (
        f"this is a bug: {type(error).__name__}: {hidden(str(error))}. What was stored is kept; "
        "run it again with --debug to see where it happened."
    )


@click.group(
    cls=_Main,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="lookervault", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> int:
    """Copy everything that a Looker instance holds into a vault on disk.

    \b
    Example:
      lookervault simulate &        a made-up Looker; it says how to log in
      lookervault doctor            see whether all is set and allowed
      lookervault extract           copy it into ./looker.vault
      lookervault ls dashboards     see what came

    Each command's --help ends with its exit statuses.
    """  # noqa: D301 - click looks for the character
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return 2
    return 0
