"""Killed at any moment, a vault holds what was acknowledged, and nothing by halves."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys

import pytest

from lookervault.records import Scope
from lookervault.store.lmdb import LmdbStore

KILLS = 10

WRITER = """
import itertools, sys
from pathlib import Path
from lookervault.records import Item, Row, Scope
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.lmdb import LmdbStore
from lookervault.units import Part, Span

def item(unit, place):
    raw = b'{"id": "%d-%d", "x": "%s"}' % (unit, place, b"x" * (unit % 7) * 999)
    return Item(row=Row(f"{unit}-{place}"), title="T", call="c", fetched_at=1.0,
                digest=digest(raw), body=compress(raw), size=len(raw))

store = LmdbStore.create_or_open(Path(sys.argv[1]), "https://looker.example", now=0.0,
                                 size=2**20)
run = store.begin(Scope(), now=1.0).number
epoch = store.lead(run).epoch
for number in itertools.count(0, 2):
    landed = [Landed(Span(n, Part("looks"), 0, 5, 5),
                     tuple(item(epoch * 1_000_000 + n, i) for i in range(5)))
              for n in (number, number + 1)]
    store.put(run, epoch, landed, calls=number)
    print(epoch, number, flush=True)
"""


def killed(path, patience):
    """Let a writer work until it has acknowledged *patience* times; return those."""
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        lines = [writer.stdout.readline() for _ in range(patience)]
        writer.kill()
        # What it could still say after the last line that was awaited counts too.
        lines += writer.stdout.readlines()
    return [tuple(map(int, line.split())) for line in lines if line.endswith("\n")]


def test_a_vault_survives_the_death_of_its_writer_at_any_moment(tmp_path):
    path, dice, told = tmp_path / "vault", random.Random(7), set()
    for _ in range(KILLS):
        for epoch, number in killed(path, dice.randrange(40)):
            told |= {(epoch, number), (epoch, number + 1)}

        if not (path / "CURRENT").exists():
            continue
        with contextlib.closing(LmdbStore.read(path)) as store:
            marked = {(m.epoch, m.unit.number): m.rows for m in store.markers(1)}
            heads = {head.id: head for head in store.heads("looks")}
            bodies = {id_: store.body(head) for id_, head in heads.items()}
            counts = store.run(1).counts if store.run(1) else {}

        vouched = {row.id for rows in marked.values() for row in rows}
        assert told <= set(marked)
        assert vouched == set(heads) == set(bodies)
        assert len(vouched) == 5 * len(marked)
        assert not marked or counts["looks"].new == len(vouched)

    assert told


@pytest.mark.parametrize(
    "sign", ["lock", "data-1.new", "data-1.new/data.mdb", "data-1", "CURRENT"]
)
def test_a_vault_is_made_whole_or_not_at_all(tmp_path, sign):
    path = tmp_path / "vault"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as writer:
        while not ((path / sign).exists() or (path / "CURRENT").exists()):
            assert writer.poll() is None
        writer.kill()

    with contextlib.closing(
        LmdbStore.create_or_open(path, "https://looker.example", now=0.0)
    ) as store:
        assert store.begin(Scope(), now=1.0).number == 1
        assert store.about.created == 0.0
