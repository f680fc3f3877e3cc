"""The cluster's nouns, read from the objects' JSON. Pure; tolerant of what is missing or odd.

Field names and their meaning: `facts/tofu-controller.md`. A time or revision that cannot be read is
None: hand-edited objects exist, and one of them must not stop the others.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

REBUILD = "lotus-bot.github.io/rebuild"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"

_HEADS = "refs/heads/"
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_DURATION = re.compile(f"(?:{_DURATION_PART.pattern})+")
_SHA = re.compile(r"(?:^|[@:/])(?:sha1:)?([0-9a-f]{40})$")


@dataclass(frozen=True, slots=True)
class ObjectName:
    """Namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition; `status` is True, False or Unknown as the API writes it, "" where absent."""

    status: str = ""
    reason: str = ""
    message: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A GitRepository. `revision` is the artifact's commit SHA; `ref` what it follows, in words."""

    name: ObjectName
    url: str
    branch: str | None
    ref: str
    suspended: bool
    requested: str
    handled: str
    revision: str | None
    stored_at: datetime | None
    ready: Condition
    resource_version: str = ""


@dataclass(frozen=True, slots=True)
class Terraform:
    """A Terraform object; revisions are commit SHAs, `path` is from the repository's root.

    `approve_plan` and `plan_only` are what comes of them: `force` overrides both.
    `state` and `lock` name the Secret that holds its state, and the Lease that locks it.
    `keeps_runner`: the runner's Pod outlives a pass, and with it the environment it was made with.
    `rebuild`: the rebuild of ours that was begun, "" where none is under way. `readable_plan` is
    the form in which plans are stored for reading: human, json or none. `attempted_revision` and
    `applied_revision` are whole, as a source of whatever kind names them. `interval`: at the latest
    so long after a pass the next one begins by itself. `var_files`: the source's files that give
    variables, as paths from its root.
    """

    name: ObjectName
    source_kind: str
    source: ObjectName
    path: str
    approve_plan: str
    plan_only: bool
    suspended: bool
    requested: str
    handled: str
    attempted: str | None
    applied: str | None
    planned: str | None
    pending_plan: str
    applied_plan: str
    last_plan_at: datetime | None
    last_success_at: datetime | None
    ready: Condition
    stalled: Condition
    failures: int
    state: str
    lock: str
    resource_version: str = ""
    keeps_runner: bool = False
    rebuild: str = ""
    workspace: str = "default"
    readable_plan: str = ""
    attempted_revision: str = ""
    applied_revision: str = ""
    interval: timedelta | None = None
    var_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Warned:
    """An Event of type Warning, last `at`. Its message may hold a plan, and is not read."""

    reason: str
    at: datetime | None


STATE_PARTS = 8
"""Secrets of one state whose names are known beforehand; each holds 1 MiB, packed."""


def state_parts(first: str) -> tuple[str, ...]:
    """The Secrets of the state that begins in `first`: the tool splits what is larger than one."""
    return (first, *(state_part(first, index) for index in range(1, STATE_PARTS)))


def state_part(first: str, index: int) -> str:
    """The Secret with that part of the state, counted from 0."""
    return f"{first}-part-{index}" if index else first


def kept_state(name: ObjectName) -> str:
    """The Secret that keeps a copy of an object's state while it is rebuilt, and afterwards."""
    return f"lotus-rebuild-{name.name}"


def source_from(item: Mapping[str, Any]) -> Source:
    """A GitRepository from its JSON."""
    spec, status = _part(item, "spec"), _part(item, "status")
    ref, artifact = _part(spec, "ref"), _part(status, "artifact")
    named = {key: str(value) for key, value in ref.items() if value}
    return Source(
        name=_name(item),
        url=str(spec.get("url") or ""),
        branch=_branch(named),
        ref=", ".join(f"{key} {value}" for key, value in sorted(named.items())) or "branch master",
        suspended=bool(spec.get("suspend")),
        requested=_requested(item),
        handled=str(status.get("lastHandledReconcileAt") or ""),
        revision=sha_of(artifact.get("revision")),
        stored_at=_time(artifact.get("lastUpdateTime")),
        ready=_condition(status, "Ready"),
        resource_version=str(_part(item, "metadata").get("resourceVersion") or ""),
    )


