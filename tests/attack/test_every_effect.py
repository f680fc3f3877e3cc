"""All that the bot can do, enumerated: each is done, done twice without harm, and tells no secret."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from github_world import REPOSITORY
from lake_service import NAME, NAMESPACE, Lake, lake

from bot.clients.errors import Refused
from bot.lifecycle import effects as done
from bot.lifecycle import operations as operated
from bot.lifecycle.confirm import copy_effects as copied
from bot.lifecycle.effects import Annotation, Conclusion, Decision, Effect, PutCheck
from bot.lifecycle.outgoing import without
from bot.runtime.perform.copies import CopyHands
from bot.runtime.perform.effects import Performer
from bot.runtime.perform.operations import Operations
from bot.runtime.web.metrics import Metrics

SECRET = "p4ssw0rd-of-the-lake"
NAMES = frozenset(
    [
        "repository",
        "marker",
        "sha",
        "head_sha",
        "namespace",
        "name",
        "branch",
        "base",
        "base_sha",
        "expected",
        "value",
        "seen",
        "content",
        "fingerprint",
        "id",
        "connection_id",
        "lease",
        "lock_id",
        "pod",
        "source_id",
        "target_id",
        "begun",
        "state",
        "copy",
        "uid",
        "names",
        "path",
        "level",
        "identifier",
        "label",
        "description",
        "saved_in",
    ]
)
"""What is no text: names, versions, ids, and what is made of those alone."""


def every(union: Any = Effect) -> list[type]:
    """The classes of a union, and of the unions in it."""
    found = [item for each in get_args(union) for item in (every(each) or [each])]
    return list(dict.fromkeys(found))


def filled(wanted: Any) -> Any:
    """A value of this type that is full of the secret."""
    origin, parts = get_origin(wanted), get_args(wanted)
    if wanted is str:
        return f"it is {SECRET}!"
    if wanted in (int, bool):
        return wanted(1)
    if wanted is datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return next(iter(wanted))
    if is_dataclass(wanted) and isinstance(wanted, type):
        hints = get_type_hints(wanted)
        return wanted(**{item.name: filled(hints[item.name]) for item in fields(wanted)})
    if origin is tuple:
        return tuple(filled(part) for part in parts if part is not Ellipsis)
    if origin is Mapping:
        return {}
    return filled(next(part for part in parts if part is not type(None)))


def texts(value: Any, name: str = "") -> Iterator[str]:
    """The texts of an effect, but for what is a name."""
    if isinstance(value, str) and name not in NAMES:
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item, name)
    elif is_dataclass(value):
        for item in fields(value):
            if item.name not in NAMES:
                yield from texts(getattr(value, item.name), item.name)


@pytest.mark.parametrize("kind", every(), ids=lambda kind: kind.__name__)
def test_no_effect_carries_a_secret_out(kind: type) -> None:
    effect = filled(kind)
    (clean,) = without(Decision((effect,)), {SECRET}).effects
    assert [text for text in texts(clean) if SECRET in text and not isinstance(text, Enum)] == []


class Scene:
    """A lake at rest, the bot's hands, and what a photograph of everything shows."""

    def __init__(self, here: Lake) -> None:
        self.here = here
        world = here.service.world
        operations = Operations(world.installations, world.cluster, world.airbyte.client)
        copies = CopyHands(world.cluster, world.copies)
        self.hands = Performer(
            world.installations, world.cluster, world.login, Metrics(), operations, copies
        )
        github = here.github
        self.tip = str(github.tip(REPOSITORY, "main"))
        self.head = github.push(REPOSITORY, "theirs", {"a": b"1"}, login="anna")
        self.number = github.open_pull_request(REPOSITORY, "theirs", title="A", login="anna")
        self.comment = github.comment(REPOSITORY, self.number, "hello", login="anna")
        here.kubernetes.patch("Terraform", NAMESPACE, NAME, {"status": {"lastPlanAt": "2026"}})

    async def ours(self) -> int:
        """A comment of ours."""
        await self.hands.perform(done.CreateComment(REPOSITORY, self.number, "<!-- m", "<!-- m 0"))
        found = self.here.github.comments(REPOSITORY, self.number)
        return int(found[-1].id)

    async def ours_on_a_commit(self) -> int:
        await self.hands.perform(done.CommentOnCommit(REPOSITORY, self.tip, "<!-- m", "<!-- m 0"))
        return int(self.here.github.commit_comments(REPOSITORY, self.tip)[-1].id)

    async def our_branch(self) -> str:
        await self.hands.perform(opened(self))
        return str(self.here.github.tip(REPOSITORY, "lotus/x"))

    def photograph(self) -> str:
        """All that the bot can change of GitHub and the cluster, but for versions."""
        github, world = self.here.github, self.here.github.world
        kinds = ("Terraform", "GitRepository", "Secret", "Lease", "Pod")
        items = [item for kind in kinds for item in self.here.kubernetes.list(kind)]
        for item in items:
            for volatile in ("resourceVersion", "managedFields", "generation", "uid"):
                item["metadata"].pop(volatile, None)
        said = [
            (c.id, c.body, sorted(r.content for r in c.reactions)) for c in world.comments.values()
        ]
        shas = (self.tip, self.head)
        checks = [vars_of(run) for sha in shas for run in github.check_runs(REPOSITORY, sha)]
        pulls = [(p.issue.number, p.issue.state) for p in github.pull_requests(REPOSITORY)]
        branches = world.repositories[REPOSITORY].git.branches()
        commits = [(c.id, c.body) for c in github.commit_comments(REPOSITORY, self.tip)]
        return json.dumps([items, said, checks, pulls, branches, commits], default=str, indent=1)


