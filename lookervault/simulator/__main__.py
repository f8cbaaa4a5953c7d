"""``python -m lookervault.simulator``: the command ``lookervault simulate``."""

from importlib import import_module

# The command belongs to the command line, which this package knows nothing of;
# only whoever starts it by this name brings the two together.
import_module("lookervault.cli.simulate").simulate()
