"""A service that is stopped in the moment in which a fault strikes, and started anew."""

from __future__ import annotations

import asyncio

from day import QUICK

from bot.demo.stage import Stage
from bot.simulators.faults import Fault

ABRUPTLY = QUICK | {"grace_seconds": 0.01}
PATIENCE = 3000.0
"""Seconds of the stage: each new start of the service costs some twenty of them."""


async def crashing(stage: Stage, faults: list[Fault], over: asyncio.Event) -> int:
    """The service, started anew after each crash; how often it crashed."""
    crashes = 0
    while not over.is_set():
        left = sum(fault.times for fault in faults)
        async with stage.service(**ABRUPTLY):
            while sum(fault.times for fault in faults) == left and not over.is_set():  # noqa: ASYNC110 - no bell
                await asyncio.sleep(0.005)
        crashes += not over.is_set()
    return crashes
