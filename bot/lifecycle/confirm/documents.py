"""The two copies as they are created: of the source, pinned, and of the object, plan-only. PURE.

What plans the same is copied from the original by name; whatever else it says, also what this
code has never heard of, is left out. So no copy can apply (`facts/tofu-controller.md`).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from bot.model.cluster import ObjectName
from bot.model.plan_copy import LABEL, Intent

Json = dict[str, Any]

_FOR_THE_PLAN = (
    "path",
    "workspace",
    "vars",
    "varsFrom",
    "values",
    "tfVarsFiles",
    "readInputsFromSecrets",
    "fileMappings",
    "targets",
    "parallelism",
    "upgradeOnInit",
    "backendConfigsFrom",
    "cliConfigSecretRef",
    "serviceAccountName",
    "runnerPodTemplate",
    "runnerTerminationGracePeriodSeconds",
)
_ONLY_PLANS: Mapping[str, object] = {
    "planOnly": True,
    "force": False,
    "approvePlan": "",
    "destroy": False,
    "destroyResourcesOnDeletion": False,
    "disableDriftDetection": True,
    "refreshBeforeApply": False,
    "enableInventory": False,
    "alwaysCleanupRunnerPod": True,
    "storeReadablePlan": "json",
    "plan": {"lock": False},
    "suspend": False,
    "interval": "24h",
    "retryInterval": "30s",
}
_NEVER = ("writeOutputsToSecret", "dependsOn", "healthChecks", "webhooks", "remediation")


def impossible(original: Mapping[str, Any]) -> str:
    """Why an object cannot be planned by a copy, "" where it can."""
    spec = _part(original, "spec")
    if spec.get("cloud"):
        return "its state is in Terraform Cloud (`spec.cloud`), where a plan is another thing"
    if spec.get("destroy"):
        return "it is there to destroy (`spec.destroy`), which no copy may be"
    if _part(spec, "sourceRef").get("kind") != "GitRepository":
        return "its source is no GitRepository"
    return ""


def source_copy(original: Mapping[str, Any], name: str, intent: Intent, branch: str) -> Json:
    """The GitRepository beside the original, with its credentials, at one commit of one branch."""
    spec = copy.deepcopy(dict(_part(original, "spec")))
    spec |= {"ref": {"branch": branch, "commit": intent.head}, "interval": "24h", "suspend": False}
    namespace = str(_part(original, "metadata").get("namespace") or "")
    return _document("source.toolkit.fluxcd.io/v1", "GitRepository", namespace, name, intent) | {
        "spec": spec
    }


def terraform_copy(
    original: Mapping[str, Any], name: str, intent: Intent, source: ObjectName
) -> Json:
    """The Terraform object that plans the original's module, on its state, and can do no more."""
    given = _part(original, "spec")
    spec = {key: copy.deepcopy(given[key]) for key in _FOR_THE_PLAN if given.get(key) is not None}
    spec |= copy.deepcopy(dict(_ONLY_PLANS))
    spec["sourceRef"] = {
        "kind": "GitRepository",
        "name": source.name,
        "namespace": source.namespace,
    }
    spec["backendConfig"] = _backend(given, intent.terraform.name)
    timeout = _part(given, "tfstate").get("lockTimeout")
    spec["tfstate"] = {"forceUnlock": "no"} | ({"lockTimeout": timeout} if timeout else {})
    api = str(original.get("apiVersion") or "infra.contrib.fluxcd.io/v1alpha2")
    document = _document(api, "Terraform", intent.terraform.namespace, name, intent)
    return document | {"spec": spec}


def is_harmless(item: Mapping[str, Any]) -> bool:
    """Whether a copy (its JSON) is still one that can do no more than plan."""
    spec = _part(item, "spec")
    forbidden = any(spec.get(name) for name in (*_NEVER, "force", "destroy", "approvePlan"))
    destroys = bool(spec.get("destroyResourcesOnDeletion"))
    unlocks = _part(spec, "tfstate").get("forceUnlock", "no") != "no"
    return spec.get("planOnly") is True and not (forbidden or destroys or unlocks)


def _backend(spec: Mapping[str, Any], name: str) -> Json:
    """The original's, so that it is the original's state that is planned against."""
    backend = copy.deepcopy(dict(_part(spec, "backendConfig"))) or {"inClusterConfig": True}
    backend["secretSuffix"] = backend.get("secretSuffix") or name
    return backend


def _document(api: str, kind: str, namespace: str, name: str, intent: Intent) -> Json:
    metadata = {
        "namespace": namespace,
        "name": name,
        "labels": {LABEL: "true"},
        "annotations": intent.annotations(),
    }
    return {"apiVersion": api, "kind": kind, "metadata": metadata}


def _part(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = item.get(key)
    return value if isinstance(value, Mapping) else {}
