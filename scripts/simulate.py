"""Runs many trials of the whole system, each made up by its seed, on all cores.

``scripts/simulate 100000`` runs that many seeds from 0, ``--from N`` starts
elsewhere, ``--seed N`` runs one of them in the foreground.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from lookervault.testing.trial import Trial

_BATCH = 250


def failures(first: int, last: int) -> list[tuple[int, str]]:
    """Return the seeds from *first* to *last* that lost something, and what."""
    failed = []
    for seed in range(first, last):
        try:
            Trial(seed).hold()
        except Exception as error:  # noqa: BLE001  # whatever it is, it has a seed
            failed.append((seed, f"{type(error).__name__}: {error}"))
    return failed


def many(first: int, count: int) -> int:
    """Run *count* seeds from *first* on; return how many failed."""
    started, done, failed = time.monotonic(), 0, 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = {
            pool.submit(failures, n, min(n + _BATCH, first + count)): n
            for n in range(first, first + count, _BATCH)
        }
        for job in as_completed(jobs):
            for seed, reason in job.result():
                failed += 1
                print(f"seed {seed}: {reason}", flush=True)
            done = min(count, done + _BATCH)
            if sys.stderr.isatty():
                rate = done / (time.monotonic() - started)
                print(f"\r{done:,} of {count:,}, {rate:.0f}/s", end="", file=sys.stderr)
    seconds = time.monotonic() - started
    print(f"{count:,} seeds in {seconds:.0f} s, {failed} failed")
    return failed


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="run this one, with its traceback")
    wish = parser.parse_args()
    if wish.seed is not None:
        Trial(wish.seed).hold()
        print(f"seed {wish.seed} holds")
        return
    sys.exit(1 if many(wish.first, wish.count) else 0)


if __name__ == "__main__":
    main()
