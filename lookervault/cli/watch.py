"""Follows a run to its end: counts, shows, and passes interrupts on."""

from __future__ import annotations

from collections.abc import Callable

from lookervault.cli.app import Extracts
from lookervault.cli.interrupts import Interrupts
from lookervault.core.figures import Summary
from lookervault.core.tally import Tally
from lookervault.errors import LookervaultError
from lookervault.output import Printer
from lookervault.output.safe import safe

_EVERY = 0.1
"""Seconds without an event after which the view is refreshed, and signals are heard."""

_AT_THE_END = 10.0
"""Seconds that the result may take once the run is over."""


class Watch:
    """Whoever starts a run on the command line, looking on."""

    def __init__(
        self,
        tally: Tally,
        printer: Printer,
        interrupts: Interrupts,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._tally = tally
        self._printer = printer
        self._interrupts = interrupts
        self._clock = clock
        self._cancelled = False

    def until_over(self, extraction: Extracts) -> Summary:
        """Return what the run came to; the summary is shown also if it failed.

        Raises:
            LookervaultError: what ended it.

        """
        try:
            self._follow(extraction)
            self._tally.hear(extraction.result(_AT_THE_END), self._clock())
        except LookervaultError as error:
            self._tally.failed(str(error), error.exit_code)
            raise
        finally:
            summary = self._tally.summary(self._clock())
            self._interrupts.drain(summary.exit_code)
            self._printer.close(summary)
        return summary

    def _follow(self, extraction: Extracts) -> None:
        for event in extraction.events(_EVERY):
            now = self._clock()
            if event is not None:
                self._tally.hear(event, now)
                self._printer.event(event, now)
            self._printer.refresh(now)
            if self._interrupts.caught is not None and not self._cancelled:
                self._cancel(extraction)

    def _cancel(self, extraction: Extracts) -> None:
        self._cancelled = True
        name = self._interrupts.caught.name if self._interrupts.caught else ""
        extraction.cancel(f"it was ended by {name}", self._interrupts.status)
        self._printer.say(
            safe(
                f"{name}: stopping after the pages in flight. To go on later, run the "
                "same command again. Once more ends it at once."
            )
        )
