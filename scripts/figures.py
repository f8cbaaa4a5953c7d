"""Draws what a terminal shows of a run, as it goes on and at its end, for the documents.

The run is a real one, of the real command, against a simulated Looker that fails now
and then. What is drawn is what it told in JSON, by the code that draws it on terminals.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
from benchmarks.process import environment
from rich.console import Console
from rich.text import Text

from lookervault.core.figures import Status, Summary
from lookervault.core.tally import Tally
from lookervault.output import View
from lookervault.output.closing import conclude
from lookervault.output.events import Event
from lookervault.output.paper import Paper
from lookervault.output.picture import picture
from lookervault.simulator.door import Running
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings

PLACE = Path(__file__).parents[1] / "docs" / "figures"

COLUMNS, ROWS = 100, 30
COMMAND = "lookervault extract dashboards looks folders users groups roles --workers 8"

_FOREIGN = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)
"""What in rich's picture leads elsewhere: fonts of a stranger, and a note."""

_SIZES = {"dashboards": 12_000, "looks": 600, "users": 400, "groups": 200}


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and keeps what it got."""

    def isatty(self) -> bool:
        return True


def main() -> None:
    """Draw both."""
    os.environ |= {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    os.environ.pop("NO_COLOR", None)
    settings = Settings(
        sizes=_SIZES, per_item=0.004, latency=0.05, fail_rate=0.03, seed=7
    )
    with running(settings) as looker:
        events = _events(looker)
        _draw("live", _live(_telling(events)), looker)
        summary = next(event for event in events if isinstance(event, Summary))
        _draw("summary", _end(summary), looker)


def _events(looker: Running) -> list[Event]:
    """Return what a run told."""
    with tempfile.TemporaryDirectory() as place:
        told = subprocess.run(
            [sys.executable, "-m", *COMMAND.split(), "--json"],
            cwd=place,
            env=environment(looker),
            check=False,
            capture_output=True,
        )
    return [msgspec.json.decode(li, type=Event) for li in told.stdout.splitlines()]


def _telling(events: list[Event]) -> Status:
    """Return the status that shows most: in the midst of things, with something amiss."""

    def shows(status: Status) -> tuple[bool, float]:
        amiss = any(worker.error for worker in status.fetchers.values())
        return amiss, -abs((status.percent or 0.0) - 60.0)

    return max((it for it in events if isinstance(it, Status)), key=shows)


def _live(status: Status) -> str:
    paper = Paper(Terminal())
    return "\n".join(paper.painted(picture(status, COLUMNS, ROWS, paper=paper)))


def _end(summary: Summary) -> str:
    out = Terminal()
    tally = Tally(workers=summary.workers, began=0.0)
    conclude(View(tally=tally, out=out, err=Terminal(), again=COMMAND), summary)
    return out.getvalue().rstrip()


def _draw(name: str, shown: str, looker: Running) -> None:
    """Write *shown*, with its colours, as a picture called *name*."""
    shown = shown.replace(looker.base_url, "https://looker.example")
    width = max(COLUMNS, *(Text.from_ansi(li).cell_len for li in shown.splitlines()))
    console = Console(record=True, file=io.StringIO(), width=width)
    console.print(Text.from_ansi(shown))
    svg = _FOREIGN.sub("", console.export_svg(title=COMMAND, unique_id=name))
    PLACE.mkdir(parents=True, exist_ok=True)
    lines = (line.rstrip() for line in svg.splitlines())
    (PLACE / f"{name}.svg").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
