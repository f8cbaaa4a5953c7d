"""Copies dashboards as its author would have done it before there was lookervault.

The official SDK's models, in a pool of threads, serialised by the SDK and put into
SQLite, a transaction a page. What fails is tried three times, as tutorials advise; what
fails again is told of and left out. Address and credentials come from the environment::

    python naive.py FILE ITEMS WORKERS
"""

from __future__ import annotations

import itertools
import sqlite3
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing

import looker_sdk
from looker_sdk.rtl.serialize import serialize40
from looker_sdk.sdk.api40.methods import Looker40SDK
from looker_sdk.sdk.api40.models import Dashboard

_PAGE = 100
_TRIES = 3
_WAIT = 0.5
"""Seconds before the second try; twice as many before the third."""

_Page = list[tuple[str | None, bytes]]
"""An id and a body for each row."""


def _page(sdk: Looker40SDK, offset: int) -> _Page:
    """Return a page; nothing if it cannot be had."""
    for attempt in itertools.count():
        try:
            return _rows(sdk.search_dashboards(limit=_PAGE, offset=offset, sorts="id"))
        except Exception as error:  # noqa: BLE001 - the SDK names no errors that pass
            if attempt + 1 == _TRIES:
                print(f"page at {offset}: {error}", file=sys.stderr)
                return []
            time.sleep(_WAIT * 2**attempt)
    raise AssertionError


def _rows(dashboards: Sequence[Dashboard]) -> _Page:
    return [(one.id, serialize40(api_model=one)) for one in dashboards]


def main() -> None:
    """Copy, and print how many rows there are now."""
    file, items, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sdk = looker_sdk.init40()
    with (
        closing(sqlite3.connect(file)) as database,
        ThreadPoolExecutor(workers) as pool,
    ):
        database.execute("CREATE TABLE dashboards (id TEXT PRIMARY KEY, body BLOB)")
        pages = [pool.submit(_page, sdk, at) for at in range(0, items, _PAGE)]
        for page in as_completed(pages):
            with database:
                database.executemany(
                    "INSERT OR REPLACE INTO dashboards VALUES (?, ?)", page.result()
                )
        print(*database.execute("SELECT count(*) FROM dashboards").fetchone())


if __name__ == "__main__":
    main()
