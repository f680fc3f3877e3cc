"""Observing what a confirmation's next step is decided from.

Where nobody asked and no copy is known, nothing is looked at. Who asked, and what they may do, is
asked of GitHub each time; the copies are read from the API server, not from a watch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.clients.github.repository import RepositoryReader
from bot.clients.kubernetes.cluster import GIT_REPOSITORY, TERRAFORM
from bot.lifecycle.confirm import (
    Confirmation,
    ConfirmObserved,
    Request,
    Slot,
    StoredPlan,
    Wishes,
    wanted,
)
from bot.lifecycle.platform import Deployment
from bot.lifecycle.press import meant
from bot.lifecycle.repository_settings import Confirm
from bot.model.github import Permission, PullRequest, PullRequestState
from bot.model.plan_copy import BY_PUSH, POOL, intent_of
from bot.plan.prediction import Prediction
from bot.runtime.observe.confirm.line import waiting
from bot.runtime.observe.confirm.plan_slots import slot_of
from bot.runtime.observe.modules import Inputs, Predicted, question, read_inputs
from bot.runtime.observe.predictor import Commit
from bot.runtime.observe.stored_plans import json_plan
from bot.runtime.observe.world import World

_APPROVED = "APPROVED"


@dataclass(frozen=True, slots=True)
class Look:
    """A pull request as it was read. `asked`: the command that is looked at now, by its id.

    `trusted`: its author may write here. `records`: what our comment remembers.
    """

    reader: RepositoryReader
    pull_request: PullRequest
    confirm: Confirm
    trusted: bool
    asked: int | None
    records: Mapping[str, Confirmation]


class ConfirmObserver:
    """One for the whole service."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def each(
        self, look: Look, made: Sequence[Deployment], predicted: Sequence[Predicted]
    ) -> list[Predicted]:
        """The predictions, each with what its confirmation is decided from, where there is one."""
        return [
            await self._with(look, known, item) if item.touched else item
            for known, item in zip(made, predicted, strict=True)
        ]

    async def _with(self, look: Look, made: Deployment, predicted: Predicted) -> Predicted:
        seen = await self._observe(look, made)
        if seen is None:
            return predicted
        secrets = predicted.secrets | seen.secrets
        seen = replace(seen, secrets=secrets)
        return replace(predicted, seen=replace(predicted.seen, confirm=seen), secrets=secrets)

    async def _observe(self, look: Look, made: Deployment) -> ConfirmObserved | None:
        pull_request, name = look.pull_request, made.terraform.name
        if pull_request.state is not PullRequestState.OPEN:
            return None
        on_push = look.confirm is Confirm.EVERY_PUSH and look.trusted
        recorded = look.records.get(str(name))
        wishes = Wishes(pull_request, name, look.asked, on_push, recorded)
        if wanted(wishes) is None and not self._has_copies(pull_request):
            return None
        slots = await self._slots(made)
        request = wanted(replace(wishes, slots=slots))
        seen = ConfirmObserved(
            pull_request, name, request, self._world.clock.now(), slots, recorded
        )
        if request is None or (recorded and recorded.stage.over and _answers(recorded, request)):
            return seen
        return await self._whole(look, made, seen, request)

    async def _whole(
        self, look: Look, made: Deployment, seen: ConfirmObserved, request: Request
    ) -> ConfirmObserved:
        """All that a step may need; the original is read as it is now."""
        name, source = made.terraform.name, made.source.name
        copies = self._world.copies
        original = await copies.find(TERRAFORM, name.namespace, name.name)
        followed = await copies.find(GIT_REPOSITORY, source.namespace, source.name)
        if original is None or followed is None:
            return replace(seen, forbidden=f"Terraform {name} or its source is not there any more.")
        seen = replace(
            seen,
            original=original,
            source=followed,
            permission=await self._permission(look, request),
            reviewed=await self._is_reviewed(look, request),
            forbidden="" if seen.ours else await self._forbidden(made),
        )
        if not seen.ours and any(slot.free for slot in seen.slots):
            return replace(seen, waiting=await waiting(self._world, name, seen.slots))
        if not any(_has_ended(slot) for slot in seen.ours):
            return seen
        inputs = await read_inputs(self._world.cluster, original)
        return replace(
            seen,
            secrets=inputs.secrets(),
            prediction=await self._prediction(look, made, request, inputs),
            plan=await self._plan(seen),
        )

    # The copies

    def _has_copies(self, pull_request: PullRequest) -> bool:
        """As the watches know it: what they do not know yet is news soon."""
        intents = (intent_of(item) for item in self._world.platforms.copies())
        place = (pull_request.repository.lower(), pull_request.number)
        return any(i is not None and (i.repository.lower(), i.number) == place for i in intents)

    async def _slots(self, made: Deployment) -> tuple[Slot, ...]:
        source, terraform = made.source.name.namespace, made.terraform.name.namespace
        copies = self._world.copies
        return tuple([await slot_of(copies, name, source, terraform) for name in POOL])

    async def _forbidden(self, made: Deployment) -> str:
        """What we may not do and have to, in words; asked before anything is made."""
        wanted_in = (
            (GIT_REPOSITORY, made.source.name.namespace),
            (TERRAFORM, made.terraform.name.namespace),
        )
        for resource, namespace in wanted_in:
            if not await self._world.copies.may_create(resource, namespace):
                return f"I may not create {resource} in {namespace}; `lotus doctor` says how."
        return ""

    async def _plan(self, seen: ConfirmObserved) -> StoredPlan | None:
        for slot in seen.ours:
            copy = slot.terraform
            if copy is not None and copy.pending_plan:
                name = f"{copy.workspace}-{copy.name.name}"
                copies, namespace = self._world.copies, copy.name.namespace
                return await json_plan(copies, namespace, name, copy.pending_plan)
        return None

    # Who asked

    async def _permission(self, look: Look, request: Request) -> Permission:
        """Of who asked, at this moment; a comment that is gone or was edited asks for nothing."""
        if request.asked_by == BY_PUSH:
            return await look.reader.permission(look.pull_request.author)
        comment = await look.reader.comment(request.asked_by)
        if comment is None or comment.updated_at > comment.created_at:
            return Permission.NONE
        signer = self._world.signer.at(look.reader.name)
        person = meant(comment, self._world.login, signer).author
        return await look.reader.permission(person)

    async def _is_reviewed(self, look: Look, request: Request) -> bool:
        """Where that is wanted: whether somebody with write approved of this very commit."""
        if look.confirm is not Confirm.APPROVED:
            return True
        latest = {r.author: r for r in await look.reader.reviews(look.pull_request.number)}
        for review in latest.values():
            if review.author == look.pull_request.author or review.state != _APPROVED:
                continue
            if review.commit != request.head:
                continue
            if (await look.reader.permission(review.author)).allows(Permission.WRITE):
                return True
        return False

    # What was to be expected

    async def _prediction(
        self, look: Look, made: Deployment, request: Request, inputs: Inputs
    ) -> Prediction | None:
        """Of the head alone, as the controller plans it: a merge may rightly differ."""
        reader = look.reader
        tree = await self._world.snapshots.tree(reader.github, reader.name, request.head)
        base = None if inputs.state else await self._base(look)
        head = Commit(tree, request.head)
        asked = replace(question(made, head, inputs), base=base)
        try:
            return await self._world.modules.predictor.predict(reader.github, reader.name, asked)
        except RecursionError:
            return None

    async def _base(self, look: Look) -> Commit:
        sha, reader = look.pull_request.base_sha, look.reader
        return Commit(await self._world.snapshots.tree(reader.github, reader.name, sha), sha)


def _answers(recorded: Confirmation, request: Request) -> bool:
    return (recorded.head, recorded.asked_by) == (request.head, request.asked_by)


def _has_ended(slot: Slot) -> bool:
    """Whether the controller has said something of it that lasts."""
    copy: Any = slot.terraform
    return copy is not None and (copy.ready.status in ("True", "False") or copy.pending_plan)
