"""What a change without a backfill comes to: objects made and gone, the next sync. PURE.

`facts/airbyte.md`: a delete is soft, and whether an object is there is told by the lists alone.
What was removed is in no state any more, so it is looked for by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model.airbyte import Check, CheckResult, Connection, Job, JobKind, JobStatus
from bot.plan.prediction import Action, Prediction, ResourceChange
from bot.plan.values.value import Unknown, Value
from bot.render.comment import count
from bot.render.markdown import code, plain
from bot.render.streams import streams

_SLACK = timedelta(seconds=5)  # Airbyte tells whole seconds, and clocks differ a little
_CONNECTION = "airbyte_connection"
_KINDS = {
    _CONNECTION: "connection",
    "airbyte_source": "source",
    "airbyte_destination": "destination",
}


class Landing(StrEnum):
    """How far a changed connection's data has come."""

    NOT_DUE = "no sync comes by itself"
    UNSEEN = "cannot be looked at"
    WAITING = "waiting for a sync"
    SYNCING = "syncing"
    FAILED = "the sync failed"
    ARRIVED = "arrived"

    @property
    def over(self) -> bool:
        """Whether nothing more is waited for."""
        return self in (Landing.NOT_DUE, Landing.ARRIVED)


@dataclass(frozen=True, slots=True)
class ChangedConnection:
    """A connection that the merge changed and did not flag; `jobs` are those since then.

    `since`: the apply was over by then. `problem` says why Airbyte's side is not known.
    """

    address: str
    since: datetime | None = None
    connection: Connection | None = None
    jobs: tuple[Job, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ObjectAfter:
    """A source, destination or connection that the merge made, changed or removed.

    `wanted`: whether it is to be there. `found`: the ids under which it is, or of what still has
    its name. `hanging`: connections whose source or destination is gone. `check` None: not made.
    """

    address: str
    wanted: bool
    found: tuple[str, ...] = ()
    hanging: tuple[str, ...] = ()
    check: Check | None = None
    problem: str = ""

    @property
    def well(self) -> bool:
        """Whether it is as it should be, as far as that was to be seen.

        A name that is left may be another state's: it is told, and alarms nobody.
        """
        if self.problem or not self.wanted:
            return True
        refused = self.check is not None and self.check.result is CheckResult.REFUSED
        return bool(self.found) and not refused


def landing(changed: ChangedConnection) -> tuple[Landing, Job | None]:
    """Where its data is, and the sync that this rests on: the first that succeeded counts."""
    if changed.connection is None:
        return Landing.UNSEEN, None
    if not changed.connection.runs_by_itself:
        return Landing.NOT_DUE, None
    syncs = _syncs(changed)
    done = [job for job in syncs if job.status is JobStatus.SUCCEEDED]
    if done:
        return Landing.ARRIVED, done[0]
    if not syncs:
        return Landing.WAITING, None
    return (Landing.FAILED if syncs[-1].status.terminal else Landing.SYNCING), syncs[-1]


def landing_line(changed: ChangedConnection) -> str:
    """One line on it; "" where there is nothing to say."""
    where, job = landing(changed)
    name = code(changed.address)
    match where:
        case Landing.NOT_DUE:
            return ""
        case Landing.UNSEEN:
            return f"{name}: its syncs are not known: {plain(changed.problem, 300)}"
        case Landing.WAITING:
            return f"{name}: waits for its next sync"
        case Landing.SYNCING:
            return f"{name}: sync job {job.id if job else 0}: running"
        case Landing.FAILED:
            words = plain(job.failure.message, 300) if job and job.failure else ""
            said = f". Airbyte says: {words}" if words else ""
            return f"{name}: sync job {job.id if job else 0}: failed{said}"
        case Landing.ARRIVED:
            return f"{name}: sync job {job.id if job else 0}: succeeded{_rows(job)}"


def object_line(after: ObjectAfter) -> str:
    """One line on an object that was made or removed."""
    name = code(after.address)
    if after.problem:
        return f"{name}: not looked at in Airbyte: {plain(after.problem, 300)}"
    if not after.wanted:
        return _removed(name, after)
    if not after.found:
        return f"{name} is not in Airbyte, though the apply succeeded"
    return f"{name} is in Airbyte{_checked(after.check)}"


def _removed(name: str, after: ObjectAfter) -> str:
    if after.found:
        ids = ", ".join(code(found) for found in after.found[:5])
        return f"{name} is removed; Airbyte still has one of its name: {ids} (`/lotus orphans`)"
    if after.hanging:
        names = ", ".join(code(item) for item in after.hanging[:5])
        return f"{name} is gone; connections without a source or destination are left: {names}"
    return f"{name} is gone from Airbyte, and nothing hangs on it"


def _checked(check: Check | None) -> str:
    if check is None:
        return ""
    match check.result:
        case CheckResult.ACCEPTED:
            return ", and its connection check succeeded"
        case CheckResult.REFUSED:
            return f", but its connection check failed: {plain(check.message, 300)}"
        case CheckResult.BROKEN:
            return "; its connection check could not be made"


def _syncs(changed: ChangedConnection) -> Sequence[Job]:
    """Those that began after the apply: an earlier one had the old settings."""
    if changed.since is None:
        return ()
    begin = changed.since - _SLACK
    return sorted(
        (job for job in changed.jobs if job.kind is JobKind.SYNC and job.created >= begin),
        key=lambda job: job.id,
    )


def _rows(job: Job | None) -> str:
    return f", {count(job.records)} rows" if job and job.records is not None else ""


# What there is to look for


@dataclass(frozen=True, slots=True)
class Sought:
    """An object to look for in Airbyte: by its address where it is to be there, else by name."""

    address: str
    kind: str
    name: str
    wanted: bool
    checked: bool
    workspace: str = ""


def sought(prediction: Prediction) -> tuple[Sought, ...]:
    """Sources, destinations and connections that the plan makes, changes or removes."""
    return tuple(item for change in prediction.changes if (item := _sought(change)) is not None)


def changed_connections(
    prediction: Prediction, drifting: frozenset[str], flagged: frozenset[str]
) -> tuple[str, ...]:
    """Connections that the plan makes or changes; a flagged one is a backfill's, and what every
    pass updates anyway (`drifting`) counts only where more than its form changes.
    """
    return tuple(
        change.address
        for change in prediction.changes
        if change.type == _CONNECTION and change.address not in flagged
        if change.action in (Action.CREATE, Action.UPDATE) or change.action.replaces
        if change.address not in drifting or _means_something(change)
    )


def _sought(change: ResourceChange) -> Sought | None:
    kind = _KINDS.get(change.type)
    if kind is None:
        return None
    made = change.action is Action.CREATE or change.action.replaces
    checked = kind != "connection" and (made or change.action is Action.UPDATE)
    if made or checked:
        return Sought(change.address, kind, _text(change.after, "name"), True, checked)
    if change.action is Action.DELETE:
        workspace = _text(change.before, "workspace_id")
        return Sought(change.address, kind, _text(change.before, "name"), False, False, workspace)
    return None


def _text(value: Value | None, name: str) -> str:
    """An attribute that is a known string, "" for any other."""
    member = _attributes(value).get(name)
    return member.raw if member is not None and isinstance(member.raw, str) else ""


def _means_something(change: ResourceChange) -> bool:
    """Whether anything but the form of its catalog differs."""
    if change.action is not Action.UPDATE:
        return True
    before, after = _attributes(change.before), _attributes(change.after)
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if name == "sync_catalog":
            if streams(old) is None or streams(old) != streams(new):
                return True
        elif _differs(old, new):
            return True
    return False


def _differs(old: Value | None, new: Value | None) -> bool:
    """What becomes known by the apply is a consequence, and no difference."""
    if old is None or new is None:
        return old is not new
    if isinstance(new.raw, Unknown) and not new.raw.opaque:
        return False
    if isinstance(new.raw, dict) and isinstance(old.raw, dict):
        inner, other = new.raw, old.raw
        return any(_differs(other.get(name), item) for name, item in inner.items())
    return old != new


def _attributes(value: Value | None) -> dict[str, Value]:
    return value.raw if value is not None and isinstance(value.raw, dict) else {}
