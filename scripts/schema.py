"""Writes what the code says of its own output to where people look for it."""

from __future__ import annotations

from pathlib import Path

from lookervault.output.schema import schema

PAGE = Path(__file__).parents[1] / "docs" / "events.schema.json"


def main() -> None:
    """Write the page."""
    PAGE.write_text(schema(), "utf-8")


if __name__ == "__main__":
    main()
