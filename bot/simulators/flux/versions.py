"""Which generation of tofu-controller is imitated, as the behaviour that tells them apart.

A simulator: imports nothing of the bot. Facts: `facts/tofu-controller.md`, "Seen running".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """One generation.

    `swallows`: nothing starts a pass before `interval` has passed since `lastPlanAt`, and requests
    count as handled. `records_success`: has `lastSuccessfulReconcileAt` and
    `lastPlannedGeneration`, takes the `Reconciling` condition away after an apply, forgets a lock
    that was released, and plans anew when the source or the spec changes under a pending plan.
    `keeps_broken`: while a revision is broken, each pass takes the cached artifact again until
    `interval` has passed since it first failed (the users' TICKET-001).
    """

    name: str
    swallows: bool = False
    records_success: bool = True
    keeps_broken: bool = False


V0_16_5 = Version("v0.16.5")
V0_16_0_RC7 = Version("v0.16.0-rc.7", swallows=True, records_success=False)
KEEPS_BROKEN = Version("keeps a broken revision", records_success=False, keeps_broken=True)
