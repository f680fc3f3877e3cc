"""A place of the pool as it is seen: the two copies that have its name, if any. PURE.

What carries that name and not our label is somebody else's: it is never touched, and takes the
place all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.lifecycle.confirm.documents import is_harmless
from bot.model.cluster import Condition, ObjectName, sha_of, source_from, terraform_from
from bot.model.plan_copy import Intent, intent_of, is_copy


@dataclass(frozen=True, slots=True)
class SourceCopy:
    """`revision` is the artifact's commit; `intent` None where it cannot be read."""

    name: ObjectName
    uid: str
    ours: bool
    intent: Intent | None
    deleting: bool
    suspended: bool
    revision: str | None
    ready: Condition
    stalled: bool


@dataclass(frozen=True, slots=True)
class TerraformCopy:
    """`harmless`: it can do no more than plan. `held`: a finalizer keeps it."""

    name: ObjectName
    source: ObjectName
    uid: str
    ours: bool
    intent: Intent | None
    deleting: datetime | None
    held: bool
    harmless: bool
    workspace: str
    attempted: str | None
    pending_plan: str
    ready: Condition


@dataclass(frozen=True, slots=True)
class Slot:
    """One name of the pool, for a Terraform object's namespace and that of its source."""

    source: SourceCopy | None = None
    terraform: TerraformCopy | None = None
    name: str = ""

    @property
    def free(self) -> bool:
        """Whether nothing at all has the name."""
        return self.source is None and self.terraform is None

    @property
    def intent(self) -> Intent | None:
        """What it is for, by its source, which is there first and goes last."""
        if self.source is not None:
            return self.source.intent if self.source.ours else None
        return self.terraform.intent if self.terraform and self.terraform.ours else None

    @property
    def crossed(self) -> bool:
        """Whether the name belongs to different ones in the two namespaces."""
        if self.source is None or self.terraform is None:
            return False
        return not self.terraform.ours or self.terraform.source != self.source.name

    def is_for(self, repository: str, number: int, terraform: ObjectName) -> bool:
        """Whether it confirms this object for this pull request, at whatever commit."""
        intent = self.intent
        if intent is None:
            return False
        place = (intent.repository.lower(), intent.number, intent.terraform)
        return place == (repository.lower(), number, terraform)


def source_copy_from(item: Mapping[str, Any]) -> SourceCopy:
    """From a GitRepository's JSON."""
    source, metadata = source_from(item), item["metadata"]
    conditions = (item.get("status") or {}).get("conditions") or ()
    stalled = any(c.get("type") == "Stalled" and c.get("status") == "True" for c in conditions)
    return SourceCopy(
        name=source.name,
        uid=str(metadata.get("uid") or ""),
        ours=is_copy(item),
        intent=intent_of(item),
        deleting=bool(metadata.get("deletionTimestamp")),
        suspended=source.suspended,
        revision=source.revision,
        ready=source.ready,
        stalled=stalled,
    )


def terraform_copy_from(item: Mapping[str, Any]) -> TerraformCopy:
    """From a Terraform object's JSON."""
    terraform, metadata = terraform_from(item), item["metadata"]
    status = item.get("status") or {}
    return TerraformCopy(
        name=terraform.name,
        source=terraform.source,
        uid=str(metadata.get("uid") or ""),
        ours=is_copy(item),
        intent=intent_of(item),
        deleting=_time(metadata.get("deletionTimestamp")),
        held=bool(metadata.get("finalizers")),
        harmless=is_harmless(item),
        workspace=str((item.get("spec") or {}).get("workspace") or "default"),
        attempted=sha_of(status.get("lastAttemptedRevision")),
        pending_plan=terraform.pending_plan,
        ready=terraform.ready,
    )


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
