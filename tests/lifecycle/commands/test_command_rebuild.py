"""`/lotus rebuild`: the whole way in a small world, and each reason not to take a step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from command_world import NOW, TIP, Said, confirming, ladder, observed, said
from truth_platform import Case

from bot.lifecycle.commands.parts import ObjectLock, ObjectStates, PlatformSeen, StoredState
from bot.lifecycle.effects import AnnotateSource, Effect
from bot.lifecycle.operations import (
    BeginRebuild,
    CopyState,
    DeleteAirbyteObject,
    DeleteState,
    EndRebuild,
    SuspendTerraform,
)
from bot.lifecycle.rollout import Asked
from bot.lifecycle.stability.inventory import AirbyteObject, Inventory, Kind
from bot.lifecycle.stability.locks import LockSeen
from bot.model.airbyte import Job, JobKind, JobStatus
from bot.model.cluster import Condition, Terraform
from bot.model.github import Permission

CASE = Case("nothing-changed")
OLD = StoredState("old-lineage:7", CASE.holder().resources)
NEW = StoredState(
    "new-lineage:1", tuple(replace(item, id=f"new-{item.id}") for item in OLD.resources)
)
BODY = "/lotus rebuild"


@dataclass
class World:
    """The object, its state and Airbyte; effects change it as the edges would."""

    state: StoredState = OLD
    copy: StoredState = field(default_factory=StoredState)
    objects: tuple[AirbyteObject, ...] = CASE.objects()
    suspended: bool = False
    begun: str = ""
    passed_at: datetime | None = None
    asked: str = ""
    ready: Condition = field(default_factory=lambda: Condition("True", "NoDrift"))
    lock: LockSeen = field(default_factory=LockSeen)
    problems: tuple[str, ...] = ()

    def terraform(self) -> Terraform:
        (item,) = ladder()
        return replace(
            item.rollout.deployment.terraform,
            suspended=self.suspended,
            rebuild=self.begun,
            last_success_at=self.passed_at,
            ready=self.ready,
        )

    def answer(self, body: str = BODY, **changes: Any) -> Said:
        (item,) = ladder()
        terraform = self.terraform()
        source = replace(item.rollout.deployment.source, requested=self.asked)
        made = replace(item.rollout.deployment, terraform=terraform, source=source)
        seen = Inventory(NOW, self.objects, (CASE.holder(),), self.problems)
        parts: dict[str, Any] = {
            "ladder": (replace(item, rollout=replace(item.rollout, deployment=made)),),
            "platform": PlatformSeen(seen, seen),
            "locks": (ObjectLock(terraform.name, "lease", self.lock),),
            "states": (ObjectStates(terraform, self.state, self.copy),),
        }
        return said(observed(body, **{**parts, **changes}))

    def apply(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case BeginRebuild(_, _, begun):
                    self.suspended, self.begun = True, begun
                case CopyState():
                    self.copy = self.state
                case DeleteAirbyteObject(_, identity):
                    self.objects = tuple(o for o in self.objects if o.id != identity)
                case DeleteState():
                    self.state = StoredState()
                case SuspendTerraform(_, _, suspended):
                    self.suspended = suspended
                case AnnotateSource():
                    self.asked = str(Asked(TIP, 1, NOW - timedelta(seconds=50)))
                    self.make_anew()
                case EndRebuild():
                    self.begun = ""
                case _:
                    raise AssertionError(effect)

    def make_anew(self) -> None:
        """The controller's pass on an empty state."""
        self.state, self.passed_at = NEW, NOW - timedelta(seconds=5)
        self.objects = tuple(AirbyteObject(r.kind, r.id, r.name) for r in NEW.resources)


def names(effects: tuple[Effect, ...]) -> list[str]:
    return list(dict.fromkeys(type(effect).__name__ for effect in effects))


def confirmed(world: World) -> str:
    first = confirming(world.answer().text)
    return confirming(world.answer(first).text)


def test_nothing_is_done_before_the_second_confirmation() -> None:
    world = World()
    first = world.answer()
    assert (first.effects, first.reaction) == ((), "rocket")
    assert "(1 of 2)" in first.text
    assert all(f"`{item.address}`" in first.text for item in OLD.resources)
    second = world.answer(confirming(first.text))
    assert second.effects == ()
    assert "(2 of 2)" in second.text
    last = confirming(second.text)
    assert world.answer(last).effects == (BeginRebuild("lake", "lake-airbyte", OLD.version),)


