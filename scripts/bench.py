"""Measures lookervault, with one JSON line for each benchmark.

Machines differ, so bars are ratios, counts and shares of time where that is possible.

``scripts/bench`` runs all of them, ``scripts/bench writer`` one. ``scripts/bench
throttle --full --cells FILE`` runs the whole grid of limits, some five minutes a seed;
``scripts/bench throttle --plots`` draws what ``docs/throttle.md`` shows.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import lmdb
import msgspec
from benchmarks.figure import Figure, at_least, environment, extract_command
from benchmarks.grid import SEED, throttle
from benchmarks.plots import draw
from benchmarks.progress import progress
from benchmarks.throttle_http import throttle_http

from lookervault.records import Item, Row, Scope
from lookervault.simulator.door import Running
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.lmdb import LmdbStore
from lookervault.units import Part, Span

_PAGE = 100
_PAIRS = 9
"""Interleaved pairs of a ratio: enough that one slow moment does not decide."""


def simulator() -> Figure:
    """Items of 8 KB a second that the simulator serves to a bare socket."""
    seconds, pages = 5.0, 0
    with running(Settings(sizes={"dashboards": 20_000})) as looker:
        request = _request(looker, f"limit={_PAGE}&offset=5000&sorts=id")
        host = urlsplit(looker.base_url)
        with socket.create_connection((host.hostname, host.port)) as way:
            size = _first(way, request)
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                way.sendall(request)
                _drain(way, size)
                pages += 1
    rate = pages * _PAGE / seconds
    name = "items that the simulator serves a second"
    each = size // _PAGE
    return at_least(100_000, rate, "items/s", id_="SIM", name=name, bytes_an_item=each)


def writer() -> Figure:
    """Durable items a second into the store, beside bare commits of the same groups."""
    pairs = [_pair(list(_groups(20))) for _ in range(_PAIRS)]
    ratios = [bare / ours for ours, bare in pairs]
    rates = [20 * 3 * _PAGE / ours for ours, _ in pairs]
    return at_least(
        20_000,
        statistics.median(rates),
        "items/s",
        id_="SC-008",
        name="durable items a second",
        ratio_to_bare_lmdb=[round(ratio, 3) for ratio in sorted(ratios)],
    )


def utilization() -> Figure:
    """Share of time that 8 workers spend on requests, at 20 ms an item."""
    settings = Settings(sizes={"dashboards": 20_000}, per_item=0.02)
    with running(settings) as looker, tempfile.TemporaryDirectory() as place:
        summary = _extract(looker, Path(place) / "vault", "--workers", "8")
    detail = {name: summary[name] for name in ("calls", "seconds", "peak_memory")}
    share = float(str(summary["utilization"]))
    name = "utilization of 8 workers"
    return at_least(0.97, share, "", id_="SC-002", name=name, **detail)


BENCHMARKS: dict[str, Callable[[], Figure]] = {
    "simulator": simulator,
    "writer": writer,
    "utilization": utilization,
    "progress": progress,
    "throttle": partial(throttle, full=False, seeds=(SEED,), cells=None),
    "throttle-http": throttle_http,
}


def _request(looker: Running, query: str) -> bytes:
    """Return a request for a page of dashboards, with a token that was granted."""
    login = f"client_id={looker.client_id}&client_secret={looker.client_secret}"
    host = urlsplit(looker.base_url)
    with socket.create_connection((host.hostname, host.port)) as way:
        head = f"POST /api/4.0/login HTTP/1.1\r\nHost: x\r\nContent-Length: {len(login)}\r\n\r\n"
        way.sendall((head + login).encode())
        answer = way.recv(65536)
    token = json.loads(answer.partition(b"\r\n\r\n")[2])["access_token"]
    path = f"/api/4.0/dashboards/search?{query}"
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: token {token}\r\n\r\n".encode()


def _first(way: socket.socket, request: bytes) -> int:
    """Read one answer; return how many bytes all answers to *request* have."""
    way.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += way.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    length = int(fields[b"content-length"])
    _drain(way, length - len(body))
    return len(head) + 4 + length


def _drain(way: socket.socket, size: int) -> None:
    buffer = bytearray(1 << 20)
    while size > 0:
        size -= way.recv_into(buffer, min(size, len(buffer)))


def _groups(number: int) -> Iterator[list[Landed]]:
    """Yield groups of three units, of a hundred items of 8 KB each."""
    noise = os.urandom(500).hex()
    for group in range(number):
        first = group * 3
        yield [
            Landed(_unit(n), tuple(_items(n, noise))) for n in range(first, first + 3)
        ]


def _unit(number: int) -> Span:
    first = number * _PAGE
    return Span(number, Part("dashboards"), first, first + _PAGE, _PAGE)


def _items(unit: int, noise: str) -> Iterator[Item]:
    for n in range(unit * _PAGE, (unit + 1) * _PAGE):
        raw = b'{"id":"%d","noise":"%s","rest":"%s"}' % (
            n,
            noise.encode(),
            b"tile " * 1400,
        )
        yield Item(
            row=Row(str(n), "2026-01-01T00:00:00Z", folder="1"),
            title=f"Dashboard {n}",
            call="search_dashboards",
            fetched_at=1.0,
            digest=digest(raw),
            body=compress(raw),
            size=len(raw),
        )


def _pair(groups: list[list[Landed]]) -> tuple[float, float]:
    """Return the seconds that our store and bare LMDB take for *groups*."""
    with tempfile.TemporaryDirectory() as place:
        ours = _seconds(lambda: _store(Path(place) / "vault", groups))
        bare = _seconds(lambda: _bare(Path(place) / "bare", groups))
    return ours, bare


def _store(path: Path, groups: list[list[Landed]]) -> None:
    store = LmdbStore.create_or_open(path, "https://looker.example", now=0.0)
    run = store.begin(Scope(), now=0.0).number
    for group in groups:
        store.put(run, 1, group, calls=0)
    store.close()


def _bare(path: Path, groups: list[list[Landed]]) -> None:
    """Commit the same bodies with LMDB alone."""
    with lmdb.open(str(path), map_size=1 << 32) as environment:
        for group in groups:
            with environment.begin(write=True) as transaction:
                for landed in group:
                    for item in landed.items:
                        transaction.put(item.row.id.encode(), item.body)


def _seconds(job: Callable[[], None]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def _extract(looker: Running, vault: Path, *options: str) -> dict[str, object]:
    """Run the real command, and return its summary."""
    told = subprocess.run(
        extract_command(vault, "--json", *options),
        env=environment(looker),
        check=True,
        capture_output=True,
    )
    summary: dict[str, object] = json.loads(told.stdout.splitlines()[-1])
    return summary


def _change(change: str) -> None:
    """Give a constant of the throttle's mind another value: ``tempo._RETRY=0``."""
    name, value = change.split("=")
    file, constant = name.split(".")
    module = importlib.import_module(f"lookervault.core.{file}")
    getattr(module, constant)  # It must be there.
    setattr(module, constant, float(value))


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    of_throttle = parser.add_argument_group("for throttle")
    of_throttle.add_argument(
        "--full", action="store_true", help="all cells of the grid"
    )
    of_throttle.add_argument(
        "--seeds", default=str(SEED), metavar="N,…", help="of the cells' luck"
    )
    of_throttle.add_argument(
        "--cells", type=Path, metavar="FILE", help="gets a line for each cell"
    )
    of_throttle.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="FILE.NAME=X",
        help="of core/: what would become of it with another constant",
    )
    of_throttle.add_argument(
        "--plots", action="store_true", help="only draw docs/figures/throttle-*.svg"
    )
    wish = parser.parse_args()
    if wish.plots:
        draw()
        return
    if unknown := set(wish.names) - set(BENCHMARKS):
        parser.error(
            f"there is no {', '.join(sorted(unknown))}, only {', '.join(BENCHMARKS)}"
        )
    for change in wish.without:
        _change(change)
    seeds = [int(seed) for seed in wish.seeds.split(",")]
    grid = partial(throttle, full=wish.full, seeds=seeds, cells=wish.cells)
    ok = True
    for name in wish.names or BENCHMARKS:
        found = (BENCHMARKS | {"throttle": grid})[name]()
        ok &= found.ok
        print(msgspec.json.encode(found).decode(), flush=True)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
