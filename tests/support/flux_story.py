"""What an observer of the cluster sees, with times and sizes taken away: one list for each object.

The recordings of the real controllers and the simulator's own events are reduced by this same
code, so that equal stories mean equal behaviour.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
Story = dict[str, list[list[str]]]
"""`Kind/name` -> events in order -> what each changed."""

_REQUEST = "reconcile.fluxcd.io/requestedAt"
_MOMENTS = (
    "lastPlanAt",
    "lastSuccessfulReconcileAt",
    "lastDriftDetectedAt",
    "lastAppliedByDriftDetectionAt",
)
_TOOL = "DriftDetected"
_OBJECTS = ("Terraform", "GitRepository")


class Storyteller:
    """Tells one event after the other; what it told last of an object is what it compares with."""

    def __init__(self) -> None:
        self._known: dict[str, Json] = {}

    def tell(self, story: Story, event: Mapping[str, Any]) -> None:
        """Add a recorded (or equally shaped) event to a story."""
        if event["kind"] == "Event":
            line = f"{event['type']} {event['reason']}: {event['message'].splitlines()[0]}"
            story.setdefault(f"Event/{event['regarding']}", []).append([line])
            return
        place = f"{event['kind']}/{event['name']}"
        if event["event"] == "DELETED":
            self._known.pop(place, None)
            story.setdefault(place, []).append(["deleted"])
            return
        if event["kind"] == "Secret" and event["name"].startswith("tfstate-"):
            written = "state written" if event.get("keys") else "state without content"
            story.setdefault(place, []).append([written])
            return
        now = _shown(event)
        before = self._known.get(place)
        changes = list(_changes(before or {}, now))
        if before is None:
            changes.insert(0, "added")
        self._known[place] = now
        if changes:
            story.setdefault(place, []).append(changes)


def _shown(event: Mapping[str, Any]) -> Json:
    kind, annotations = event["kind"], event.get("annotations") or {}
    if kind in _OBJECTS:
        return dict(_object(event, annotations))
    if kind == "Lease":
        info = json.loads(annotations.get("app.terraform.io/lock-info") or "{}")
        return {"locked for": info.get("Operation")} if info else {}
    return {"plan": annotations["savedPlan"]} if "savedPlan" in annotations else {}


def _object(event: Mapping[str, Any], annotations: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    yield "generation", event["generation"]
    yield "finalizers", sorted(event.get("finalizers") or ())
    yield "deleting", bool(event.get("deletionTimestamp"))
    if _REQUEST in annotations:
        yield "requestedAt", annotations[_REQUEST]
    status = dict(event.get("status") or {})
    for condition in status.pop("conditions", None) or ():
        message = "…" if condition["reason"] == _TOOL else condition["message"]
        shown = f"{condition['status']}/{condition['reason']}: {message}"
        yield f"condition {condition['type']}", f"{shown} @{condition.get('observedGeneration')}"
    artifact = status.pop("artifact", None)
    if artifact:
        yield "artifact", artifact["revision"]
    for name, value in sorted(status.items()):
        if value not in (-1, {}, None, []):
            yield name, value


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in [*now, *(name for name in before if name not in now)]:
        if before.get(name) == now.get(name):
            continue
        if name not in now:
            yield f"- {name}"
        elif name in _MOMENTS:
            yield f"{name} moves"
        elif name == "requestedAt":
            yield "asked"
        elif name == "lastHandledReconcileAt":
            yield "request handled" if now[name] == now.get("requestedAt") else "another handled"
        elif now[name] or name in before:
            yield f"{name} {json.dumps(now[name], sort_keys=True)}"