def test_the_whole_way_in_the_tickets_order() -> None:
    world, done = World(), []
    body = confirmed(world)
    for _ in range(20):
        found = world.answer(body)
        done += [(names(found.effects), [getattr(e, "kind", None) for e in found.effects])]
        world.apply(found.effects)
        if found.reaction:
            break
    steps = [step for step, _ in done]
    assert steps == [
        ["BeginRebuild"],
        ["CopyState"],
        ["DeleteAirbyteObject"],
        ["DeleteAirbyteObject"],
        ["DeleteAirbyteObject"],
        ["DeleteState"],
        ["SuspendTerraform"],
        ["AnnotateSource"],
        ["EndRebuild"],
    ]
    kinds = [set(kinds) for step, kinds in done if step == ["DeleteAirbyteObject"]]
    assert kinds == [{Kind.CONNECTION}, {Kind.SOURCE}, {Kind.DESTINATION}]
    assert found.reaction == "rocket"
    assert "is made anew: 5 objects" in found.text
    assert (world.state, world.copy, world.begun, world.suspended) == (NEW, OLD, "", False)


def test_a_step_done_before_a_crash_is_not_done_again_and_a_bare_command_goes_on() -> None:
    world = World()
    world.apply(world.answer(confirmed(world)).effects)
    for _ in range(20):
        found = world.answer(BODY)
        world.apply(found.effects[:1])  # only the first effect of each look gets through
        if found.reaction:
            break
    assert found.reaction == "rocket"
    assert world.state == NEW


def busy(world: World) -> World:
    job = Job(9, "x", JobKind.SYNC, JobStatus.RUNNING, NOW, NOW)
    first = next(item for item in world.objects if item.kind is Kind.CONNECTION)
    rest = tuple(item for item in world.objects if item.id != first.id)
    return replace(world, objects=(replace(first, last_job=job), *rest))


def stranger(world: World) -> World:
    source = next(item for item in world.objects if item.kind is Kind.SOURCE)
    lost = AirbyteObject(Kind.CONNECTION, "lost", "lost", ends=(source.id,))
    return replace(world, objects=(*world.objects, lost))


@pytest.mark.parametrize(
    ("world", "words"),
    [
        pytest.param(busy(World()), "job 9", id="a sync runs"),
        pytest.param(World(lock=LockSeen("id-1")), "lock is held", id="a lock is held"),
        pytest.param(World(ready=Condition("Unknown", "Progressing")), "a pass runs", id="a pass"),
        pytest.param(World(state=StoredState()), "it has no state", id="no state"),
        pytest.param(World(problems=("Airbyte: no answer",)), "no answer", id="Airbyte is away"),
        pytest.param(stranger(World()), "hangs on", id="a connection of nobody"),
    ],
)
def test_it_is_not_begun(world: World, words: str) -> None:
    for body in (BODY, confirmed(World())):
        found = world.answer(body)
        assert (found.effects, found.reaction) == ((), "confused")
        assert words in found.text
        assert "Nothing was begun" in found.text


BEGUN = World(suspended=True, begun=OLD.version, copy=OLD)


@pytest.mark.parametrize(
    ("world", "words"),
    [
        pytest.param(replace(BEGUN, problems=("no answer",)), "no answer", id="Airbyte is away"),
        pytest.param(replace(BEGUN, lock=LockSeen("1")), "lock is held", id="a lock is held"),
        pytest.param(stranger(BEGUN), "hangs on", id="a connection of nobody"),
        pytest.param(
            replace(BEGUN, state=NEW, copy=StoredState()), "another one", id="another state"
        ),
        pytest.param(
            replace(BEGUN, state=StoredState(), copy=StoredState()), "another one", id="no copy"
        ),
    ],
)
def test_it_stops_with_the_annotation_as_it_is(world: World, words: str) -> None:
    found = world.answer()
    assert (found.effects, found.reaction) == ((), "confused")
    assert words in found.text
    assert "has stopped" in found.text


def test_resumed_by_somebody_it_is_suspended_again_before_anything_is_deleted() -> None:
    found = replace(BEGUN, suspended=False).answer()
    assert found.effects == (BeginRebuild("lake", "lake-airbyte", OLD.version),)
    running = replace(BEGUN, ready=Condition("Unknown", "Progressing")).answer()
    assert (running.effects, running.reaction) == ((), "")


@pytest.mark.parametrize("permission", [Permission.WRITE, Permission.READ])
def test_it_needs_an_admin(permission: Permission) -> None:
    found = BEGUN.answer(permission=permission)
    assert (found.effects, found.reaction) == ((), "confused")


def test_confirmed_for_another_state_it_is_asked_anew() -> None:
    body = confirmed(World())
    moved = World(state=replace(OLD, version="old-lineage:8"))
    assert "does not hold" in moved.answer(body).text


def test_what_the_pass_did_not_make_is_said() -> None:
    made = replace(BEGUN, state=NEW, suspended=False, asked=str(Asked(TIP, 1, NOW)))
    made.passed_at = NOW - timedelta(seconds=5)
    lacking = replace(made, objects=())
    text = lacking.answer().text
    assert "Airbyte lacks" in text
