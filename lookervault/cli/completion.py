"""``lookervault completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from lookervault.cli import options
from lookervault.cli.app import data

_PROGRAM = "lookervault"
_VARIABLE = "_LOOKERVAULT_COMPLETE"
"""By which a script asks the program what fits; click knows it by this name."""

_EPILOG = """
\b
Exit status:
  0  done
  2  there is no such shell

\b
Examples:
  bash:  eval "$(lookervault completion bash)"               in ~/.bashrc
  zsh:   eval "$(lookervault completion zsh)"                in ~/.zshrc
  fish:  lookervault completion fish > \\
             ~/.config/fish/completions/lookervault.fish
"""


@click.command(context_settings=options.SETTINGS, epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what lets a SHELL complete commands, options and names.

    Kinds, the profiles of the configuration file and the snapshots of the vault are
    offered by name. bash must be 4.4 or newer.
    """
    from lookervault.cli import main  # noqa: PLC0415 - it lists us

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    with data() as out:
        out.write(found(main, {}, _PROGRAM, _VARIABLE).source())
