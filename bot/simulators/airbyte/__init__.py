"""Airbyte on loopback: Config API, public API, jobs that progress in simulated time.

A simulator: it imitates the vendor and imports nothing of the bot. What it does is read from
Airbyte's source (`facts/airbyte.md`, `facts/airbyte-api.md`).
"""

from bot.simulators.airbyte.auth import Applications, Basic, NoAuth
from bot.simulators.airbyte.jobs import Failure, Volume
from bot.simulators.airbyte.misbehaviour import HTML, Fault
from bot.simulators.airbyte.server import Airbyte
from bot.simulators.airbyte.workflow import Timing

__all__ = [
    "HTML",
    "Airbyte",
    "Applications",
    "Basic",
    "Failure",
    "Fault",
    "NoAuth",
    "Timing",
    "Volume",
]
