"""Observing the states' locks, and whether the runner that holds one is there."""

from __future__ import annotations

from collections.abc import Iterable

from bot.clients.errors import ClientError, NotFound
from bot.clients.kubernetes.cluster import Cluster
from bot.lifecycle.commands.parts import ObjectLock
from bot.lifecycle.stability.locks import LockSeen, lock_info
from bot.model.cluster import Terraform


async def locks(cluster: Cluster, terraforms: Iterable[Terraform]) -> tuple[ObjectLock, ...]:
    """Each object's lock; what cannot be looked at is a problem, said."""
    return tuple([await _lock(cluster, item) for item in terraforms])


async def _lock(cluster: Cluster, terraform: Terraform) -> ObjectLock:
    name, runner = terraform.name, f"{terraform.name.name}-tf-runner"
    try:
        pod_since = await cluster.pod_since(name.namespace, runner)
        lease = await cluster.lease(name.namespace, terraform.lock)
    except NotFound:
        return ObjectLock(name, terraform.lock, LockSeen(runner=runner, pod_since=pod_since))
    except ClientError as error:
        return ObjectLock(name, terraform.lock, LockSeen(), str(error))
    seen = LockSeen(
        lease.holder,
        lock_info(lease.info),
        runner,
        pod_since,
        terraform.ready.status == "Unknown" and terraform.ready.reason == "Progressing",
    )
    return ObjectLock(name, terraform.lock, seen)
