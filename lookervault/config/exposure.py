"""Files that hold a secret, and who else can read them."""

from __future__ import annotations

import shlex
import stat
from pathlib import Path

from lookervault.config.given import shown

_OTHERS = stat.S_IRGRP | stat.S_IROTH


def exposed(file: Path) -> str | None:
    """Say so if others than the owner can read *file*. That is no reason to stop.

    A container often gets its secrets as files that everyone in it can read.
    """
    try:
        mode = file.stat().st_mode
    except OSError:  # whoever reads it will say what is wrong
        return None
    if not stat.S_ISREG(mode) or not mode & _OTHERS:
        return None
    return (
        f"Other users can read {shown(file)}, which holds a secret: "
        f"chmod 600 {shlex.quote(shown(file))}"
    )