def terraform_from(item: Mapping[str, Any]) -> Terraform:
    """A Terraform object from its JSON."""
    spec, status = _part(item, "spec"), _part(item, "status")
    reference, plan = _part(spec, "sourceRef"), _part(status, "plan")
    name = _name(item)
    suffix = _part(spec, "backendConfig").get("secretSuffix") or name.name
    state = f"tfstate-{spec.get('workspace') or 'default'}-{suffix}"
    forced = bool(spec.get("force"))
    return Terraform(
        name=name,
        source_kind=str(reference.get("kind") or ""),
        source=ObjectName(
            str(reference.get("namespace") or name.namespace), str(reference.get("name") or "")
        ),
        path=_folder(str(spec.get("path") or "")),
        approve_plan="auto" if forced else str(spec.get("approvePlan") or ""),
        plan_only=bool(spec.get("planOnly")) and not forced,
        suspended=bool(spec.get("suspend")),
        requested=_requested(item),
        handled=str(status.get("lastHandledReconcileAt") or ""),
        attempted=sha_of(status.get("lastAttemptedRevision")),
        applied=sha_of(status.get("lastAppliedRevision")),
        planned=sha_of(status.get("lastPlannedRevision")),
        pending_plan=str(plan.get("pending") or ""),
        applied_plan=str(plan.get("lastApplied") or ""),
        last_plan_at=_time(status.get("lastPlanAt")),
        last_success_at=_time(status.get("lastSuccessfulReconcileAt")),
        ready=_condition(status, "Ready"),
        stalled=_condition(status, "Stalled"),
        failures=_int(status.get("reconciliationFailures")),
        state=state,
        lock=f"lock-{state}",
        resource_version=str(_part(item, "metadata").get("resourceVersion") or ""),
        keeps_runner=spec.get("alwaysCleanupRunnerPod") is False,
        workspace=str(spec.get("workspace") or "default"),
        readable_plan=str(spec.get("storeReadablePlan") or "none"),
        rebuild=str(_part(_part(item, "metadata"), "annotations").get(REBUILD) or ""),
        attempted_revision=str(status.get("lastAttemptedRevision") or ""),
        applied_revision=str(status.get("lastAppliedRevision") or ""),
        interval=_duration(spec.get("interval")),
        var_files=_files(spec.get("tfVarsFiles")),
    )


def _branch(ref: Mapping[str, str]) -> str | None:
    """The branch that a `spec.ref` follows, None where it follows something else or stands still.

    `name` wins over all others, then `commit`, `semver` and `tag`, as in source-controller.
    """
    if "name" in ref:
        return ref["name"].removeprefix(_HEADS) if ref["name"].startswith(_HEADS) else None
    if ref.keys() & {"commit", "semver", "tag"}:
        return None
    return ref.get("branch", "master")


def sha_of(revision: object) -> str | None:
    """The commit in `main@sha1:<sha>`, `main/<sha>` (older) or `<sha>`, else None."""
    found = _SHA.search(revision) if isinstance(revision, str) else None
    return found.group(1) if found else None


def _name(item: Mapping[str, Any]) -> ObjectName:
    metadata = _part(item, "metadata")
    return ObjectName(str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))


def _requested(item: Mapping[str, Any]) -> str:
    return str(_part(_part(item, "metadata"), "annotations").get(REQUESTED_AT) or "")


def _condition(status: Mapping[str, Any], kind: str) -> Condition:
    conditions = status.get("conditions")
    for item in conditions if isinstance(conditions, list) else ():
        if isinstance(item, Mapping) and item.get("type") == kind:
            return Condition(
                str(item.get("status") or ""),
                str(item.get("reason") or ""),
                str(item.get("message") or ""),
                _time(item.get("lastTransitionTime")),
            )
    return Condition()


def _folder(path: str) -> str:
    """`./a/b/` as `a/b`; the root is ""."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def _files(paths: object) -> tuple[str, ...]:
    """Paths from the source's root, which `..` does not leave, as the controller joins them."""
    given = paths if isinstance(paths, list) else []
    return tuple(posixpath.normpath(f"/{path}").lstrip("/") for path in given)


def _part(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = item.get(key)
    return value if isinstance(value, Mapping) else {}


def _time(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _duration(text: object) -> timedelta | None:
    """Go's `1h30m`; None where it cannot be read."""
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        return None
    parts = _DURATION_PART.findall(text)
    try:
        return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    except OverflowError:
        return None


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
