"""The effects on plan-only copies, done. It decides nothing: `bot.lifecycle.confirm` did."""

from __future__ import annotations

from typing import assert_never

import structlog

from bot.clients.errors import Conflict, NotFound
from bot.clients.kubernetes.cluster import GIT_REPOSITORY, TERRAFORM, Cluster
from bot.clients.kubernetes.plan_copies import PlanCopies
from bot.lifecycle.confirm.copy_effects import (
    CopyEffect,
    CreateSourceCopy,
    CreateTerraformCopy,
    DeleteCopysPlans,
    DeleteSourceCopy,
    DeleteTerraformCopy,
    ReleaseTerraformCopy,
    SuspendSourceCopy,
)

log = structlog.get_logger(__name__)


class CopyHands:
    """Who was slower than somebody else leaves it: the next look shows what there is."""

    def __init__(self, cluster: Cluster, copies: PlanCopies) -> None:
        self._cluster = cluster
        self._copies = copies

    async def perform(self, effect: CopyEffect) -> None:
        """Bring it about; raises `ClientError` where that failed or cannot be known."""
        try:
            await self._perform(effect)
        except (Conflict, NotFound) as error:
            log.info("somebody was faster", effect=type(effect).__name__, reason=str(error))

    async def _perform(self, effect: CopyEffect) -> None:
        copies = self._copies
        match effect:
            case CreateSourceCopy(document) | CreateTerraformCopy(document):
                await copies.create(document)
            case SuspendSourceCopy(name):
                await copies.suspend(GIT_REPOSITORY, name.namespace, name.name)
            case DeleteTerraformCopy(name, uid):
                await copies.delete(TERRAFORM, name.namespace, name.name, uid)
            case ReleaseTerraformCopy(name, uid):
                await copies.release(TERRAFORM, name.namespace, name.name, uid)
            case DeleteCopysPlans(namespace, names):
                for secret in names:
                    await self._cluster.delete_secret(namespace, secret)
            case DeleteSourceCopy(name, uid):
                await copies.delete(GIT_REPOSITORY, name.namespace, name.name, uid)
            case _:
                assert_never(effect)
