"""A Looker on loopback, in the process of the test that needs one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from lookervault.simulator.door import Running
from lookervault.simulator.settings import Settings


@contextlib.contextmanager
def simulated_looker(**settings: Any) -> Iterator[Running]:
    """Serve a made-up Looker over real HTTP until the block ends.

    *settings* are those of `lookervault.simulator.settings.Settings`, such as
    ``sizes={"dashboards": 20}``. It runs in a thread of its own, takes no
    signals, and leaves no thread behind. `Running.environ` leads there.

    Raises:
        UsageError: for settings that make no sense.
        OSError: if the port is taken.

    """
    # The SDK's models, which it is made of, take a while to load.
    from lookervault.simulator.serve import serving  # noqa: PLC0415

    with serving(Settings(**settings)) as looker:
        yield looker
