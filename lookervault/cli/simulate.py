"""``lookervault simulate``."""

from __future__ import annotations

import signal
from typing import Any

import click
import msgspec

from lookervault.cli import simulate_options as options
from lookervault.cli.grouped import Grouped
from lookervault.content import KINDS
from lookervault.errors import UsageError
from lookervault.simulator.settings import (
    SIZES,
    Model,
    Settings,
    Titles,
    check,
    parse_mutation,
    parse_sizes,
)

_EPILOG = f"""\
Sizes, unless told otherwise: {", ".join(f"{kind}={SIZES[kind]}" for kind in KINDS)}.
Explores are spread over the models. With --content, kinds without files are empty.

\b
Words of a --script:
  200          as it would be       RST      the connection is reset
  400 to 599   that status          CUT      half of the body
  429:5 503:5  with Retry-After: 5  HTML     200 and a page for people
  429@5 503@5  and a date instead   EMPTY    200 and nothing
  429=x 503=x  and this text        NULL     200 and null
  SLOW:3       dripped over 3 s     HANG     never
After the last word all goes well; a last * begins again, a last ... goes on.

\b
Examples:
  lookervault simulate --port 9999 --size dashboards=50000 --latency 0.2
  lookervault simulate --script 'dashboards: 200 429:2 RST 200 *'

\b
Exit status:
  0  it was told to stop
  1  a port is taken
  2  an option makes no sense
"""


@click.command(
    cls=Grouped,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@options.looker
def simulate(count: int, **given: Any) -> None:
    """Serve a Looker of any size on loopback, until Ctrl-C.

    It speaks real HTTP, is as slow, as strict and as unreliable as you like,
    and its content is made up. Try out everything against it, without
    credentials of your own.
    """
    # The SDK's models take a while to load; `--help` needs none of them.
    from lookervault.simulator.serve import run  # noqa: PLC0415

    try:
        settings = _settings(given)
        check(settings)
        run(
            _fleet(settings, count),
            lambda bases: _announce(settings, bases),
            (signal.SIGINT, signal.SIGTERM),
        )
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(_unserved(error, given["port"], count)) from error


def _settings(given: dict[str, Any]) -> Settings:
    mutate = given.pop("mutate")
    return Settings(
        sizes=parse_sizes(given.pop("size")),
        mutation=parse_mutation(mutate) if mutate else None,
        model=Model(given.pop("limit_model")),
        titles=Titles(given.pop("titles")),
        **given,
    )


def _fleet(settings: Settings, count: int) -> list[Settings]:
    """Return the settings of *count* Lookers, of which the first has those given."""
    if settings.port + count - 1 > options.LAST_PORT:
        raise UsageError(
            f"--port {settings.port} leaves no room for --count {count}: "
            f"the last port there is is {options.LAST_PORT}."
        )
    return [
        msgspec.structs.replace(
            settings,
            port=settings.port + number if settings.port else 0,
            seed=settings.seed + number,
            log=f"{settings.log}.{number}" if settings.log and number else settings.log,
        )
        for number in range(count)
    ]


def _announce(settings: Settings, bases: list[str]) -> None:
    who = f"client id {settings.client_id}, client secret {settings.client_secret}"
    for base in bases:
        click.echo(f"Looker is at {base} ({who})")


def _unserved(error: OSError, port: int, count: int) -> str:
    if error.filename is not None:
        return f"Cannot open {error.filename}: {error.strerror}."
    ports = f"port {port}" if count == 1 else f"ports {port} to {port + count - 1}"
    return (
        f"Cannot serve on {ports}: {error.strerror or error}. "
        "Choose another, or 0 for any free one."
    )


if __name__ == "__main__":
    simulate()
