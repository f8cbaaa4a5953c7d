"""``lookervault simulate``."""

from __future__ import annotations

import signal
from typing import Any

import click

from lookervault.content import KINDS
from lookervault.errors import UsageError
from lookervault.simulator.settings import (
    SIZES,
    Model,
    Settings,
    check,
    parse_mutation,
    parse_sizes,
)

_EPILOG = f"""\
Sizes, unless told otherwise: {", ".join(f"{kind}={SIZES[kind]}" for kind in KINDS)}.
Explores are spread over the models. With --content, kinds without files are empty.

\b
Example:
  lookervault simulate --port 9999 --size dashboards=50000 --latency 0.2 --rate 20

\b
Exit status:
  0  it was told to stop
  1  the port is taken
  2  an option makes no sense
"""


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="0: any free one."
)
@click.option(
    "--size", multiple=True, metavar="KIND=N", help="Items of a kind; repeatable."
)
@click.option(
    "--seed", type=int, default=1, help="Other seed, other content and faults."
)
@click.option(
    "--latency", type=click.FloatRange(0), default=0.0, help="Seconds a request."
)
@click.option(
    "--per-item", type=click.FloatRange(0), default=0.0, help="Seconds an item."
)
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), help="Requests a second."
)
@click.option(
    "--limit-model",
    type=click.Choice([model.value for model in Model]),
    default=Model.BUCKET.value,
    help="How requests count against the rate.",
)
@click.option(
    "--burst", type=click.FloatRange(1), default=1.0, help="Tokens of a full bucket."
)
@click.option("--retry-after/--no-retry-after", default=True, help="Sent with a 429?")
@click.option(
    "--refusal-delay", type=click.FloatRange(0), default=0.01, help="Seconds to a 429."
)
@click.option(
    "--fail-rate", type=click.FloatRange(0, 1), default=0.0, help="Share that fails."
)
@click.option(
    "--token-ttl", type=click.FloatRange(0), default=3600.0, help="Seconds of a login."
)
@click.option(
    "--page-cap", type=click.IntRange(1), help="Rows a page, whatever is asked for."
)
@click.option("--total-count", is_flag=True, help="Send X-Total-Count with pages.")
@click.option("--gzip", is_flag=True, help="Compress for those who accept it (slow).")
@click.option(
    "--mutate", metavar="SPEC", help="Change dashboards: delete=100,create=50,over=10s."
)
@click.option(
    "--content",
    type=click.Path(exists=True, file_okay=False),
    help="Serve the items in DIR/KIND/*.json or DIR/KIND.jsonl.",
)
@click.option("--log", type=click.Path(dir_okay=False), help="One JSON line a request.")
def simulate(
    size: tuple[str, ...], mutate: str | None, limit_model: str, **options: Any
) -> None:
    """Serve a Looker of any size on loopback, until Ctrl-C.

    It speaks real HTTP, is as slow, as strict and as unreliable as you like,
    and its content is made up. Try out everything against it, without
    credentials of your own.
    """
    # The SDK's models take a while to load; `--help` needs none of them.
    from lookervault.simulator.serve import run  # noqa: PLC0415

    try:
        settings = Settings(
            sizes=parse_sizes(size),
            mutation=parse_mutation(mutate) if mutate else None,
            model=Model(limit_model),
            **options,
        )
        check(settings)
        run(settings, _announcer(settings), (signal.SIGINT, signal.SIGTERM))
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(
            f"Cannot serve on port {options['port']}: {error.strerror or error}. "
            "Choose another, or 0 for any free one."
        ) from error


def _announcer(settings: Settings) -> Any:
    def announce(base: str) -> None:
        who = f"client id {settings.client_id}, client secret {settings.client_secret}"
        click.echo(f"Looker is at {base} ({who})")

    return announce


if __name__ == "__main__":
    simulate()
