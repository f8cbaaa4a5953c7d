"""Keeps secrets out of what a command says. Data that `dump` prints is left alone.

Our own sentences hold no secrets as far as we know, and words that look like one
must stay: "set LOOKERSDK_CLIENT_SECRET: ...". So in those only secrets that are
known are hidden, and in what a stranger's error says also what looks like one.
"""

from __future__ import annotations

from lookervault.output.safe import safe


def known(text: str) -> str:
    """Return *text* without the secrets of this process."""
    # Both take a moment to load, and most commands have nothing to hide.
    from lookervault.core.redaction import without  # noqa: PLC0415 - see above
    from lookervault.looker.secret import secrets  # noqa: PLC0415 - see above

    return without(text, secrets())


def hidden(text: str) -> str:
    """Return what a stranger's *text* may show: its lines, made safe, without secrets."""
    from lookervault.core.redaction import redacted  # noqa: PLC0415 - see above
    from lookervault.looker.secret import secrets  # noqa: PLC0415 - see above

    lines = redacted(text, secrets()).split("\n")
    return "\n".join(map(safe, lines))
