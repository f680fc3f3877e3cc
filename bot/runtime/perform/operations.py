"""Operations done: each looks once more whether it is still what was meant.

What is gone already is done already. It decides nothing: what to do came from `bot.lifecycle`.
"""

from __future__ import annotations

from typing import assert_never

import structlog

from bot.clients.airbyte import AirbyteClient
from bot.clients.errors import Conflict, Invalid, NotFound, Refused
from bot.clients.kubernetes.cluster import TERRAFORM, Cluster
from bot.lifecycle.operations import (
    BeginRebuild,
    CancelJob,
    CommitToBranch,
    CopyState,
    DeleteAirbyteObject,
    DeleteState,
    EndRebuild,
    GiveSyncState,
    Operation,
    ReleaseLock,
    RenewRunner,
    SaveSyncStates,
    StartSync,
    SuspendTerraform,
)
from bot.lifecycle.saved_states import pack, unpack
from bot.lifecycle.stability.inventory import Kind
from bot.lifecycle.sync_state import NOT_SET, fitting
from bot.model.airbyte import ActorKind, SyncState
from bot.model.cluster import REBUILD
from bot.runtime.observe.installations import Installations
from bot.runtime.observe.stability.saved_states import has_synced

log = structlog.get_logger(__name__)


class Operations:
    """`airbyte` None: none is configured, and what needs it is refused."""

    def __init__(
        self, installations: Installations, cluster: Cluster, airbyte: AirbyteClient | None
    ) -> None:
        self._installations = installations
        self._cluster = cluster
        self._airbyte = airbyte

    async def perform(self, operation: Operation) -> None:
        """Bring it about; raises `ClientError` where that failed or cannot be known."""
        match operation:
            case DeleteAirbyteObject():
                await self._delete(operation)
            case StartSync():
                await self._sync(operation)
            case CancelJob():
                await self._cancel(operation)
            case CommitToBranch():
                await self._commit(operation)
            case SuspendTerraform(namespace, name, suspended):
                spec = {"suspend": suspended}
                await self._cluster.patch_spec(TERRAFORM, namespace, name, spec)
            case ReleaseLock(namespace, lease, lock_id):
                await self._cluster.release_lease(namespace, lease, lock_id)
            case RenewRunner(namespace, pod, older):
                since = await self._cluster.pod_since(namespace, pod)
                if since is not None and since < older:
                    await self._cluster.delete_pod(namespace, pod)
            case BeginRebuild() | EndRebuild() | CopyState() | DeleteState():
                await self._rebuild(operation)
            case GiveSyncState():
                await self._give(operation)
            case SaveSyncStates():
                await self._save(operation)
            case _:
                assert_never(operation)

    async def _rebuild(
        self, operation: BeginRebuild | EndRebuild | CopyState | DeleteState
    ) -> None:
        cluster, namespace = self._cluster, operation.namespace
        match operation:
            case BeginRebuild(_, name, begun):
                await cluster.suspend_with(TERRAFORM, namespace, name, {REBUILD: begun})
            case EndRebuild(_, name):
                await cluster.annotate(TERRAFORM, namespace, name, {REBUILD: None})
            case CopyState(_, state, copy):
                await cluster.put_secret(namespace, copy, await cluster.secret(namespace, state))
            case DeleteState(_, state, copy):
                await self._delete_state(namespace, state, copy)
            case _:
                assert_never(operation)

    async def _delete_state(self, namespace: str, state: str, copy: str) -> None:
        try:
            held = await self._cluster.secret(namespace, state)
        except NotFound:
            return
        if held != await self._cluster.secret(namespace, copy):
            raise Conflict("Kubernetes", f"secret {namespace}/{state} is not as it was copied", 409)
        await self._cluster.delete_secret(namespace, state)

    async def _give(self, operation: GiveSyncState) -> None:
        """Streams that the new connection has not are left out.

        A state of its own stays once a sync succeeded; before, it is one of a sync broken off.
        """
        client = self._client()
        own = await client.sync_state(operation.target_id)
        if own.kind != NOT_SET and await has_synced(client, operation.target_id):
            return
        kept = await self._state_of(operation)
        target = await client.connection(operation.target_id)
        document = fitting(kept, target.streams) if kept else None
        if document is not None:
            await client.put_sync_state(operation.target_id, document)
            await self._forget(operation)

    async def _state_of(self, operation: GiveSyncState) -> SyncState | None:
        if operation.saved_in is None:
            return await self._client().sync_state(operation.source_id)
        data = await self._cluster.secret(*operation.saved_in)
        packed = data.get(operation.source_id)
        saved = unpack(operation.source_id, packed) if packed is not None else None
        return saved.state if saved else None

    async def _forget(self, operation: GiveSyncState) -> None:
        """What was given is saved no more, only that it was; that is removed when it is old."""
        if operation.saved_in is None:
            return
        try:
            data, seen = await self._cluster.secret_at(*operation.saved_in)
            saved = unpack(operation.source_id, data.get(operation.source_id, b""))
            left = {operation.source_id: pack(saved.spent()) if saved else None}
            await self._cluster.patch_secret(*operation.saved_in, left, seen)
        except Refused as error:
            log.info("a saved sync state stays", reason=str(error))

    async def _save(self, operation: SaveSyncStates) -> None:
        """One that is not there is made empty first: who makes it too does no harm then."""
        namespace, name, seen = operation.namespace, operation.name, operation.seen
        if not seen:
            await self._cluster.put_secret(namespace, name, {})
            _, seen = await self._cluster.secret_at(namespace, name)
        await self._cluster.patch_secret(namespace, name, operation.entries, seen)

    async def _delete(self, operation: DeleteAirbyteObject) -> None:
        try:
            if operation.kind is Kind.CONNECTION:
                await self._client().delete_connection(operation.id)
                return
            await self._delete_actor(ActorKind(operation.kind.value), operation.id)
        except NotFound:
            log.info("gone already", kind=operation.kind.value, id=operation.id)

    async def _delete_actor(self, kind: ActorKind, actor_id: str) -> None:
        """Deleting one deletes its connections with it, so it must have none at this moment."""
        client = self._client()
        for workspace in await client.workspaces():
            for connection in await client.connections(workspace.id):
                if actor_id in (connection.source_id, connection.destination_id):
                    words = f"{kind.value} {actor_id} has connection {connection.id}: not deleted"
                    raise Conflict("Airbyte", words, 409)
        await client.delete_actor(kind, actor_id)

    async def _sync(self, operation: StartSync) -> None:
        client = self._client()
        newest = await client.latest_jobs(operation.connection_id, 1)
        if newest and newest[0].id > operation.after:
            return
        try:
            await client.sync(operation.connection_id)
        except Conflict:
            log.info("a sync runs already", connection=operation.connection_id)

    async def _cancel(self, operation: CancelJob) -> None:
        client = self._client()
        newest = await client.latest_jobs(operation.connection_id, 1)
        if newest and newest[0].id == operation.job_id and not newest[0].status.terminal:
            await client.cancel(operation.job_id)

    async def _commit(self, operation: CommitToBranch) -> None:
        repository = self._installations.named(operation.repository)
        reader = self._installations.reader(repository)
        writer = self._installations.writer(repository)
        if await reader.tip(operation.branch) != operation.expected:
            log.info("the branch moved on", branch=operation.branch)
            return
        sha = await writer.commit(operation.expected, operation.edits, operation.message)
        try:
            await writer.move_branch(operation.branch, sha, force=False)
        except Invalid:
            log.info("somebody was faster", branch=operation.branch)

    def _client(self) -> AirbyteClient:
        if self._airbyte is None:
            raise Refused("Airbyte", "none is configured (LOTUS_AIRBYTE_URL)", 501)
        return self._airbyte
