"""What a run has of each kind from earlier lives, read back from the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from lookervault.content import KINDS, Reads
from lookervault.records import Census, Row
from lookervault.units import Marker, Whole


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What the run has of one kind."""

    rows: Mapping[str, Row] = {}
    """Stored, as it was fetched last."""
    census: Census | None = None


def recollect(
    markers: Iterable[Marker], censuses: Mapping[str, Census]
) -> dict[str, Past]:
    """Join what markers vouch for with the censuses of the run."""
    rows: defaultdict[str, dict[str, Row]] = defaultdict(dict)
    known = dict(censuses)
    for marker in markers:
        kind = marker.unit.part.kind
        rows[kind].update((row.id, row) for row in marker.rows)
        # A listing that was stored whole is its own census, kept or not.
        if isinstance(marker.unit, Whole) and KINDS[kind].reads is Reads.WHOLE:
            round_ = known[kind].round if kind in known else 1
            known[kind] = Census(round_, marker.at, marker.rows)
    return {
        kind: Past(rows=rows[kind], census=known.get(kind))
        for kind in rows.keys() | known.keys()
    }
