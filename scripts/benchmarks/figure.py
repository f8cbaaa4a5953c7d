"""What a benchmark found, and the real command that some of them measure."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from lookervault.simulator.door import Running


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark found."""

    id: str
    name: str
    figure: float
    unit: str
    bar: float
    ok: bool
    detail: dict[str, object] = {}


def at_least(
    bar: float, figure: float, unit: str, *, id_: str, name: str, **detail: object
) -> Figure:
    """Return a figure that should not be below *bar*."""
    return Figure(
        id=id_,
        name=name,
        figure=round(figure, 4),
        unit=unit,
        bar=bar,
        ok=figure >= bar,
        detail=detail,
    )


def at_most(
    bar: float, figure: float, unit: str, *, id_: str, name: str, **detail: object
) -> Figure:
    """Return a figure that should not be above *bar*."""
    it = at_least(bar, figure, unit, id_=id_, name=name, **detail)
    return msgspec.structs.replace(it, ok=figure <= bar)


def extract_command(vault: Path, *options: str) -> list[str]:
    """Return the command that copies dashboards into the vault at *vault*."""
    command = [sys.executable, "-m", "lookervault", "extract", "dashboards"]
    return [*command, "--vault", str(vault), *options]


def environment(looker: Running) -> dict[str, str]:
    """Return an environment that leads to *looker*."""
    return os.environ | {
        "LOOKERSDK_BASE_URL": looker.base_url,
        "LOOKERSDK_CLIENT_ID": looker.client_id,
        "LOOKERSDK_CLIENT_SECRET": looker.client_secret,
    }
