"""`/lotus rebuild`: the last resort of TICKET-003, confirmed twice, each step from what is seen.

Suspended first, with what was begun written on the object; then a copy of the state, then
connections, sources and destinations are deleted, then the state, then a pass makes all anew. A
crash at any line goes on where it stopped, and `/lotus rebuild` does where the annotation stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.lifecycle.commands.command import PREFIX, Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need, ObjectStates
from bot.lifecycle.commands.reconcile import passes
from bot.lifecycle.effects import Effect, Requeue
from bot.lifecycle.operations import (
    BeginRebuild,
    CopyState,
    DeleteAirbyteObject,
    DeleteState,
    EndRebuild,
    SuspendTerraform,
)
from bot.lifecycle.stability.inventory import Inventory, Kind, Resource, users_of
from bot.lifecycle.stability.locks import Held, held
from bot.model.cluster import kept_state
from bot.model.github import Permission
from bot.render.markdown import code, plain

_AGAIN = 1.0


@dataclass(frozen=True, slots=True)
class _Place:
    """The object that is rebuilt, with Airbyte as it is now. `begun`: the state's version then."""

    states: ObjectStates
    airbyte: Inventory

    @property
    def begun(self) -> str:
        return self.states.terraform.rebuild

    @property
    def namespace(self) -> str:
        return self.states.terraform.name.namespace

    @property
    def name(self) -> str:
        return self.states.terraform.name.name

    @property
    def copy(self) -> str:
        return kept_state(self.states.terraform.name)


def _answer(call: Call) -> Answer:
    place = _place(call)
    if isinstance(place, Answer):
        return place
    reasons = list(_unknown(call, place))
    if reasons:
        return _stopped(place, reasons)
    return _go_on(call, place) if place.begun else _begin(call, place)


def _place(call: Call) -> _Place | Answer:
    wanted, platform = call.one("object"), call.seen.platform
    found = [
        item
        for item in call.seen.states
        if not wanted or wanted in (item.terraform.name.name, str(item.terraform.name))
    ]
    if len(found) != 1 or platform is None:
        listed = ", ".join(code(str(item.terraform.name)) for item in call.seen.states)
        return refused(f"Say which: {listed or 'there is none'}.")
    return _Place(found[0], platform.now)


def _unknown(call: Call, place: _Place) -> Iterator[str]:
    """What must be known for every step: nothing is deleted on a doubtful list."""
    if place.states.problem:
        yield place.states.problem
    yield from place.airbyte.problems
    for lock in call.seen.locks:
        if lock.name == place.states.terraform.name:
            if lock.problem:
                yield lock.problem
            elif held(lock.lock) is not Held.FREE and _is_old(place):
                yield f"the state's lock is held: {held(lock.lock).value}"


def _is_old(place: _Place) -> bool:
    """Whether the old state still stands: afterwards a pass of ours has the lock."""
    return not place.begun or place.states.state.version == place.begun


def _stopped(place: _Place, reasons: list[str]) -> Answer:
    lines = "\n".join(f"- {plain(reason)}" for reason in reasons)
    if not place.begun:
        return refused(f"Nothing was begun:\n\n{lines}")
    return refused(
        f"The rebuild has stopped, with {code(place.name)} as it is:\n\n{lines}\n\n"
        f"`{PREFIX} rebuild` goes on with it. Secret {code(place.copy)} keeps the state."
    )


# Before anything is done


def _begin(call: Call, place: _Place) -> Answer:
    state, terraform = place.states.state, place.states.terraform
    reasons = list(_busy(place))
    if reasons:
        return _stopped(place, reasons)
    ids = [item.id for item in state.resources]
    confirmation = call.confirmation
    if confirmation.holds(ids, state.version, 2):
        begin = BeginRebuild(place.namespace, terraform.name.name, state.version)
        return Answer(effects=(begin,), again=Requeue(_AGAIN, "the rebuild is begun"))
    if confirmation.holds(ids, state.version, 1):
        return _ask(call, place, 2, "**Once more.** After this there is no way back.")
    if confirmation.given:
        return refused("This confirmation does not hold any more. Ask again without it.")
    return _ask(call, place, 1, "**This deletes and makes anew, in this order:**")


