"""The CustomResourceDefinitions of what Flux and tofu-controller bring; to be read only.

Their schemas take everything: no field is checked, defaulted or pruned here.
"""

from __future__ import annotations

from typing import Any

from bot.simulators.kubernetes import kinds
from bot.simulators.kubernetes.kinds import KINDS, Kind


def definitions() -> list[dict[str, Any]]:
    """One object for each custom kind."""
    return [_definition(kind) for kind in KINDS if kind.custom]


def _definition(kind: Kind) -> dict[str, Any]:
    names = {
        "kind": kind.name,
        "listKind": f"{kind.name}List",
        "plural": kind.plural,
        "singular": kind.name.lower(),
        "shortNames": list(kind.short),
    }
    return {
        "apiVersion": kinds.CUSTOM_RESOURCE_DEFINITION.api_version(),
        "kind": kinds.CUSTOM_RESOURCE_DEFINITION.name,
        "metadata": {"name": str(kind)},
        "spec": {
            "group": kind.group,
            "names": names,
            "scope": "Namespaced",
            "versions": [_version(kind, version) for version in kind.versions],
            "conversion": {"strategy": "None"},
        },
        "status": {
            "acceptedNames": names,
            "storedVersions": [kind.versions[0]],
            "conditions": [
                {"type": kind_of, "status": "True", "reason": reason}
                for kind_of, reason in (
                    ("NamesAccepted", "NoConflicts"),
                    ("Established", "InitialNamesAccepted"),
                )
            ],
        },
    }


def _version(kind: Kind, version: str) -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "name": version,
        "served": True,
        "storage": version == kind.versions[0],
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
