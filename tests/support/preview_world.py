"""A pull request as it is observed, and the world after what was decided is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.lifecycle.effects import (
    CreateComment,
    DeleteComment,
    Effect,
    PutCheck,
    UpdateComment,
)
from bot.lifecycle.marker import Signer
from bot.lifecycle.observed import AfterMerge, ModuleSeen, PullRequestObserved
from bot.lifecycle.preview import alarm_names, decide_pull_request
from bot.lifecycle.rollout import Stand, Standing
from bot.model.github import CheckRun, Comment, PullRequest, PullRequestState
from bot.plan.diagnostics import Position, Range, error
from bot.plan.prediction import Action, Prediction, ResourceChange

SIGNER = Signer.from_secret("hush")
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HEAD, MERGE = "a" * 40, "b" * 40


def change(address: str, action: Action) -> ResourceChange:
    kind, name = address.split(".")
    return ResourceChange(address, "managed", kind, name, "provider", action)


ADDS = Prediction("m", (change("null_resource.reset", Action.CREATE),))
LOSES = Prediction("m", (change("airbyte_source.shop", Action.DELETE),))
REPLACES = Prediction("m", (change("airbyte_connection.shop", Action.DELETE_CREATE),))
UNSURE = Prediction("m", uncertain=("a remote module",))
FAILS = Prediction(
    "m",
    diagnostics=(
        error("Bad reference", "no", Range("m/a.tf", Position(3, 1, 0), Position(3, 2, 1))),
    ),
)
PULL_REQUEST = PullRequest(
    "octo/lake",
    7,
    PullRequestState.OPEN,
    "t",
    "anna",
    "main",
    "0" * 40,
    "work",
    HEAD,
    "octo/lake",
    "https://github.com/octo/lake/pull/7",
)
MERGED = replace(PULL_REQUEST, state=PullRequestState.MERGED, merge_commit=MERGE, merged_at=NOW)


def observed(prediction: Prediction | None = ADDS, **changes: object) -> PullRequestObserved:
    module = ModuleSeen("lake-airbyte", prediction, basis=("compared with the state, serial 4",))
    seen = PullRequestObserved(PULL_REQUEST, "0" * 40, (module,), (), (), "https://files")
    return replace(seen, **changes)  # type: ignore[arg-type]


def after(stand: Stand, **more: object) -> ModuleSeen:
    standing = Standing(stand, "the controller's own words")
    return ModuleSeen("lake-airbyte", ADDS, after=AfterMerge(standing, **more))  # type: ignore[arg-type]


def effects(seen: PullRequestObserved) -> tuple[Effect, ...]:
    return decide_pull_request(seen, SIGNER).effects


def performed(seen: PullRequestObserved) -> PullRequestObserved:
    """The world after the effects were performed."""
    ours, checks = list(seen.ours), list(seen.checks)
    said = set(seen.said)
    for effect in effects(seen):
        match effect:
            case CreateComment() if "lotus:preview" in effect.marker:
                ours.append(Comment(len(ours) + 1, "lotus-bot[bot]", effect.body, NOW, NOW))
            case CreateComment():
                said |= alarm_names([effect.body], SIGNER)
            case UpdateComment():
                ours = [
                    replace(c, body=effect.body) if c.id == effect.comment_id else c for c in ours
                ]
            case DeleteComment():
                ours = [c for c in ours if c.id != effect.comment_id]
            case PutCheck():
                conclusion = effect.conclusion.value if effect.conclusion else None
                checks.append(
                    CheckRun(
                        1,
                        effect.name,
                        effect.head_sha,
                        "",
                        conclusion,
                        "",
                        "",
                        effect.fingerprint,
                    )
                )
            case _:
                raise AssertionError(effect)
    return replace(seen, ours=tuple(ours), checks=tuple(checks), said=frozenset(said))
