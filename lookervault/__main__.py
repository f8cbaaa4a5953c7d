"""``python -m lookervault``."""

from lookervault.cli import main

main(prog_name="lookervault")
