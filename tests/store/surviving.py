"""What is left of a vault must be whole. A process of its own finds out.

LMDB ends a process that reads some sorts of damage: that must not be the one of the tests.
"""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

from . import recording, scenario


def check(vault, acknowledged, states, *, go_on):
    """Open *vault*; it must be in a state that it was in when it was cut off, or a next one."""
    # The first acknowledgement is that of the vault itself.
    assert not acknowledged or (vault / "CURRENT").exists(), "the vault is not there"
    with scenario.opened(vault) as store:
        held = scenario.held(store)
    done = min(max(0, acknowledged - 1), len(states) - 1)
    assert held in states[done : done + 2], f"{acknowledged} were acknowledged"
    if go_on:
        scenario.go_on(vault, done + (held != states[done]))
        with scenario.opened(vault) as store:
            assert scenario.held(store) == states[-1]


def check_copy(copy, acknowledged, states):
    """If *copy* is there it must be whole, and once it was acknowledged it must be there."""
    assert copy.exists() or acknowledged <= len(states), "the copy is not there"
    if copy.exists():
        assert (copy / "CURRENT").exists()
        with scenario.opened(copy) as store:
            assert scenario.held(store) == states[-1]


def cuts(recorded, seeds):
    """Yield after each call what a power cut may have left, and what was acknowledged."""
    log, root = recorded
    disk = recording.Disk(root)
    for step, call in enumerate(disk.replay(log)):
        notes = disk.top.look().get("notes")
        acknowledged = len(notes.look()) if notes else 0
        keeps = [recording.nothing, recording.everything]
        for seed in seeds:
            dice = random.Random(f"{seed} {step}")
            keeps += [recording.some(dice), recording.torn(dice)]
        for keep in keeps:
            yield f"{call} {step}", recording.left(disk.top, keep), acknowledged


def survive(recorded, seeds, shelf, states):
    """Check what each power cut leaves; return how many different ones there were."""
    seen = set()
    for name, left, acknowledged in cuts(recorded, seeds):
        told = recording.digest(left), acknowledged
        if told in seen:
            continue
        seen.add(told)
        place = shelf / "left"
        recording.lay_down(left, place)
        try:
            go_on = len(seen) % 20 == 0
            vault = place / "new" / "newer" / "vault"
            check(vault, acknowledged, states, go_on=go_on)
            check_copy(scenario.copy_of(vault), acknowledged, states)
        except Exception as error:
            error.add_note(f"cut off at {name}")
            raise
        shutil.rmtree(place)
    return len(seen)


def main(log, root, seeds, shelf):
    """Check what power cuts leave of the vault that strace saw in *root*; print how many."""
    states = scenario.states(Path(shelf) / "states")
    recorded = Path(log).read_text("ascii", "replace"), Path(root)
    count = survive(recorded, range(int(seeds)), Path(shelf), states)
    sys.stdout.write(f"{count}\n")
