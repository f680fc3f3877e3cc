"""What an account asked of a real API server, by its audit log, held against roles.

https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_FORBIDDEN, _CREATED = 403, 201
_REVIEWS = "selfsubjectaccessreviews"


@dataclass(frozen=True)
class Asked:
    """One request in RBAC's terms; `resource` is `plural` or `plural/subresource`."""

    verb: str
    group: str
    resource: str
    namespace: str
    name: str


@dataclass(frozen=True)
class Grant:
    """One verb of one rule; `names` () means all of them, `namespace` "" everywhere."""

    verb: str
    group: str
    resource: str
    namespace: str
    names: tuple[str, ...] = ()

    def covers(self, asked: Asked) -> bool:
        """Whether it lets that happen."""
        same = (self.verb, self.group, self.resource) == (asked.verb, asked.group, asked.resource)
        here = self.namespace in ("", asked.namespace)
        return same and here and (not self.names or asked.name in self.names)


@dataclass(frozen=True)
class Log:
    """Who asked for what, without what everybody may."""

    allowed: frozenset[Asked]
    refused: frozenset[Asked]


def read(path: Path, user: str, since: int = 0) -> Log:
    """Everything of `user` from that byte on. A patch that made its object is a `create` too."""
    allowed, refused = set(), set()
    with path.open("rb") as lines:
        lines.seek(since)
        for line in lines:
            event = json.loads(line)
            place = event.get("objectRef")
            if event["user"]["username"] != user or not place or place["resource"] == _REVIEWS:
                continue
            asked, code = _asked(event, place), event["responseStatus"]["code"]
            (refused if code == _FORBIDDEN else allowed).add(asked)
            if asked.verb == "patch" and code == _CREATED:
                allowed.add(replace(asked, verb="create"))
    return Log(frozenset(allowed), frozenset(refused))


def _asked(event: Json, place: Json) -> Asked:
    resource, part = place["resource"], place.get("subresource", "")
    return Asked(
        event["verb"],
        place.get("apiGroup", ""),
        f"{resource}/{part}" if part else resource,
        place.get("namespace", ""),
        place.get("name", ""),
    )


def grants(items: Iterable[Json]) -> Iterator[Grant]:
    """Every verb of every rule of these manifests' roles."""
    for item in items:
        if item["kind"] not in ("Role", "ClusterRole"):
            continue
        namespace = item["metadata"].get("namespace", "") if item["kind"] == "Role" else ""
        for rule in item["rules"]:
            names = tuple(rule.get("resourceNames", ()))
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    for verb in rule["verbs"]:
                        yield Grant(verb, group, resource, namespace, names)
