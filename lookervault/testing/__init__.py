"""Stand-ins for Looker, time and the other actors. Shipped, for embedders' tests."""

from lookervault.testing.clock import FakeClock
from lookervault.testing.inbox import Inbox
from lookervault.testing.looker import FakeLooker, Thing
from lookervault.testing.proxy import Proxy, Trouble
from lookervault.testing.simulated import simulated_looker
from lookervault.testing.simulation import Simulation

__all__ = [
    "FakeClock",
    "FakeLooker",
    "Inbox",
    "Proxy",
    "Simulation",
    "Thing",
    "Trouble",
    "simulated_looker",
]
