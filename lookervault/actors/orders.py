"""What the owner of a system wants of it."""

from __future__ import annotations

import threading

from lookervault.messages import Steering


class Orders:
    """Outlives every actor: what is told of it may be lost between two lives, this is not."""

    def __init__(self, steering: Steering, began: float) -> None:
        self.changing = threading.RLock()
        """Held while they change: what is meant for one run must not be for the next."""
        self.run: int | None = None
        """The run that is to be worked on; another one may be open."""
        self.began = began
        """When it was given to this process; monotonic."""
        self.steering = steering
        """How it is to go on."""
