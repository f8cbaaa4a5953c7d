"""How much memory this process has for itself. The home of psutil."""

from __future__ import annotations

import psutil


def anonymous() -> int:
    """Return the bytes of anonymous memory of this process.

    Pages of a mapped file (the vault's) belong to the system, which takes them
    back when it needs them, so they are not counted.
    """
    info = psutil.Process().memory_info()
    # macOS tells no shared pages; there all that is resident counts.
    return max(info.rss - getattr(info, "shared", 0), 0)
