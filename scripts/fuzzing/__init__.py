"""What is fuzzed: a target for each sort of thing that others write."""

from __future__ import annotations

from collections.abc import Callable

from fuzzing.bodies import Bodies
from fuzzing.configuration import Configuration
from fuzzing.engine import Target
from fuzzing.headers import Headers
from fuzzing.values import Values
from fuzzing.vaults import Vaults

TARGETS: dict[str, Callable[[], Target]] = {
    "bodies": Bodies,
    "values": Values,
    "headers": Headers,
    "configuration": Configuration,
    "vaults": Vaults,
}
"""Values are heads, markers, censuses and all else that a vault has."""
