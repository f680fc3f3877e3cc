"""What the bot asks of the cluster: the one table of it.

`lotus doctor` checks each line, `lotus doctor --rbac` prints a Role of it, and a test holds the
manifests and the calls in this package to it: nothing is missing there, nothing too much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.clients.kubernetes.cluster import GIT_REPOSITORY, TERRAFORM
from bot.model.names import Names
from bot.model.plan_copy import POOL


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs on a resource of an API group ("" is the core), and what they are for.

    `named`: granted for single names only, those `of` a part of `Names` where it is given. `only`:
    for these names, which are the same everywhere. `loss` says what is missed without it; "":
    everything.
    """

    group: str
    resource: str
    verbs: tuple[str, ...]
    why: str
    named: bool = False
    loss: str = ""
    of: str = ""
    only: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


_FOLLOWED = ("get", "list", "watch")
_NOT_CONFIRMED = "/lotus plan cannot have a prediction confirmed by the controller's own plan"

RULES = (
    Rule(TERRAFORM.group, TERRAFORM.plural, _FOLLOWED, "finds what is applied, and follows it"),
    Rule(
        TERRAFORM.group,
        TERRAFORM.plural,
        ("patch",),
        "asks tofu-controller for a pass, by an annotation; suspends and resumes",
        loss="a push that starts no pass by itself waits for the object's interval",
    ),
    Rule(
        TERRAFORM.group,
        f"{TERRAFORM.plural}/status",
        ("patch",),
        "frees an old tofu-controller that swallows requests, by clearing lastPlanAt",
        loss="before tofu-controller 0.16.0-rc.8 a push waits for the object's interval",
    ),
    Rule(
        GIT_REPOSITORY.group, GIT_REPOSITORY.plural, _FOLLOWED, "finds which repository is applied"
    ),
    Rule(
        GIT_REPOSITORY.group,
        GIT_REPOSITORY.plural,
        ("patch",),
        "asks source-controller to fetch, by an annotation",
        loss="a push waits for the GitRepository's interval",
    ),
    Rule(
        TERRAFORM.group,
        TERRAFORM.plural,
        ("create",),
        "makes plan-only copies, which plan a pull request; the admission policy holds them to it",
        loss=_NOT_CONFIRMED,
    ),
    Rule(
        TERRAFORM.group,
        TERRAFORM.plural,
        ("delete",),
        "takes plan-only copies away",
        loss=_NOT_CONFIRMED,
        only=POOL,
    ),
    Rule(
        GIT_REPOSITORY.group,
        GIT_REPOSITORY.plural,
        ("create",),
        "makes the copy of a source that is pinned to a pull request's head",
        loss=_NOT_CONFIRMED,
    ),
    Rule(
        GIT_REPOSITORY.group,
        GIT_REPOSITORY.plural,
        ("delete",),
        "takes the copy of a source away",
        loss=_NOT_CONFIRMED,
        only=POOL,
    ),
    Rule(
        "",
        "events",
        ("list",),
        "sees what the controller warned of, for the verdict of /lotus status",
        loss="/lotus status cannot tell whether Events are quiet, and calls nothing stable",
    ),
    Rule(
        "",
        "secrets",
        ("get",),
        "reads the state and the variables, for an exact prediction",
        named=True,
        loss="predictions compare with the base branch, and variables are not known",
    ),
    Rule(
        "",
        "configmaps",
        ("get",),
        "reads the variables that come from ConfigMaps",
        named=True,
        loss="these variables are not known in predictions",
    ),
    Rule(
        "coordination.k8s.io",
        "leases",
        ("get",),
        "sees who holds the lock of a state",
        named=True,
        loss="/lotus status cannot tell who holds the lock",
    ),
    Rule(
        "coordination.k8s.io",
        "leases",
        ("patch",),
        "frees the lock of a state whose holder is gone, for /lotus unlock",
        named=True,
        loss="/lotus unlock cannot free a lock",
    ),
    Rule(
        "",
        "pods",
        ("get",),
        "sees whether the runner that holds a lock is still there",
        named=True,
        loss="/lotus unlock cannot tell whether a lock's holder is gone",
    ),
    Rule(
        "",
        "pods",
        ("delete",),
        "renews a runner that keeps old variables, for /lotus secrets refresh",
        named=True,
        loss="/lotus secrets refresh cannot renew a runner that is not cleaned up after each pass",
    ),
    Rule(
        "",
        "secrets",
        ("create", "patch"),
        "keeps a copy of a state before /lotus rebuild deletes it",
        named=True,
        loss="/lotus rebuild cannot be run",
        of="copies",
    ),
    Rule(
        "",
        "secrets",
        ("delete",),
        "deletes a state of which a copy is kept, for /lotus rebuild",
        named=True,
        loss="/lotus rebuild cannot be run",
        of="states",
    ),
    Rule(
        "",
        "secrets",
        ("delete",),
        "takes away the plans that plan-only copies leave behind, with all their values",
        named=True,
        loss="a plan of a pull request, which holds secrets, stays in the cluster",
        of="plans",
    ),
    Rule(
        "",
        "secrets",
        ("create", "patch"),
        "saves the sync state of a connection before a merge replaces it",
        named=True,
        loss="the sync state of a connection that is replaced is not saved before the merge",
        of="sync_states",
    ),
)


ROLE = "lotus-bot-names"


def named(rule: Rule, names: Names) -> tuple[str, ...]:
    """The names for a rule that is granted by name."""
    known = {
        "secrets": names.secrets,
        "configmaps": names.config_maps,
        "leases": names.leases,
        "pods": names.pods,
        "states": names.states,
        "copies": names.copies,
        "plans": names.plans,
        "sync_states": names.sync_states,
    }
    return known[rule.of or rule.resource]


def role(namespace: str, names: Names, account: tuple[str, str]) -> Sequence[Mapping[str, Any]]:
    """A Role that grants what is granted by name, and its binding to `account`.

    `account` is the ServiceAccount's namespace and name. A rule without a name is left out: for
    RBAC no names would mean all of them.
    """
    metadata = {"name": ROLE, "namespace": namespace}
    rules = [
        {
            "apiGroups": [rule.group],
            "resources": [rule.resource],
            "resourceNames": list(named(rule, names)),
            "verbs": list(rule.verbs),
        }
        for rule in RULES
        if rule.named and named(rule, names)
    ]
    api = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "namespace": account[0], "name": account[1]}
    return (
        {"apiVersion": f"{api}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{api}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": api, "kind": "Role", "name": ROLE},
            "subjects": [subject],
        },
    )
