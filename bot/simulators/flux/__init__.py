"""Flux's source-controller and tofu-controller, imitated: controllers that talk Kubernetes.

A simulator: it acts on the objects of whatever API server it is given, and imports nothing of
the bot. What it does, in which order, is read from the recorded real controllers
(`facts/tofu-controller.md`). It is given Git (`sources`) and somebody who plans (`planning`).
"""

from bot.simulators.flux.server import Flux
from bot.simulators.flux.sources import Folders
from bot.simulators.flux.timing import Timing
from bot.simulators.flux.versions import KEEPS_BROKEN, V0_16_0_RC7, V0_16_5, Version

__all__ = [
    "KEEPS_BROKEN",
    "V0_16_0_RC7",
    "V0_16_5",
    "Flux",
    "Folders",
    "Timing",
    "Version",
]
