"""What is served, as clients ask for it: /api, /apis, /version, and enough of /openapi/v3.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from __future__ import annotations

from typing import Any

from bot.simulators.kubernetes.kinds import KINDS, Kind

Json = dict[str, Any]
VERSION = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.3",
    "gitCommit": "0" * 40,
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "go1.26.0",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def documents() -> dict[str, Json]:
    """Path -> document, for every path that discovery has."""
    groups = sorted({kind.group for kind in KINDS if kind.group})
    found: dict[str, Json] = {
        "/version": VERSION,
        "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        "/apis": {
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": [_group(group) for group in groups],
        },
        "/openapi/v3": {"paths": {}},
    }
    for group in ("", *groups):
        if group:
            found[f"/apis/{group}"] = {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}
        for version in _versions(group):
            place = f"apis/{group}/{version}" if group else f"api/{version}"
            found[f"/{place}"] = _resources(group, version)
            schema = f"/openapi/v3/{place}"
            found["/openapi/v3"]["paths"][place] = {"serverRelativeURL": f"{schema}?hash=0"}
            found[schema] = _openapi(place, group, version)
    return found


def _versions(group: str) -> list[str]:
    return list(dict.fromkeys(v for kind in KINDS if kind.group == group for v in kind.versions))


def _group(group: str) -> Json:
    versions = [{"groupVersion": f"{group}/{v}", "version": v} for v in _versions(group)]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _resources(group: str, version: str) -> Json:
    listed = []
    for kind in _kinds(group, version):
        listed.append(
            {
                "name": kind.plural,
                "singularName": kind.name.lower(),
                "namespaced": kind.namespaced,
                "kind": kind.name,
                "verbs": list(kind.verbs),
                **({"shortNames": list(kind.short)} if kind.short else {}),
            }
        )
        if kind.status:
            listed.append(
                {
                    "name": f"{kind.plural}/status",
                    "singularName": "",
                    "namespaced": kind.namespaced,
                    "kind": kind.name,
                    "verbs": ["get", "patch", "update"],
                }
            )
    shown = f"{group}/{version}" if group else version
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": shown,
        "resources": listed,
    }


def _kinds(group: str, version: str) -> list[Kind]:
    return [kind for kind in KINDS if kind.group == group and version in kind.versions]


def _openapi(place: str, group: str, version: str) -> Json:
    """kubectl looks here whether a write takes `fieldValidation`: then it leaves checking to us."""
    paths: Json = {}
    for kind in _kinds(group, version):
        parent = f"/{place}/namespaces/{{namespace}}" if kind.namespaced else f"/{place}"
        gvk = {"group": group, "version": version, "kind": kind.name}
        write = {
            "parameters": [
                {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}
            ],
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-group-version-kind": gvk,
        }
        paths[f"{parent}/{kind.plural}"] = {"post": write}
        paths[f"{parent}/{kind.plural}/{{name}}"] = {"put": write, "patch": write}
    info = {"title": "Kubernetes", "version": "v1.36.3"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}
