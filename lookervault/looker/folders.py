"""Whether the folders that were named are there, before anything is done about them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from lookervault.content import KINDS
from lookervault.errors import LookerError, NoFolder, Sort
from lookervault.looker.base import Source
from lookervault.looker.exchange import Unwatched

_MOST = 10
"""Folders that are asked for, one after the other. Of others the run itself finds out,
from the listing of all folders: a call that takes long where there are many."""


def check(source: Source, folders: Iterable[str]) -> None:
    """Ask for each of *folders*. What else is wrong than their ids, the run will find.

    Raises:
        NoFolder: some are not there, or hidden from this login; it names them.

    """
    lost = [folder for folder in islice(folders, _MOST) if _is_lost(source, folder)]
    if lost:
        raise NoFolder(lost)


def _is_lost(source: Source, folder: str) -> bool:
    single = KINDS["folders"].single
    asked = {single.parameters[0]: folder, "fields": "id"}
    try:
        source.call(single.call, asked, Unwatched())
    except LookerError as error:
        # An id that no path can hold is refused without being sent.
        return error.sort is Sort.NOT_FOUND or (
            error.sort is Sort.REFUSED and error.status is None
        )
    return False
