"""A pull request with its copies in the pool, seen at any step of its confirmation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.lifecycle.confirm import (
    Confirmation,
    ConfirmObserved,
    Request,
    Slot,
    Stage,
    StoredPlan,
    source_copy_from,
    terraform_copy_from,
)
from bot.lifecycle.confirm.documents import source_copy, terraform_copy
from bot.lifecycle.confirm.plan import Planned, Row
from bot.model.cluster import ObjectName
from bot.model.github import Permission, PullRequest, PullRequestState
from bot.model.plan_copy import POOL, Intent
from bot.plan.prediction import Action, Counts, Prediction, ResourceChange

Json = dict[str, Any]

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HEAD, NEWER = "a" * 40, "b" * 40
NAME = ObjectName("lake", "lake-airbyte")
COMMAND = 41
SECRET = "tok-hush-hush"
PULL_REQUEST = PullRequest(
    repository="octo/lake",
    number=7,
    state=PullRequestState.OPEN,
    title="t",
    author="anna",
    base_branch="main",
    base_sha="0" * 40,
    head_branch="work",
    head_sha=HEAD,
    head_repository="octo/lake",
    url="https://github.com/octo/lake/pull/7",
)
SOURCE: Json = {
    "metadata": {"namespace": "flux-system", "name": "lake"},
    "spec": {
        "url": "https://github.com/octo/lake",
        "ref": {"branch": "main"},
        "interval": "10m",
        "secretRef": {"name": "deploy-key"},
    },
}
TERRAFORM: Json = {
    "apiVersion": "infra.contrib.fluxcd.io/v1alpha2",
    "metadata": {"namespace": "lake", "name": "lake-airbyte"},
    "spec": {
        "path": "./airbyte",
        "approvePlan": "auto",
        "sourceRef": {"kind": "GitRepository", "name": "lake", "namespace": "flux-system"},
        "varsFrom": [{"kind": "Secret", "name": "vars"}],
    },
}
EMPTY = tuple(Slot(name=name) for name in POOL)


def change(address: str, action: Action = Action.CREATE) -> ResourceChange:
    kind, name = address.split(".")
    return ResourceChange(address, "managed", kind, name, "airbyte", action)


def prediction(*changes: ResourceChange, **rest: Any) -> Prediction:
    return Prediction("airbyte", changes, **rest)


def plan(*rows: tuple[str, Action]) -> StoredPlan:
    found = tuple(Row(address, action) for address, action in rows)
    return StoredPlan(Planned(found, Counts(add=len(found))))


def intent(**rest: Any) -> Intent:
    began = NOW - timedelta(seconds=5)
    return replace(Intent("octo/lake", 7, HEAD, NAME, "default", COMMAND, began), **rest)


def source_json(purpose: Intent | None = None, **status: Any) -> Json:
    """The copy of the source as it is created, with this status; `suspend` goes into its spec."""
    item = source_copy(SOURCE, POOL[0], purpose or intent(), "work")
    item["metadata"]["uid"] = "uid-s"
    if status.pop("suspend", False):
        item["spec"]["suspend"] = True
    fetched = status.pop("fetched", None)
    artifact = {"artifact": {"revision": f"work@sha1:{fetched}"}} if fetched else {}
    return {**item, "status": {**artifact, **status}}


def terraform_json(purpose: Intent | None = None, **status: Any) -> Json:
    """The plan-only copy as it is created, with this status; `spec` is merged into its spec."""
    at = ObjectName("flux-system", POOL[0])
    item = terraform_copy(TERRAFORM, POOL[0], purpose or intent(), at)
    item["metadata"] |= {"uid": "uid-t", "finalizers": ["finalizers.tf.contrib.fluxcd.io"]}
    item["spec"] |= status.pop("spec", {})
    item["metadata"] |= status.pop("metadata", {})
    return {**item, "status": status}


def ready(status: str, reason: str, message: str = "") -> Json:
    condition = {"type": "Ready", "status": status, "reason": reason, "message": message}
    return {"conditions": [condition]}


def attempted(status: str, reason: str, message: str = "", **rest: Any) -> Json:
    return {
        "lastAttemptedRevision": f"work@sha1:{HEAD}",
        **ready(status, reason, message),
        **rest,
    }


PLANNED = attempted("Unknown", "TerraformPlannedWithChanges", plan={"pending": "plan-work-aa"})
PINNED = source_json(fetched=HEAD, suspend=True)


def slot(source: Json | None = None, terraform: Json | None = None, name: str = POOL[0]) -> Slot:
    return Slot(
        source_copy_from(source) if source else None,
        terraform_copy_from(terraform) if terraform else None,
        name,
    )


def slots(source: Json | None = None, terraform: Json | None = None) -> tuple[Slot, ...]:
    """The pool, with these in its first place."""
    return (slot(source, terraform), *EMPTY[1:])


def seen(*places: Slot, **rest: Any) -> ConfirmObserved:
    """Asked by somebody with write at the head that still is; one resource is to be made."""
    given: dict[str, Any] = {
        "request": Request(HEAD, COMMAND),
        "slots": places or EMPTY,
        "permission": Permission.WRITE,
        "prediction": prediction(change("airbyte_source.shop")),
        "original": TERRAFORM,
        "source": SOURCE,
        "secrets": frozenset({SECRET}),
        **rest,
    }
    pull_request = given.pop("pull_request", PULL_REQUEST)
    return ConfirmObserved(pull_request, NAME, given.pop("request"), NOW, **given)


def confirmation(stage: Stage, **rest: Any) -> Confirmation:
    return replace(Confirmation(HEAD, COMMAND, stage), **rest)
