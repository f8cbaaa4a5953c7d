"""What reading a vault costs: ``ls``, ``dump`` and ``check``, as items a second of CPU."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figure import Figure, at_least
from benchmarks.process import extract, used_by

from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings

_ITEMS = {False: 50_000, True: 10_000}
"""Dashboards of some 8 KB in the vault, usually and in a hurry."""

_TIMES = {False: 5, True: 3}
"""So often each command is run; the median counts."""

_EMPTY = "looks"
"""A kind of which the vault has none: what a command costs without items."""

_DUMP = """
import sys
from lookervault.vault import Vault

with Vault.open(sys.argv[1]) as vault:
    for head in vault.items(sys.argv[2]):
        sys.stdout.buffer.write(vault.read(head))
"""
"""What ``dump`` does with one item, done with all."""


def vault(*, quick: bool) -> Iterator[Figure]:
    """Items a second of CPU time that are listed, read and checked."""
    items, times = _ITEMS[quick], _TIMES[quick]
    with tempfile.TemporaryDirectory() as place:
        full, empty = Path(place) / "full", Path(place) / "empty"
        _fill(full, items)
        _fill(empty, 1)
        listed = _each(_ls(full), _ls(full, _EMPTY), items, times)
        yield _figure(100_000, "ls", "heads listed by ls", listed, items)
        json = _each(
            _ls(full, "dashboards", "--json"), _ls(full, _EMPTY, "--json"), items, times
        )
        yield _figure(50_000, "ls --json", "heads listed by ls --json", json, items)
        read = _each(_dump(full), _dump(full, _EMPTY), items, times)
        yield _figure(20_000, "bodies", "bodies read, as dump reads one", read, items)
        seen = _each(_check(full), _check(empty), items, times)
        yield _figure(20_000, "check", "items seen by check", seen, items)
        whole = "--read-data"
        held = _each(_check(full, whole), _check(empty, whole), items, times)
        yield _figure(
            10_000, "whole check", "items seen by check --read-data", held, items
        )


def _fill(vault_: Path, items: int) -> None:
    with running(Settings(sizes={"dashboards": items})) as looker:
        extract(looker, vault_)


def _command(name: str, vault_: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "lookervault", name),
        *more,
        *("--vault", str(vault_)),
    ]


def _ls(vault_: Path, kind: str = "dashboards", *more: str) -> list[str]:
    return _command("ls", vault_, kind, *more)


def _check(vault_: Path, *more: str) -> list[str]:
    return _command("check", vault_, *more)


def _dump(vault_: Path, kind: str = "dashboards") -> list[str]:
    return [sys.executable, "-c", _DUMP, str(vault_), kind]


def _each(
    many: Sequence[str], none: Sequence[str], items: int, times: int
) -> list[float]:
    """Return the CPU seconds of an item, each time: those of *many* less those of *none*."""
    return [(used_by(many).cpu - used_by(none).cpu) / items for _ in range(times)]


def _figure(
    bar: float, short: str, name: str, each: Sequence[float], items: int
) -> Figure:
    rates = sorted(round(1 / seconds) for seconds in each)
    return at_least(
        bar,
        statistics.median(rates),
        "items/s of CPU",
        id_="VAULT",
        name=name,
        items=items,
        short=short,
        items_a_second_of_cpu=statistics.median(rates),
        least=rates[0],
        most=rates[-1],
        cpu_us=round(1e6 * statistics.median(each), 2),
    )
