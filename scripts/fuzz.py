"""Feeds what others write to what reads it, changed at random, and says what breaks.

``scripts/fuzz`` takes all targets in turn, ``scripts/fuzz bodies`` one of them. What
was found is written into the directory of ``--save``; ``--replay FILE`` tries it again.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

from fuzzing import TARGETS, engine

_MEMORY = 2 * 2**30
"""Bytes of address space. Whatever was sent, decoding it needs no more than that."""


def fuzz(name: str, wish: argparse.Namespace) -> int:
    """Fuzz the target *name*; return how many different findings there were."""
    run = engine.Run(TARGETS[name](), wish.seed)
    started = time.monotonic()
    for found in run.findings(wish.seconds):
        print(f"{name}: {found}\n  {found.data[:200]!r}", flush=True)
        if wish.save is not None:
            wish.save.mkdir(parents=True, exist_ok=True)
            file = f"{name}-{wish.seed}-{len(run.found)}.bin"
            (wish.save / file).write_bytes(found.data)
        if wish.first:
            break
    rate = run.executions / (time.monotonic() - started)
    print(
        f"{name}: {run.executions:,} executions, {rate:,.0f} a second, "
        f"{len(run.outcomes)} outcomes, {len(run.found)} findings",
        flush=True,
    )
    return len(run.found)


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=60.0, help="for each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="directory for what was found")
    parser.add_argument("--first", action="store_true", help="end at the first finding")
    parser.add_argument("--replay", type=Path, help="try what is in this file")
    wish = parser.parse_args()
    unknown = [name for name in wish.names if name not in TARGETS]
    if unknown:
        parser.error(f"there is no {unknown[0]}, but {', '.join(TARGETS)}")
    names = wish.names or list(TARGETS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    if wish.replay is not None:
        for name in names:
            print(f"{name}: {TARGETS[name]().check(wish.replay.read_bytes())}")
        return
    found = sum(fuzz(name, wish) for name in names)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