def _busy(place: _Place) -> Iterator[str]:
    terraform, state = place.states.terraform, place.states.state
    if not state.version:
        yield "it has no state: `reconcile` is enough"
    if terraform.ready.status == "Unknown":
        yield "a pass runs"
    for item in state.resources:
        found = place.airbyte.by_id.get(item.id)
        job = found.last_job if found else None
        if job is not None and not job.status.terminal:
            yield f"job {job.id} of {item.address} runs"
    yield from _strangers(place, state.resources)


def _strangers(place: _Place, resources: tuple[Resource, ...]) -> Iterator[str]:
    """Connections of nobody that would be deleted with a source or destination."""
    ours = {item.id for item in resources}
    for item in resources:
        for user in users_of(place.airbyte, item.id) if item.kind is not Kind.CONNECTION else ():
            if user.id not in ours:
                yield f"connection {user.name} ({user.id}) hangs on {item.address}, unknown to it"


def _ask(call: Call, place: _Place, step: int, opening: str) -> Answer:
    state = place.states.state
    phrase = call.confirmation.phrase([item.id for item in state.resources], state.version, step)
    lines = [
        f"- {item.kind.value} **{plain(item.name)}**, {code(item.address)}"
        for kind in Kind
        for item in state.resources
        if item.kind is kind
    ]
    listed = "\n".join(lines)
    name = f" {place.name}" if call.one("object") else ""
    return Answer(
        f"{opening}\n\n{listed}\n\nEvery connection loses its sync state: the next syncs read "
        f"everything again. A copy of the state is kept in Secret {code(place.copy)}.\n\nTo "
        f"confirm ({step} of 2), write within 15 minutes:\n\n"
        f"```\n{PREFIX} rebuild{name} confirm {phrase}\n```"
    )


# Step by step, from what is seen


def _go_on(call: Call, place: _Place) -> Answer:
    states = place.states
    if states.copy.version != place.begun:
        if states.state.version != place.begun:
            return _stopped(place, ["the state is another one than when it was begun"])
        return _step(place, CopyState(place.namespace, states.terraform.state, place.copy))
    if states.state.version == place.begun:
        left = [item for item in states.copy.resources if item.id in place.airbyte.by_id]
        strangers = list(_strangers(place, states.copy.resources))
        if strangers:
            return _stopped(place, strangers)
        if left:
            return _step(place, *_deletions(left))
        return _step(place, DeleteState(place.namespace, states.terraform.state, place.copy))
    return _made_anew(call, place)


def _step(place: _Place, *effects: Effect) -> Answer:
    """Only while it is suspended: a pass in between would make again what is deleted."""
    terraform = place.states.terraform
    if terraform.ready.status == "Unknown":
        return Answer(again=Requeue(_AGAIN, "a pass ends first"))
    if not terraform.suspended:
        effects = (BeginRebuild(place.namespace, place.name, place.begun),)
    return Answer(effects=effects, again=Requeue(_AGAIN, "the rebuild goes on"))


def _deletions(left: list[Resource]) -> tuple[DeleteAirbyteObject, ...]:
    first = next(kind for kind in Kind if any(item.kind is kind for item in left))
    return tuple(DeleteAirbyteObject(first, item.id) for item in left if item.kind is first)


def _made_anew(call: Call, place: _Place) -> Answer:
    terraform, state = place.states.terraform, place.states.state
    if terraform.suspended:
        resume = SuspendTerraform(place.namespace, place.name, False)
        return Answer(effects=(resume,), again=Requeue(_AGAIN, "it is resumed"))
    ladder = tuple(
        item
        for item in call.seen.ladder
        if item.rollout.deployment.terraform.name == terraform.name
    )
    passed = passes(replace(call, seen=replace(call.seen, ladder=ladder)))
    if passed.again is not None:
        return passed
    missing = [item.address for item in state.resources if item.id not in place.airbyte.by_id]
    if not passed.well or not state.version or missing:
        reasons = [f"Airbyte lacks {address}" for address in missing]
        return _stopped(place, [*reasons, f"the pass came to: {passed.text}"])
    return Answer(
        f"{code(place.name)} is made anew: {len(state.resources)} objects, all of them in "
        f"Airbyte.\n\n{passed.text}\n\nThe old state is kept in Secret {code(place.copy)}.",
        effects=(EndRebuild(place.namespace, place.name),),
    )


REBUILD = Command(
    "rebuild [<object>]",
    Permission.ADMIN,
    "the last resort: delete all of an object from Airbyte, its state, and make it anew",
    _answer,
    frozenset({Need.LADDER, Need.PLATFORM, Need.LOCKS, Need.STATES}),
)
