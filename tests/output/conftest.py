"""A run with something of everything, and streams to print it on."""

import io

import pytest

from lookervault.core.tally import Tally
from lookervault.errors import Sort
from lookervault.messages import (
    Assigned,
    Began,
    Called,
    Committed,
    Expected,
    Fault,
    Finished,
    Gapped,
    KindDone,
    Outcome,
    Retried,
    Slowdown,
    Slowed,
    WorkerFailed,
)
from lookervault.output import View
from lookervault.records import Counts, Gap, KindReport, Phase, Run, Scope
from lookervault.units import Part, Span

HOSTILE = "\x1b]0;owned\x07[bold red]fine[/]\u202eevil\nline"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


class Broken(io.StringIO):
    """A stream whose reader has left."""

    def write(self, text):
        raise BrokenPipeError

    def flush(self):
        raise BrokenPipeError


REPORT = KindReport(expected=3, stored=2, failed=1, complete=False)


@pytest.fixture
def events():
    run = Run(number=7, scope=Scope(folders=("1",)), started=0.0)
    gap = Gap("looks", HOSTILE, 500, HOSTILE, HOSTILE)
    end = Run(
        number=7,
        scope=Scope(folders=("1",)),
        started=0.0,
        ended=9.0,
        phase=Phase.SEALED,
        counts={"looks": Counts(new=2)},
        kinds={"looks": REPORT},
        calls=4,
    )
    return [
        Began(run, ("looks",), {}),
        Expected("looks", 3, exact=True),
        Assigned("fetcher-1", Span(1, Part("looks"), 0, 100, 100), 1),
        Called("fetcher-1", "looks", "look", 0.0, 1.0, 0.0, 2048, Outcome.OK),
        Committed({"looks": Counts(new=2, bytes=2048)}, 1),
        Slowed(Slowdown(HOSTILE, 5.0, until=30.0)),
        WorkerFailed("fetcher-1", HOSTILE),
        Gapped(gap),
        KindDone("looks", REPORT),
        Finished(end),
    ]


@pytest.fixture
def show(events):
    """Print the run with a printer, one event a second, and return what came out."""

    def run(make, *, out=None, err=None, **options):
        out, err = out or io.StringIO(), err or io.StringIO()
        tally = Tally(workers=2, began=0.0)
        printer = make(View(tally=tally, out=out, err=err, **options))
        for second, event in enumerate(events):
            tally.hear(event, float(second))
            printer.event(event, float(second))
            for tenth in range(10):
                printer.refresh(second + tenth / 10)
        printer.close(tally.summary(float(len(events))))
        return [getattr(stream, "getvalue", str)() for stream in (out, err)]

    return run


@pytest.fixture
def a_retry():
    unit = Span(1, Part("looks"), 0, 100, 100)
    return Retried("fetcher-1", unit, Fault(Sort.OVERLOADED, "500", 500))


@pytest.fixture
def terminal():
    return Terminal()


@pytest.fixture
def broken():
    return Broken()
