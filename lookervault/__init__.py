"""Copies what a Looker instance holds into a local vault, completely.

These names are what embedders need. They are imported when they are first used,
so that ``import lookervault`` is quick, and so is ``lookervault --help``.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lookervault import errors as errors
    from lookervault.records import Run as Run
    from lookervault.records import Scope as Scope
    from lookervault.system import Extraction as Extraction
    from lookervault.system import Settings as Settings
    from lookervault.system import System as System
    from lookervault.vault import Vault as Vault

    __version__: str

# What is logged goes nowhere unless the program that embeds us says where.
logging.getLogger(__name__).addHandler(logging.NullHandler())

_HOMES = {
    "Extraction": "lookervault.system",
    "Run": "lookervault.records",
    "Scope": "lookervault.records",
    "Settings": "lookervault.system",
    "System": "lookervault.system",
    "Vault": "lookervault.vault",
}

__all__ = [  # noqa: PLE0604 - the names of a dict are names
    "__version__",
    "errors",
    *_HOMES,
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("lookervault")
    if name == "errors":
        return importlib.import_module("lookervault.errors")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
