"""Everything that can go wrong, as a tree. Callers catch a branch, the CLI maps a leaf.

Each class carries the exit status that the CLI ends with, so that the mapping
lives beside the meaning and nowhere else. A message is a sentence for a person
who can act on it: what, where, and what to do.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable


class LookervaultError(Exception):
    """Base of every error that lookervault raises on purpose."""

    exit_code = 1


class UsageError(LookervaultError):
    """The request itself makes no sense. Nothing was sent or written."""

    exit_code = 2


class NoFolder(UsageError):
    """Folders were named that are not there, or that this login may not see."""

    def __init__(self, folders: Iterable[str]) -> None:
        super().__init__(
            f"Looker has no folder {', '.join(folders)}, or this login may not see it:"
            " check --folder-id."
        )


class LimitReached(LookervaultError):
    """A limit that the user set has been reached. What was stored is kept."""

    exit_code = 4


class Sort(enum.Enum):
    """What kind of trouble an answer of Looker is, or the lack of one."""

    LIMITED = "limited"
    """429: too many requests. Says nothing about the unit that met it."""

    OVERLOADED = "overloaded"
    """500, 502, 503 or 504."""

    TIMED_OUT = "timed out"
    """No byte for too long, or the deadline of the whole request passed."""

    UNREACHABLE = "unreachable"
    """DNS, a refused or reset connection, TLS, a proxy. No answer came."""

    UNAUTHORIZED = "unauthorized"
    """401 also after a new login, or the login itself was refused."""

    NOT_FOUND = "not found"
    """404: gone, or not visible to this login."""

    REFUSED = "refused"
    """Any other 4xx."""

    MISSHAPEN = "misshapen"
    """Not the JSON we asked for, and no error of Looker's: HTML, empty, null, cut off, a
    redirect."""

    TOO_LARGE = "too large"
    """The decoded body passed the cap."""


class LookerError(LookervaultError):
    """Looker answered with an error, or did not answer."""

    exit_code = 5

    def __init__(
        self,
        sort: Sort,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        excerpt: str = "",
        lasting: bool = False,
    ) -> None:
        super().__init__(reason)
        self.sort = sort
        self.reason = reason
        """One sentence, without secrets."""
        self.status = status
        """The HTTP status, if there was an answer."""
        self.retry_after = retry_after
        """Seconds that Looker asked us to wait, by its own clock; at most 600."""
        self.excerpt = excerpt
        """The first 500 characters of a body that was not understood, redacted."""
        self.lasting = lasting
        """Whether somebody has to mend something before another try makes sense."""


class LoginRefused(LookerError):
    """Looker does not accept the credentials, or they may see nothing we need."""

    exit_code = 13

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(Sort.UNAUTHORIZED, reason, status=status)


class VaultError(LookervaultError):
    """There is no vault there, it belongs to another Looker, or it is too new."""

    exit_code = 10


class Locked(LookervaultError):
    """Another process writes to the vault."""

    exit_code = 11


class Damaged(LookervaultError):
    """The vault holds something that does not match its check sum."""

    exit_code = 14


class DiskFailed(LookervaultError):
    """No space is left, or the disk refused to write."""

    exit_code = 15


class GaveUp(LookervaultError):
    """A supervisor restarted its children too often, or could not, and stopped."""

    exit_code = 1

    def __init__(self, reason: str, exit_code: int = 1) -> None:
        super().__init__(reason)
        self.exit_code = exit_code


class LeftBehind(GaveUp):
    """Threads hang and could not be ended when a system was left. Nothing is lost."""
