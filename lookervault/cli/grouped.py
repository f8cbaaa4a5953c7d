"""Help whose options stand under headings."""

from __future__ import annotations

from typing import Any

import click


class Option(click.Option):
    """An option that stands below the heading *group*."""

    def __init__(self, *names: Any, group: str, **more: Any) -> None:
        super().__init__(*names, **more)
        self.group = group


class Grouped(click.Command):
    """A command whose help has a heading for each group of options."""

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                group = getattr(param, "group", "Help")
                groups.setdefault(group, []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)
