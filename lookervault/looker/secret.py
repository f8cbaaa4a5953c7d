"""Text that does not show, and the list of all that is secret just now."""

from __future__ import annotations

import hmac
import weakref

from lookervault.core.redaction import HIDDEN


class Secret:
    """Text that does not show: not printed, not formatted, not pickled.

    While it lives, `secrets` has it, so that it can be kept out of what others
    print. The list is the process's: a traceback or a line of a library's log
    does not say whose secret it holds. It keeps nothing alive, since a token that
    nobody can use any more need not stay in memory to be hidden.
    """

    __slots__ = ("__weakref__", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        _LIVING[id(self)] = self

    def reveal(self) -> str:
        """Return the text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (HIDDEN,)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))


# By identity: of two that are equal, one may die before the other.
_LIVING: weakref.WeakValueDictionary[int, Secret] = weakref.WeakValueDictionary()


def secrets() -> tuple[str, ...]:
    """Return the text of all secrets that live in this process."""
    # Not by iteration, which a secret that another thread makes would upset.
    living = [reference() for reference in _LIVING.valuerefs()]
    return tuple(secret.reveal() for secret in living if secret is not None)
