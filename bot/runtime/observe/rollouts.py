"""Observing how far a commit has come in the cluster, and the backfills that it set off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cachetools import LRUCache

from bot.clients.github.repository import RepositoryReader
from bot.lifecycle.backfill import FlaggedConnection, branch_of
from bot.lifecycle.flags import StreamFlag
from bot.lifecycle.observed import AfterMerge, ModuleSeen
from bot.lifecycle.platform import Deployment
from bot.lifecycle.reach import Firing
from bot.lifecycle.rollout import RolloutObserved, Stand, standing
from bot.lifecycle.state_ids import workspace_of
from bot.model.github import PullRequest, PullRequestState
from bot.plan.prediction import Counts
from bot.runtime.observe.airbyte import ConnectionSeen
from bot.runtime.observe.backfill.flag_history import FlagHistory
from bot.runtime.observe.landings import LandingObserver
from bot.runtime.observe.modules import Inputs
from bot.runtime.observe.stored_plans import applied_counts
from bot.runtime.observe.world import World

_SLACK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Flagged:
    """The flags that reset one connection, and the commit on the branch that set them."""

    address: str
    flags: tuple[StreamFlag, ...]
    set_by: str
    set_at: datetime
    perpetual: bool = False
    fires: bool = True
    held_by: str = ""
    applied_at: datetime | None = None


class RolloutObserver:
    """What a commit contains never changes, so it is asked for once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._contains: LRUCache[tuple[str, str, str], bool] = LRUCache(4096)
        self._landings = LandingObserver(world)
        self._history = FlagHistory(world.snapshots)

    async def rollout(
        self, reader: RepositoryReader, made: Deployment, wanted: str
    ) -> RolloutObserved:
        """Where `wanted` is in this deployment."""
        terraform = made.terraform
        seen = {made.source.revision, terraform.attempted, terraform.applied} - {None, wanted}
        reached = [sha for sha in seen if sha and await self._reaches(reader, sha, wanted)]
        return RolloutObserved(
            made,
            wanted,
            self._world.clock.now(),
            self._world.settings.escalate_seconds,
            frozenset(reached),
        )

    async def after_merge(
        self,
        reader: RepositoryReader,
        made: Deployment,
        pull_request: PullRequest,
        seen: ModuleSeen,
        inputs: Inputs,
    ) -> AfterMerge:
        """What became of a merged pull request in this deployment.

        `seen` is what it changed. In Airbyte nothing is looked at before the apply is over.
        """
        wanted = pull_request.merge_commit or pull_request.head_sha
        rollout = await self.rollout(reader, made, wanted)
        now = standing(rollout)
        if not now.stand.done and await self._is_gone(reader, made, wanted):
            now = standing(replace(rollout, gone=True))
        terraform, source = made.terraform, made.source
        applied = now.stand.done and terraform.attempted == wanted
        after = AfterMerge(
            standing=now,
            fetched_at=source.stored_at if source.revision == wanted else None,
            applied_at=terraform.ready.since if applied else None,
        )
        if not now.stand.applies:
            return after
        by = terraform.ready.since
        after = await self._with_counts(after, made, wanted)
        flagged = await self._flagged_by(reader, pull_request, seen, inputs, by)
        addresses = frozenset(item.address for item in flagged)
        return replace(
            after,
            landed_by=by,
            backfills=tuple(flagged),
            changed=await self._landings.changed(
                seen, inputs, addresses, (pull_request.merged_at, by)
            ),
            objects=await self._landings.objects(seen, inputs, wanted),
        )

    async def _with_counts(self, after: AfterMerge, made: Deployment, wanted: str) -> AfterMerge:
        """What the plan of this very commit counted, where it was that plan that was applied."""
        terraform = made.terraform
        plan_id = terraform.applied_plan
        if after.standing.stand is not Stand.APPLIED or not plan_id.endswith(wanted[:10]):
            return after
        name, form = f"{terraform.workspace}-{terraform.name.name}", terraform.readable_plan
        copies, namespace = self._world.copies, terraform.name.namespace
        found = await applied_counts(copies, namespace, name, form, plan_id)
        if isinstance(found, Counts):
            return replace(after, counted=str(found))
        return replace(after, uncounted=found)

    async def _flagged_by(
        self,
        reader: RepositoryReader,
        pull_request: PullRequest,
        seen: ModuleSeen,
        inputs: Inputs,
        applied_at: datetime | None,
    ) -> list[FlaggedConnection]:
        """The connections whose flags this pull request has set."""
        if pull_request.merge_commit is None or pull_request.merged_at is None:
            return []
        found: dict[str, Flagged] = {}
        for flag in seen.flags:
            for reach in flag.reaches if flag.is_new else ():
                held = found.get(reach.connection)
                found[reach.connection] = Flagged(
                    reach.connection,
                    (*(held.flags if held else ()), flag.flag),
                    pull_request.merge_commit,
                    pull_request.merged_at,
                    reach.again or (held is not None and held.perpetual),
                    fires=reach.firing is Firing.FIRES or (held is not None and held.fires),
                    applied_at=applied_at,
                )
        seen_now = [await self.flagged(reader, inputs, item, {}) for item in found.values()]
        return [await self._at_the_tip(reader, pull_request, item) for item in seen_now]

    async def _at_the_tip(
        self, reader: RepositoryReader, pull_request: PullRequest, flagged: FlaggedConnection
    ) -> FlaggedConnection:
        """Somebody may have removed its flags since, or set them anew: nothing more is to come."""
        tip = await reader.tip(pull_request.base_branch)
        closed = all(item.state is PullRequestState.CLOSED for item in flagged.follow_ups)
        if not closed or tip is None:
            return flagged
        for flag in flagged.flags:
            if await self._history.is_set(reader, flag.path, tip):
                setting = await self._history.set_by(reader, flag.path, tip)
                if setting.sha == flagged.set_by:
                    return flagged
        return replace(flagged, still_set=False)

    async def flagged(
        self, reader: RepositoryReader, inputs: Inputs, item: Flagged, edits: Mapping[str, bytes]
    ) -> FlaggedConnection:
        """A flagged connection with its jobs and its follow-up, if there is one."""
        connection_id = inputs.ids.get(item.address)
        seen = ConnectionSeen(problem="the state could not be read")
        if connection_id:
            workspace = workspace_of(inputs.state, connection_id)
            since = item.set_at - _SLACK
            seen = await self._world.airbyte.connection(connection_id, since, workspace)
        branch = branch_of(item.address, item.set_by)
        return FlaggedConnection(
            address=item.address,
            flags=item.flags,
            set_by=item.set_by,
            set_at=item.set_at,
            connection=seen.connection,
            jobs=seen.jobs,
            statuses=seen.statuses,
            perpetual=item.perpetual,
            follow_ups=tuple(await reader.pull_requests_from(branch)),
            edits=edits,
            earlier=seen.earlier,
            moving=seen.moving,
            applied_at=item.applied_at,
            now=self._world.clock.now(),
            fires=item.fires,
            held_by=item.held_by,
            removed=inputs.state is not None and not connection_id,
            problem=seen.problem,
        )

    async def _is_gone(self, reader: RepositoryReader, made: Deployment, sha: str) -> bool:
        """Whether a force push took it off the branch; a tip that is read too early is behind."""
        tip = await reader.tip(made.branch)
        if tip is None or await self._reaches(reader, tip, sha):
            return False
        return not await self._reaches(reader, sha, tip)

    async def _reaches(self, reader: RepositoryReader, tip: str, sha: str) -> bool:
        key = (reader.name, tip, sha)
        if key not in self._contains:
            self._contains[key] = await reader.contains(tip, sha)
        return self._contains[key]
