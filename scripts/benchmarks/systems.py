"""Copies a Looker into several vaults at once, by the embedding API, in one process.

The address of the Looker and the credentials come from the environment, as for
lookervault. It prints how many items each vault then has::

    python systems.py DIRECTORY SYSTEMS WORKERS
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from lookervault import Scope, Settings, System, Vault
from lookervault.config import credentials

_DASHBOARDS = Scope(("dashboards",))


def main() -> None:
    """Run all, and see what they have."""
    place, number, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    paths = [place / str(system) for system in range(number)]
    key, settings = credentials(os.environ), Settings(workers=workers)
    with contextlib.ExitStack() as stack:
        systems = [stack.enter_context(System.at(p, key, settings)) for p in paths]
        runs = [system.extract(_DASHBOARDS) for system in systems]
        ended = [run.result().run for run in runs]
    if not all(run.complete for run in ended):
        sys.exit("A vault is not complete.")
    print(*(_items(path) for path in paths))


def _items(path: Path) -> int:
    with Vault.open(path) as vault:
        return sum(1 for _ in vault.items("dashboards"))


if __name__ == "__main__":
    main()