def vars_of(run: Any) -> list[str]:
    return [str(run.name), str(run.conclusion), str(run.external_id)]


def opened(scene: Scene) -> done.OpenPullRequest:
    edits = {"b": b"2"}
    return done.OpenPullRequest(REPOSITORY, "lotus/x", "main", scene.tip, edits, "T", "B")


async def _of(kind: type, scene: Scene) -> Any:
    """An effect of this kind that has something to do in the scene."""
    place = (NAMESPACE, NAME)
    state = f"tfstate-default-{NAME}"
    match kind.__name__:
        case "CreateComment":
            return done.CreateComment(REPOSITORY, scene.number, "<!-- x", "<!-- x -->\nsaid")
        case "UpdateComment":
            return done.UpdateComment(REPOSITORY, await scene.ours(), "<!-- m 1")
        case "DeleteComment":
            return done.DeleteComment(REPOSITORY, await scene.ours())
        case "CommentOnCommit":
            return done.CommentOnCommit(REPOSITORY, scene.tip, "<!-- x", "<!-- x -->\nsaid")
        case "UpdateCommitComment":
            return done.UpdateCommitComment(REPOSITORY, await scene.ours_on_a_commit(), "<!-- m 1")
        case "React":
            return done.React(REPOSITORY, scene.comment, "eyes")
        case "PutCheck":
            note = Annotation("a", 1, "notice", "t", "m")
            return PutCheck(
                REPOSITORY, scene.head, "lotus / plan", "t", "s", Conclusion.SUCCESS, "f",
                annotations=(note,),
            )  # fmt: skip
        case "AnnotateSource":
            return done.AnnotateSource(NAMESPACE, "lake", "now")
        case "AnnotateTerraform":
            return done.AnnotateTerraform(*place, "now")
        case "ClearLastPlanAt":
            return done.ClearLastPlanAt(*place)
        case "OpenPullRequest":
            return opened(scene)
        case "UpdatePullRequestBranch":
            edits = {"b": b"3"}
            sha = await scene.our_branch()
            return done.UpdatePullRequestBranch(
                REPOSITORY, "lotus/x", sha, scene.tip, edits, "T", "B"
            )
        case "ClosePullRequest":
            return done.ClosePullRequest(REPOSITORY, scene.number)
        case "DeleteBranch":
            sha = await scene.our_branch()
            (number,) = (
                pull.issue.number
                for pull in scene.here.github.pull_requests(REPOSITORY)
                if pull.issue.number != scene.number
            )
            scene.here.github.close_pull_request(REPOSITORY, number, login="anna")
            return done.DeleteBranch(REPOSITORY, "lotus/x", sha)
        case "MergePullRequest":
            return done.MergePullRequest(REPOSITORY, scene.number, scene.head)
        case "SuspendTerraform":
            return operated.SuspendTerraform(*place, suspended=True)
        case "CommitToBranch":
            return operated.CommitToBranch(REPOSITORY, "theirs", scene.head, {"a": b"2"}, "m")
        case "BeginRebuild":
            return operated.BeginRebuild(*place, "begun")
        case "EndRebuild":
            await scene.hands.perform(operated.BeginRebuild(*place, "begun"))
            return operated.EndRebuild(*place)
        case "CopyState":
            return operated.CopyState(NAMESPACE, state, "kept")
        case "DeleteState":
            await scene.hands.perform(operated.CopyState(NAMESPACE, state, "kept"))
            return operated.DeleteState(NAMESPACE, state, "kept")
        case "SaveSyncStates":
            return operated.SaveSyncStates(NAMESPACE, "saved", "", {"a": b"1"})
    return None


AT_AIRBYTE = {"DeleteAirbyteObject", "StartSync", "CancelJob", "GiveSyncState"}
"""Done and done twice in `tests/runtime/test_operations.py`, with jobs and time."""
IN_THE_CLUSTER = {"ReleaseLock", "RenewRunner"} | {
    kind.__name__ for kind in every(copied.CopyEffect)
}
"""In `tests/runtime/test_operations.py` and `tests/cluster/`, with a lease, a Pod and copies."""


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with lake(tmp_path) as here:
        yield Scene(here)


ELSEWHERE = AT_AIRBYTE | IN_THE_CLUSTER


@pytest.mark.parametrize(
    "kind", [k for k in every() if k.__name__ not in ELSEWHERE], ids=lambda kind: kind.__name__
)
async def test_each_effect_is_done_and_done_again_without_harm(scene: Scene, kind: type) -> None:
    await scene.here.service.workers.stop(5)  # only the hands move
    effect = await _of(kind, scene)
    assert effect is not None, f"no example of {kind.__name__}"
    before = scene.photograph()
    await scene.hands.perform(effect)
    once = scene.photograph()
    assert once != before
    with contextlib.suppress(Refused):  # a no changes nothing
        await scene.hands.perform(effect)
    assert scene.photograph() == once
