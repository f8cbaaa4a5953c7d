"""How long a request takes: a number of seconds, or a distribution of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from statistics import NormalDist

import msgspec

from lookervault.errors import UsageError
from lookervault.simulator.dice import Dice, share

Quantile = Callable[[float], float]
"""Returns the seconds within which a share of all requests, 0 to 1, stays."""

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+", re.ASCII)
_WIDEST = 3.0
"""Of a sigma. Beyond it, a request in a thousand would take 10,000 times the median."""


class Latency(msgspec.Struct, frozen=True):
    """A distribution."""

    quantile: Quantile
    constant: bool = False

    def seconds(self, dice: Dice, target: str) -> float:
        """Draw for the next request for *target*."""
        # What is always the same needs no dice.
        return self.quantile(0.0 if self.constant else share(dice.roll(target)))


def parse_latency(value: float | str) -> Latency:
    """Read seconds, or a distribution such as ``lognormal:0.2,0.8``.

    Raises:
        UsageError: if it is neither.

    """
    if isinstance(value, int | float):
        return _constant(value)
    if _NUMBER.fullmatch(value):
        return _constant(float(value))
    name, _, rest = value.partition(":")
    parts = rest.split(",")
    if name not in _SHAPES or not all(_NUMBER.fullmatch(part) for part in parts):
        raise _unread(value)
    names, made = _SHAPES[name]
    if len(parts) != len(names.split(",")):
        raise _unread(value)
    quantile = made(*map(float, parts))
    if quantile is None or not 0 <= quantile(0.0) < math.inf:
        raise _unread(value)
    return Latency(quantile)


def _constant(seconds: float) -> Latency:
    if not 0 <= seconds < math.inf:
        raise _unread(seconds)
    return Latency(lambda _: seconds, constant=True)


def _unread(value: object) -> UsageError:
    known = ", ".join(f"{name}:{names}" for name, (names, _) in _SHAPES.items())
    return UsageError(
        f"--latency {value} is no time: say seconds, 0 or more, or one of {known}."
    )


def _uniform(low: float, high: float) -> Quantile | None:
    return (lambda u: low + u * (high - low)) if low <= high < math.inf else None


def _exponential(mean: float) -> Quantile | None:
    return (lambda u: -mean * math.log(1 - u)) if mean < math.inf else None


def _lognormal(median: float, sigma: float) -> Quantile | None:
    if not (0 < sigma <= _WIDEST and median < math.inf):
        return None
    normal = NormalDist()

    def quantile(share: float) -> float:
        return median * math.exp(sigma * normal.inv_cdf(share)) if share else 0.0

    return quantile


def _tail(usual: float, slow: float, part: float) -> Quantile | None:
    """Take *usual* seconds, but *slow* ones for a share of *part*."""
    if not (usual <= slow < math.inf and part <= 1):
        return None
    return lambda u: slow if u >= 1 - part else usual


_SHAPES: Mapping[str, tuple[str, Callable[..., Quantile | None]]] = {
    "uniform": ("LOW,HIGH", _uniform),
    "exponential": ("MEAN", _exponential),
    "lognormal": ("MEDIAN,SIGMA", _lognormal),
    "tail": ("USUAL,SLOW,SHARE", _tail),
}
