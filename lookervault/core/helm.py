"""How many units may be out, and for how long a run may go on.

Three things bear on the first: how many workers there are, whether the owner of
the run has paused it, and whether the process has more memory than it may.
"""

from __future__ import annotations

from lookervault.core.effects import Stop
from lookervault.core.limits import Limits
from lookervault.errors import LimitReached, LookerError
from lookervault.messages import Steering


class Helm:
    """What steers a plan. Times are monotonic; the run *began* before *now*, maybe."""

    def __init__(
        self, limits: Limits, steering: Steering, *, began: float, now: float
    ) -> None:
        self._limits = limits
        self._steering = steering
        self._cramped = False
        self._began = began
        self._started = self._resized = self._heard = now
        self._paused_at = now
        self._offered = 0.0
        self._busy = 0.0

    @property
    def most(self) -> int:
        """Units that may be out at once: none of a paused run, one when memory is short."""
        if self._steering.paused:
            return 0
        return 1 if self._cramped else self._steering.workers

    def steer(self, steering: Steering, now: float) -> bool:
        """Go on by *steering*. Return whether nothing is to be handed out any more."""
        if steering.workers != self._steering.workers:
            self._offered = self._worker_seconds(now)
            self._resized = now
        was = self._steering.paused
        self._steering = steering
        if steering.paused and not was:
            self._paused_at = now
        elif was and not steering.paused:
            # Nobody was asked meanwhile, so that nobody failed to answer.
            self._heard += now - max(self._paused_at, self._heard)
        return steering.paused

    def weighed(self, *, over: bool) -> bool:
        """The process has too much memory, or not. Return whether that is bad news."""
        news, self._cramped = over and not self._cramped, over
        return news

    def heard(self, now: float, busy: float = 0.0) -> None:
        """Looker has answered; the unit took *busy* seconds of requests."""
        self._heard = now
        self._busy += busy

    def end(self, now: float, last: str, *, landing: bool) -> Stop | None:
        """Return why the run must stop, if it must. *last* is the last failure.

        While something is *landing*, Looker has answered but now.
        """
        most, patience = self._limits.max_duration, self._limits.give_up_after
        if most is not None and now - self._began >= most:
            reason = f"The limit of {most:g} s (--max-duration) is reached."
            return Stop(reason, LimitReached.exit_code)
        silent = not self._steering.paused and now - self._heard > patience
        if silent and not landing:
            reason = f"Looker has not answered for {patience:.0f} s: {last}"
            return Stop(reason, LookerError.exit_code)
        return None

    def figures(self, now: float) -> dict[str, float]:
        """Return how the time went: seconds, and the share spent on requests."""
        spent = self._worker_seconds(self._heard)
        utilization = min(1.0, self._busy / spent) if spent > 0 else 0.0
        return {"seconds": now - self._started, "utilization": utilization}

    def _worker_seconds(self, until: float) -> float:
        lately = max(until - self._resized, 0.0)
        return self._offered + self._steering.workers * lately
