"""How long each part of a pass takes, in simulated seconds; the defaults are the recordings'.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Timing:
    """Set what a test wants slow or quick. `runner`: until a runner Pod answers (the recorded
    controllers had theirs in-process). `per_change`: what each change adds to an apply."""

    look_up: float = 0.02
    fetch: float = 0.08
    runner: float = 0.0
    prepare: float = 0.17
    unlock: float = 0.1
    plan: float = 0.56
    plan_failure: float = 0.22
    store_plan: float = 0.15
    show_plan: float = 0.15
    apply: float = 0.28
    per_change: float = 0.01
    outputs: float = 0.1
