"""The manifests as a real API server takes them: accepted, enough for the bot, and no more."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from api_server import ApiServer, api_server
from doctor_world import ACCOUNT, ROOT, git_repository, secret, terraform

from bot.clients.kubernetes.access import Access, Attempt
from bot.clients.kubernetes.cluster import Cluster
from bot.clients.kubernetes.connection import connected
from bot.clients.kubernetes.permissions import RULES, role
from bot.lifecycle.confirm.documents import terraform_copy
from bot.lifecycle.diagnosis import ClusterSeen, cluster_findings
from bot.model.cluster import ObjectName
from bot.model.names import names_of
from bot.model.plan_copy import LABEL, POOL, Intent
from bot.runtime.examination.cluster import Eyes, observe_cluster

pytestmark = pytest.mark.cluster

BOT = "token-0"
PERSON = "token-1"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """The cluster-wide overlay is installed, and so is what the doctor prints for one object."""
    bot = "system:serviceaccount:{}:{}".format(*ACCOUNT)
    with api_server(tmp_path_factory.mktemp("cluster"), [bot, "paula"]) as server:
        create(server, "namespace", "data")
        create(server, "namespace", "lotus-lake")
        create(server, "clusterrolebinding", "paula", "--clusterrole=cluster-admin", "--user=paula")
        apply(server, rendered("cluster-wide"))
        apply(server, [git_repository(), terraform(), secret("vars", token=b"t", user=b"u")])
        apply(server, [dict(i) for i in role("data", names_of([terraform()]), ACCOUNT)])
        yield server


def create(server: ApiServer, *arguments: str) -> None:
    done = server.kubectl("create", *arguments)
    assert done.returncode == 0, done.stderr


def apply(server: ApiServer, items: list[Json], *arguments: str) -> None:
    done = server.kubectl("apply", "--server-side", *arguments, "-f", "-", given=items)
    assert done.returncode == 0, done.stderr


def rendered(overlay: str) -> list[Json]:
    folder = ROOT / "manifests" / "overlays" / overlay
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    items = list(yaml.safe_load_all(done.stdout))
    return sorted(items, key=lambda item: item["kind"] != "Namespace")


@pytest.mark.parametrize("overlay", ["namespaced", "cluster-wide"])
def test_the_api_server_accepts_every_object_with_no_unknown_field(
    server: ApiServer, overlay: str
) -> None:
    apply(server, rendered(overlay), "--dry-run=server", "--validate=strict", "--force-conflicts")


async def observed(server: ApiServer, token: str, *namespaces: str) -> ClusterSeen:
    async with connected(server.kubeconfig(token), None) as api:
        return await observe_cluster(Eyes(Cluster(api, 30), Access(api, 30), namespaces))


async def test_the_bots_account_lacks_nothing(server: ApiServer) -> None:
    assert list(cluster_findings(await observed(server, BOT))) == []


async def test_the_bots_account_may_nothing_else(server: ApiServer) -> None:
    async with connected(server.kubeconfig(BOT), None) as api:
        access = Access(api, 30)
        for verb in ("get", "list", "watch", "create", "update", "patch", "delete"):
            for rule in RULES:
                held = {
                    other
                    for item in RULES
                    if str(item) == str(rule) and not item.named and not item.only
                    for other in item.verbs
                }
                allowed = await access.allows(Attempt(verb, rule.group, rule.resource, "data"))
                assert allowed is (verb in held), f"{verb} {rule}"
        for rule in (rule for rule in RULES if rule.only):
            place = ("delete", rule.group, rule.resource, "data")
            assert await access.allows(Attempt(*place, POOL[0]))
            assert not await access.allows(Attempt(*place, "lake")), "no original is ever deleted"
        assert not await access.allows(Attempt("get", "", "secrets", "data", "another"))
        assert not await access.allows(Attempt("get", "", "secrets", "default", "vars"))


async def test_whoever_has_no_right_is_told_each_that_is_missing(server: ApiServer) -> None:
    create(server, "namespace", "empty")
    stranger = server.kubectl("delete", "clusterrolebinding", "lotus-bot", "--ignore-not-found")
    assert stranger.returncode == 0
    try:
        seen = await observed(server, BOT)
    finally:
        apply(server, [i for i in rendered("cluster-wide") if i["kind"] == "ClusterRoleBinding"])
    refused = {(access.verb, access.resource) for access in seen.refused}
    assert refused == {(verb, str(rule)) for rule in RULES if not rule.named for verb in rule.verbs}
    assert seen.objects is None


# The admission policy. It takes a moment until the API server has read it.

COPY = {
    "planOnly": True,
    "force": False,
    "approvePlan": "",
    "destroyResourcesOnDeletion": False,
    "storeReadablePlan": "json",
    "plan": {"lock": False},
    "backendConfig": {"secretSuffix": "lake", "inClusterConfig": True},
}


def copy(name: str = "lotus-plan-1", *, label: bool = True, **spec: Any) -> Json:
    item = terraform(name, **COPY)
    item["spec"] = {k: v for k, v in (item["spec"] | spec).items() if v is not None}
    item["metadata"]["labels"] = {LABEL: "true"} if label else {}
    return item


def said(server: ApiServer, item: Json, token: str = PERSON) -> str:
    """What the API server has against creating it, "" for nothing."""
    done = server.kubectl("create", "--dry-run=server", "-f", "-", given=item, as_token=token)
    return "" if done.returncode == 0 else done.stderr


@pytest.fixture(scope="module")
def policy(server: ApiServer) -> ApiServer:
    """The policy is in force."""
    ends = time.monotonic() + 60
    while not said(server, copy(force=True)):
        assert time.monotonic() < ends, "the policy never came into force"
    return server


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"planOnly": False}, "planOnly true"),
        ({"planOnly": None}, "planOnly true"),
        ({"force": True}, "force"),
        ({"approvePlan": "auto"}, "approve no plan"),
        ({"approvePlan": "plan-main-0123456789"}, "approve no plan"),
        ({"destroy": True}, "must not destroy"),
        ({"destroyResourcesOnDeletion": True}, "when it is deleted"),
        ({"writeOutputsToSecret": {"name": "outputs"}}, "no outputs"),
        ({"tfstate": {"forceUnlock": "auto"}}, "lock of the state"),
        ({"plan": {"lock": True}}, "plan.lock false"),
        ({"plan": None}, "plan.lock false"),
        ({"webhooks": [{"url": "https://x.example", "stage": "post-planning"}]}, "no webhook"),
    ],
)
def test_a_copy_that_could_apply_is_refused_whoever_makes_it(
    policy: ApiServer, spec: Json, words: str
) -> None:
    assert words in said(policy, copy(**spec))


def test_a_copy_that_only_plans_is_accepted(policy: ApiServer) -> None:
    assert said(policy, copy()) == ""
    assert said(policy, copy(force=None, approvePlan=None)) == ""


def test_the_copy_that_the_bot_makes_is_accepted(policy: ApiServer) -> None:
    spec = {"approvePlan": "auto", "force": True, "plan": {"lock": True}}
    original = terraform(**spec)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    intent = Intent("octo/lake", 7, "a" * 40, ObjectName("data", "lake"), "default", 1, began)
    made = terraform_copy(original, "lotus-plan-1", intent, ObjectName("data", "lotus-plan-1"))
    assert said(policy, made) == ""


def test_what_is_no_copy_is_nobodys_business(policy: ApiServer) -> None:
    free = copy("theirs", label=False, approvePlan="auto", destroyResourcesOnDeletion=True)
    assert said(policy, free) == ""


def test_what_the_bot_makes_must_be_a_copy(policy: ApiServer) -> None:
    create(policy, "clusterrolebinding", "more", "--clusterrole=cluster-admin", "--user=" + _bot())
    try:
        ends = time.monotonic() + 60
        while "forbidden: User" in (words := said(policy, copy("made", label=False), BOT)):
            assert time.monotonic() < ends
        assert LABEL in words
        assert said(policy, copy("made"), BOT) == ""
    finally:
        policy.kubectl("delete", "clusterrolebinding", "more")


def _bot() -> str:
    return "system:serviceaccount:{}:{}".format(*ACCOUNT)


def test_a_copy_stays_one_when_it_is_changed(policy: ApiServer) -> None:
    apply(policy, [copy("lotus-plan-2")])
    for patch in (
        {"spec": {"force": True}},
        {"spec": {"planOnly": False}},
        {"metadata": {"labels": {LABEL: None}}},
    ):
        done = policy.kubectl(
            *("patch", "terraform", "lotus-plan-2", "-n", "data", "--type=merge"),
            *("-p", json.dumps(patch)),
            as_token=PERSON,
        )
        assert done.returncode != 0
        assert "denied request" in done.stderr
    done = policy.kubectl("delete", "terraform", "lotus-plan-2", "-n", "data")
    assert done.returncode == 0, done.stderr
