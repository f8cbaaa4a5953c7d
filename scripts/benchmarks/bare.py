"""Copies dashboards as fast as Python can, and leaves out all that makes a copy safe.

What is left when there are no actors, no checks, no hashing, no compression and no
second try: threads that ask for pages, split them, and commit each to LMDB. What else
lookervault does is measured against it. The address of a Looker and the credentials
come from the environment, as for lookervault::

    python bare.py FILE ITEMS WORKERS
"""

from __future__ import annotations

import http.client
import itertools
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import lmdb
import msgspec

_PAGE = 100
_ROOM = 1 << 36
"""Bytes of address space; the file only takes what is in it."""

_DASHBOARDS = "/api/4.0/dashboards/search"


class _Head(msgspec.Struct):
    id: str


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_HEAD = msgspec.json.Decoder(_Head)


class _Loop:
    """What the threads share."""

    def __init__(self, file: Path, items: int) -> None:
        self._host = urlsplit(os.environ["LOOKERSDK_BASE_URL"]).netloc
        self._token = self._login()
        self._vault = lmdb.open(str(file), subdir=False, map_size=_ROOM)
        self._offsets: Iterator[int] = iter(range(0, items, _PAGE))
        self._next = threading.Lock()

    def _login(self) -> str:
        names = ("client_id", "client_secret")
        body = {name: os.environ[f"LOOKERSDK_{name.upper()}"] for name in names}
        way = http.client.HTTPConnection(self._host)
        way.request("POST", "/api/4.0/login", urlencode(body))
        token: str = msgspec.json.decode(way.getresponse().read())["access_token"]
        way.close()
        return token

    def work(self) -> int:
        """Copy pages until there are none; return the number of items."""
        way = http.client.HTTPConnection(self._host)
        count = 0
        while (offset := self._offset()) is not None:
            count += self._keep(self._page(way, offset))
        way.close()
        return count

    def _offset(self) -> int | None:
        with self._next:
            return next(self._offsets, None)

    def _page(self, way: http.client.HTTPConnection, offset: int) -> bytes:
        query = urlencode({"limit": _PAGE, "offset": offset, "sorts": "id"})
        head = {"Authorization": f"token {self._token}"}
        way.request("GET", f"{_DASHBOARDS}?{query}", headers=head)
        return way.getresponse().read()

    def _keep(self, body: bytes) -> int:
        items = [(_HEAD.decode(raw).id, raw) for raw in _LIST.decode(body)]
        with self._vault.begin(write=True) as transaction:
            for id_, raw in items:
                transaction.put(id_.encode(), raw)
        return len(items)

    def close(self) -> None:
        self._vault.close()


def main() -> None:
    """Copy, and print how many items there were."""
    file, items, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    loop = _Loop(file, items)
    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(loop.work) for _ in itertools.repeat(None, workers)]
        print(sum(job.result() for job in jobs))
    loop.close()


if __name__ == "__main__":
    main()
