"""The manifests as `kubectl kustomize` renders them: nothing runs as root, no right too many."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.clients.kubernetes.permissions import RULES, role
from bot.config import PREFIX, Settings
from bot.model.names import names_of
from bot.model.plan_copy import LABEL, POOL
from bot.runtime.loop.postgres_queue import LEAVE_SECONDS

ROOT = Path(__file__).parents[2]
ALONE = ("namespaced", "cluster-wide")
OVERLAYS = (*ALONE, "postgres")
LOTUS_LAKE = {
    "metadata": {"namespace": "lotus-lake", "name": "lotus-lake-airbyte"},
    "spec": {"varsFrom": [{"kind": "Secret", "name": "lotus-lake-terraform-vars"}]},
}

Json = dict[str, Any]
Granted = set[tuple[str, str, str]]


@cache
def rendered(overlay: str) -> tuple[Json, ...]:
    folder = ROOT / "manifests" / "overlays" / overlay
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, *kinds: str) -> list[Json]:
    return [item for item in rendered(overlay) if item["kind"] in kinds]


def deployment(overlay: str) -> Json:
    (found,) = of_kind(overlay, "Deployment")
    return found


def rules(overlay: str) -> Iterator[Json]:
    for item in of_kind(overlay, "Role", "ClusterRole"):
        yield from item["rules"]


def granted(overlay: str, *, named: bool) -> Granted:
    """`named`: for the names of one's own objects; those of the pool are the same everywhere."""
    return {
        (group, resource, verb)
        for rule in rules(overlay)
        if bool(set(rule.get("resourceNames") or ()) - set(POOL)) is named
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def asked(*, named: bool) -> Granted:
    return {
        (rule.group, rule.resource, verb)
        for rule in RULES
        if rule.named is named
        for verb in rule.verbs
    }


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_the_table_asks_for_everywhere_is_granted_and_nothing_else(overlay: str) -> None:
    assert granted(overlay, named=False) == asked(named=False)


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_what_has_a_name_of_the_pool_can_be_deleted_without_being_named(overlay: str) -> None:
    of_pool = {(r.group, r.resource, v) for r in RULES if r.only for v in r.verbs}
    names = {
        (group, resource, verb): set(rule.get("resourceNames") or ())
        for rule in rules(overlay)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if (group, resource, verb) in of_pool
    }
    assert {verb for _, _, verb in of_pool} == {"delete"}
    assert names == {key: set(POOL) for key in of_pool}


@pytest.mark.kubectl
def test_one_namespace_grants_by_name_what_the_table_asks_for() -> None:
    assert granted("namespaced", named=True) == asked(named=True)


@pytest.mark.kubectl
def test_all_namespaces_grant_no_secret_before_their_names_are_known() -> None:
    assert granted("cluster-wide", named=True) == set()


@pytest.mark.kubectl
def test_the_names_of_one_namespace_are_those_that_the_doctor_prints() -> None:
    printed = role("lotus-lake", names_of([LOTUS_LAKE]), ("lotus-lake", "lotus-bot"))
    assert printed
    for item in printed:
        (found,) = [
            other
            for other in of_kind("namespaced", item["kind"])
            if other["metadata"]["name"] == item["metadata"]["name"]
        ]
        assert found == item


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_binding_binds_a_role_that_is_there_to_the_bots_account(overlay: str) -> None:
    roles = {(i["kind"], i["metadata"]["name"]) for i in of_kind(overlay, "Role", "ClusterRole")}
    (account,) = of_kind(overlay, "ServiceAccount")
    place = account["metadata"]["namespace"]
    bound = set()
    for item in of_kind(overlay, "RoleBinding", "ClusterRoleBinding"):
        bound.add((item["roleRef"]["kind"], item["roleRef"]["name"]))
        assert item["subjects"] == [
            {"kind": "ServiceAccount", "name": "lotus-bot", "namespace": place}
        ]
    assert bound == roles
    assert deployment(overlay)["spec"]["template"]["spec"]["serviceAccountName"] == "lotus-bot"


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_container_is_root_or_can_become_it_or_write_to_its_disk(overlay: str) -> None:
    pod = deployment(overlay)["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] >= 10000
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    containers = [*pod["containers"], *pod.get("initContainers", ())]
    assert containers
    for container in containers:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_ask_the_paths_that_the_server_has(overlay: str) -> None:
    (container,) = deployment(overlay)["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert container["ports"] == [
        {"name": "http", "containerPort": Settings.model_fields["port"].default}
    ]


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_variable_is_a_setting_and_no_service_adds_another(overlay: str) -> None:
    pod = deployment(overlay)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (settings,) = of_kind(overlay, "ConfigMap")
    names = [item["name"] for item in container["env"]] + list(settings["data"])
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert {name.removesuffix("_FILE") for name in names} <= known
    required = {n for n, field in Settings.model_fields.items() if field.is_required()}
    assert {f"{PREFIX}{name.upper()}_FILE" for name in required} <= set(names)
    assert pod["enableServiceLinks"] is False


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_it_has_time_to_leave(overlay: str) -> None:
    spec = deployment(overlay)["spec"]
    grace = Settings.model_fields["grace_seconds"].default
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > grace + LEAVE_SECONDS


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", ALONE)
def test_without_a_database_one_replica_alone_has_the_queue(overlay: str) -> None:
    spec = deployment(overlay)["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert not of_kind(overlay, "PodDisruptionBudget"), "one that may not go blocks every drain"


@pytest.mark.kubectl
def test_with_a_database_there_are_two_that_know_it_from_a_secret_and_reach_it() -> None:
    spec = deployment("postgres")["spec"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (2, "RollingUpdate")
    (folder,) = [
        item["mountPath"] for item in container["volumeMounts"] if item["name"] == "database"
    ]
    (secret,) = [item["secret"] for item in pod["volumes"] if item["name"] == "database"]
    assert secret["secretName"] == "lotus-bot-database"
    assert {"name": "LOTUS_DATABASE_URL_FILE", "value": f"{folder}/url"} in container["env"]
    (policy,) = of_kind("postgres", "NetworkPolicy")
    assert {"ports": [{"port": 5432}]} in policy["spec"]["egress"]
    (alone,) = of_kind("cluster-wide", "NetworkPolicy")
    assert policy["spec"]["egress"][:-1] == alone["spec"]["egress"]


@pytest.mark.kubectl
def test_with_a_database_one_of_two_may_go_at_a_time() -> None:
    (budget,) = of_kind("postgres", "PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 1
    assert budget["spec"]["selector"] == deployment("postgres")["spec"]["selector"]
    assert budget["metadata"]["namespace"] == deployment("postgres")["metadata"]["namespace"]


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_network_policy_and_the_service_select_the_bot_alone(overlay: str) -> None:
    ours = {"app.kubernetes.io/name": "lotus-bot"}
    (policy,) = of_kind(overlay, "NetworkPolicy")
    (service,) = of_kind(overlay, "Service")
    assert policy["spec"]["podSelector"] == {"matchLabels": ours}
    assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    assert service["spec"]["selector"] == ours
    assert deployment(overlay)["spec"]["template"]["metadata"]["labels"] == ours


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_admission_policy_knows_the_label_and_is_bound(overlay: str) -> None:
    (policy,) = of_kind(overlay, "ValidatingAdmissionPolicy")
    (binding,) = of_kind(overlay, "ValidatingAdmissionPolicyBinding")
    assert binding["spec"] == {
        "policyName": policy["metadata"]["name"],
        "validationActions": ["Deny"],
    }
    assert policy["spec"]["failurePolicy"] == "Fail"
    (condition,) = policy["spec"]["matchConditions"]
    assert condition["expression"].count(f"'{LABEL}' in") == 2
    assert f"'{LABEL}' in" in policy["spec"]["validations"][0]["expression"]


# What the code asks the API server for, by the names of the official client's methods.
CUSTOM = {
    "get_namespaced_custom_object": "get",
    "list_cluster_custom_object": "list",
    "list_namespaced_custom_object": "list",
    "patch_namespaced_custom_object": "patch",
    "patch_namespaced_custom_object_status": "patch status",
    "create_namespaced_custom_object": "create",
    "delete_namespaced_custom_object": "delete",
}
BUILT_IN = {
    "read_namespaced_secret": ("", "secrets", "get"),
    "read_namespaced_config_map": ("", "configmaps", "get"),
    "list_namespaced_event": ("", "events", "list"),
    "read_namespaced_lease": ("coordination.k8s.io", "leases", "get"),
    "patch_namespaced_lease": ("coordination.k8s.io", "leases", "patch"),
    "read_namespaced_pod": ("", "pods", "get"),
    "delete_namespaced_pod": ("", "pods", "delete"),
    "patch_namespaced_secret": ("", "secrets", "patch"),
    "delete_namespaced_secret": ("", "secrets", "delete"),
}
APPLIED = {("", "secrets", "create")}  # server-side apply makes what is not there yet


def test_the_table_has_every_call_of_the_client_and_no_other() -> None:
    called = {name for name in _methods() if "_namespaced_" in name or "_custom_object" in name}
    assert called <= CUSTOM.keys() | BUILT_IN.keys(), (
        "a new call: its verb here, its rule into bot/clients/kubernetes/permissions.py"
    )
    custom = {verb for name, verb in CUSTOM.items() if name in called} | {"watch"}
    for rule_group in {rule.group for rule in RULES if not rule.named and rule.group}:
        rules_of = [rule for rule in RULES if rule.group == rule_group]
        verbs = {verb for rule in rules_of if "/" not in rule.resource for verb in rule.verbs}
        assert verbs == custom - {"patch status"}
    assert any(rule.resource.endswith("/status") for rule in RULES) is ("patch status" in custom)
    core = {right for right in asked(named=False) if not right[0]}
    built_in = {BUILT_IN[name] for name in called & BUILT_IN.keys()}
    assert asked(named=True) | core == built_in | APPLIED


def _methods() -> set[str]:
    """Every attribute that the clients' code names; installing is done with a person's rights."""
    found = set()
    for path in (ROOT / "bot" / "clients" / "kubernetes").glob("*.py"):
        if path.name != "installing.py":
            tree = ast.parse(path.read_text())
            names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            found |= {name.removesuffix("_without_preload_content") for name in names}
    return found
