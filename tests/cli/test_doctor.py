"""`lotus doctor`: on a whole platform nothing is missing; each broken thing is one finding."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from doctor_world import ACCOUNT, Platform, git_repository, healthy, secret, terraform

from bot.lifecycle.diagnosis import Level
from bot.simulators.airbyte.auth import Basic
from bot.simulators.clock import Clock
from bot.simulators.faults import Fault
from bot.simulators.github import webhooks

Break = Callable[[Platform], None]
MISSING, ADVICE = Level.MISSING, Level.ADVICE


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with healthy(tmp_path) as platform:
        yield platform


async def test_on_a_whole_platform_there_is_nothing_to_say(platform: Platform) -> None:
    assert await platform.findings() == []


# Each of these breaks one thing.


def no_permission(platform: Platform) -> None:
    app = platform.github.world.app
    app.permissions = {**app.permissions, "checks": "read"}


def permission_too_many(platform: Platform) -> None:
    app = platform.github.world.app
    app.permissions = {**app.permissions, "secrets": "read"}


def no_event(platform: Platform) -> None:
    app = platform.github.world.app
    app.events = [event for event in app.events if event != "push"]


def event_too_many(platform: Platform) -> None:
    platform.github.world.app.events = [*platform.github.world.app.events, "star"]


def installed_nowhere(platform: Platform) -> None:
    platform.github.world.installations.clear()


def suspended(platform: Platform) -> None:
    (installation,) = platform.github.world.installations.values()
    installation.suspended_at = platform.clock.now()


def not_accepted(platform: Platform) -> None:
    (installation,) = platform.github.world.installations.values()
    installation.permissions = {**installation.permissions, "checks": "read"}


def no_webhook(platform: Platform) -> None:
    platform.github.world.app.webhook_url = ""


def webhooks_fail(platform: Platform) -> None:
    _deliver(platform, 0, 0)


def one_webhook_failed(platform: Platform) -> None:
    _deliver(platform, 200, 401)


def _deliver(platform: Platform, *codes: int) -> None:
    now = platform.clock.now()
    platform.github.webhooks.deliveries += [
        webhooks.Delivery(number, f"guid-{number}", "push", None, now, code, {})
        for number, code in enumerate(codes)
    ]


def another_key(platform: Platform) -> None:
    platform.settings["github_app_id"] = "8"


def github_away(platform: Platform) -> None:
    platform.settings["github_url"] = "http://127.0.0.1:1"


def clock_behind(platform: Platform) -> None:
    late = Clock(start=platform.clock.now() - timedelta(minutes=20))
    platform.clock = late


def role_gone(platform: Platform) -> None:
    platform.kubernetes.delete("ClusterRoleBinding", "", "lotus-bot")


def no_patch(platform: Platform) -> None:
    item = platform.kubernetes.get("ClusterRole", "", "lotus-bot")
    item["rules"] = [rule for rule in item["rules"] if "terraforms/status" not in rule["resources"]]
    platform.kubernetes.put(item)


def names_gone(platform: Platform) -> None:
    platform.kubernetes.delete("RoleBinding", "data", "lotus-bot-names")


def no_source(platform: Platform) -> None:
    platform.kubernetes.delete("GitRepository", "data", "lake")


def source_of_another_kind(platform: Platform) -> None:
    spec = {"sourceRef": {"kind": "OCIRepository", "name": "lake"}}
    platform.kubernetes.put(terraform(**spec))


def repository_unseen(platform: Platform) -> None:
    platform.kubernetes.put(git_repository("https://github.com/octo/pond"))


def no_terraform(platform: Platform) -> None:
    platform.kubernetes.delete("Terraform", "data", "lake")


def no_secret(platform: Platform) -> None:
    platform.kubernetes.delete("Secret", "data", "vars")


def no_key(platform: Platform) -> None:
    platform.kubernetes.put(secret("vars", token=b"t0p-s3cret"))


def no_value(platform: Platform) -> None:
    more: dict[str, bytes | None] = {"platform/more.tf": b'variable "bucket" {}\n'}
    platform.github.push("octo/lake", "main", more, login="anna")


def no_branch(platform: Platform) -> None:
    item = git_repository()
    item["spec"]["ref"] = {"branch": "release"}
    platform.kubernetes.put(item)


def state_spoilt(platform: Platform) -> None:
    platform.kubernetes.put(secret("tfstate-default-lake", tfstate=b"\x1f\x8bnonsense"))


def kinds_gone(platform: Platform) -> None:
    platform.kubernetes.faults += [
        Fault(r"^/apis/infra.contrib.fluxcd.io/", status=404, times=100),
    ]


def newer_kinds_only(platform: Platform) -> None:
    platform.kubernetes.faults += [
        Fault(r"^/apis/infra.contrib.fluxcd.io/v1alpha2$", status=404, times=100),
    ]


def api_server_away(platform: Platform) -> None:
    platform.kubernetes.faults += [Fault("", drop=True, times=1000)]


def no_airbyte(platform: Platform) -> None:
    del platform.settings["airbyte_url"]


def airbyte_away(platform: Platform) -> None:
    platform.settings["airbyte_url"] = "http://127.0.0.1:1"


def airbyte_closed(platform: Platform) -> None:
    platform.airbyte.gate.auth = Basic("airbyte", "pass")


BROKEN: list[tuple[Break, Level, str, str]] = [
    (no_permission, MISSING, "the App has no permission checks: write", "/permissions"),
    (permission_too_many, ADVICE, "a permission too many: secrets: read", "/permissions"),
    (no_event, MISSING, "does not subscribe to the event push", "/permissions"),
    (event_too_many, ADVICE, "an event too many: star", "/permissions"),
    (installed_nowhere, MISSING, "installed nowhere", "/installations/new"),
    (suspended, MISSING, "the installation on octo is suspended", "/settings/installations/"),
    (not_accepted, MISSING, "octo has not accepted checks: write", "/settings/installations/"),
    (no_webhook, ADVICE, "the App has no webhook", "/webhook"),
    (webhooks_fail, MISSING, "2 of the latest 2 webhooks failed", "/advanced"),
    (one_webhook_failed, ADVICE, "1 of the latest 2 webhooks failed, the last with 401", "401"),
    (another_key, MISSING, "the App's key is not accepted", "LOTUS_GITHUB_APP_ID"),
    (github_away, MISSING, "no answer from http://127.0.0.1:1", "LOTUS_GITHUB_URL"),
    (clock_behind, MISSING, "s behind GitHub's", "timedatectl"),
    (role_gone, MISSING, "not allowed: list terraforms.infra", "kubectl apply -k manifests/"),
    (no_patch, ADVICE, "not allowed: patch terraforms/status", "kubectl apply -k manifests/"),
    (names_gone, ADVICE, "not allowed: get secrets ", "lotus doctor --rbac"),
    (no_source, MISSING, "its source GitRepository data/lake is not there", "kubectl describe"),
    (source_of_another_kind, ADVICE, "its source is a OCIRepository", "GitRepository"),
    (repository_unseen, MISSING, "the App is not installed on octo/pond", "/installations/new"),
    (no_terraform, MISSING, "there is no Terraform object", "LOTUS_NAMESPACES"),
    (no_secret, MISSING, "its Secret data/vars (varsFrom) is not there", "create secret generic"),
    (no_key, MISSING, "Secret data/vars has no key user (varsKeys)", "kubectl edit secret -n data"),
    (no_value, MISSING, 'variable "bucket" is not set, and has no default value', "spec.varsFrom"),
    (no_branch, ADVICE, "could not be read: octo/lake has no branch release", "branch"),
    (state_spoilt, MISSING, "Secret data/tfstate-default-lake: the state is no gzip", "describe"),
    (kinds_gone, MISSING, "the kind terraforms.infra.contrib.fluxcd.io is not there", "install"),
    (newer_kinds_only, MISSING, "is served as v1alpha1, and not as v1alpha2", "version"),
    (api_server_away, MISSING, "Kubernetes: ", "LOTUS_KUBECONFIG"),
    (no_airbyte, ADVICE, "no Airbyte is configured", "LOTUS_AIRBYTE_URL"),
    (airbyte_away, MISSING, "does not answer", "LOTUS_AIRBYTE_URL"),
    (airbyte_closed, MISSING, "does not let the bot in", "LOTUS_AIRBYTE_CLIENT_ID"),
]


@pytest.mark.parametrize(
    ("broken", "level", "what", "mend"), BROKEN, ids=[case[0].__name__ for case in BROKEN]
)
async def test_what_is_broken_is_found_with_how_to_mend_it(
    platform: Platform, broken: Break, level: Level, what: str, mend: str
) -> None:
    broken(platform)
    findings = await platform.findings()
    found = [item for item in findings if what in item.what]
    assert len(found) == 1, [item.what for item in findings]
    assert found[0].level is level
    assert mend in found[0].mend
    assert found[0].why
    assert not any(secret in str(findings) for secret in ("t0p-s3cret", "PRIVATE KEY", "hush"))


def odd_terraforms(platform: Platform) -> None:
    for number, spec in enumerate(ODD):
        item = terraform(f"odd-{number}")
        platform.kubernetes.put({**item, "spec": spec})


ODD: list[Any] = [
    {},
    {"sourceRef": "lake", "varsFrom": "vars", "backendConfig": []},
    {"sourceRef": {"kind": "GitRepository"}, "varsFrom": [None, {}, {"kind": "Secret", "name": 7}]},
    {"sourceRef": {"kind": 7, "name": "lake"}, "varsFrom": [{"kind": "Pod", "name": "x"}]},
    {"workspace": "../../x", "varsFrom": [{"kind": "Secret", "name": "vars", "varsKeys": 7}]},
]


async def test_odd_objects_are_findings_and_stop_nothing(platform: Platform) -> None:
    odd_terraforms(platform)
    no_webhook(platform)
    findings = await platform.findings()
    for number in range(len(ODD)):
        assert any(f"data/odd-{number}" in finding.what for finding in findings)
    assert any("no webhook" in finding.what for finding in findings)


ALONE = {"no_permission", "no_event", "no_webhook", "no_patch", "no_source", "no_secret", "no_key"}
ALONE |= {"no_value", "no_branch"}


@pytest.mark.parametrize("broken", [case[0] for case in BROKEN if case[0].__name__ in ALONE])
async def test_one_broken_thing_is_one_finding(platform: Platform, broken: Break) -> None:
    broken(platform)
    assert len(await platform.findings()) == 1


def test_every_break_of_this_module_is_in_the_table() -> None:
    own = {name for name, value in globals().items() if _breaks(value)}
    assert own == {case[0].__name__ for case in BROKEN} | {"odd_terraforms"}


def _breaks(value: Any) -> bool:
    annotations = getattr(value, "__annotations__", {})
    return annotations == {
        "platform": "Platform",
        "return": "None",
    } and not inspect.iscoroutinefunction(value)


# The command itself.


async def lotus(platform: Platform, *arguments: str, **changed: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    kept = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "doctor", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**kept, **platform.environment(), **changed},
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_it_exits_with_0_where_nothing_is_missing(platform: Platform) -> None:
    no_webhook(platform)  # advice alone
    code, out, _ = await lotus(platform)
    assert code == 0
    assert out.endswith("Nothing is missing.\n")
    assert "the App has no webhook" in out


async def test_it_exits_with_1_where_something_is_and_says_it_in_json_too(
    platform: Platform,
) -> None:
    no_secret(platform)
    code, out, _ = await lotus(platform, "--json")
    (finding,) = json.loads(out)["findings"]
    assert code == 1
    assert set(finding) == {"area", "level", "what", "why", "mend"}
    assert (finding["area"], finding["level"]) == ("Kubernetes", "missing")
    code, out, _ = await lotus(platform)
    assert code == 1
    assert out.endswith("1 thing is missing.\n")


async def test_it_exits_with_2_where_settings_are_wrong_and_names_each(platform: Platform) -> None:
    code, out, _ = await lotus(platform, LOTUS_PORT="many", LOTUS_GITHUB_WEBHOOK_SECRET="")
    assert code == 2
    assert "LOTUS_PORT: " in out
    assert "LOTUS_GITHUB_WEBHOOK_SECRET: is empty" in out


async def test_the_role_that_it_prints_is_what_was_missing(platform: Platform) -> None:
    platform.kubernetes.delete("Role", "data", "lotus-bot-names")
    names_gone(platform)
    assert await platform.findings()
    account = "/".join(ACCOUNT)
    code, out, _ = await lotus(platform, "--rbac", "--account", account)
    assert code == 0
    printed = list(yaml.safe_load_all(out))
    assert [item["kind"] for item in printed] == ["Role", "RoleBinding"]
    for item in printed:
        platform.kubernetes.put(item)
    assert await platform.findings() == []
    by_verb = {
        tuple(rule["verbs"]): rule
        for rule in printed[0]["rules"]
        if rule["resources"] == ["secrets"]
    }
    secrets = by_verb["get",]
    assert {"vars", "tfstate-default-lake"} <= set(secrets["resourceNames"])
    assert all(rule["resourceNames"] for rule in printed[0]["rules"])


async def test_the_command_line_says_where_to_look(platform: Platform) -> None:
    code, out, _ = await lotus(platform, "--namespaces", "elsewhere", "--json")
    whats = [finding["what"] for finding in json.loads(out)["findings"]]
    assert code == 1
    assert "there is no Terraform object" in whats


async def test_a_role_needs_no_setting_of_github(platform: Platform) -> None:
    for name in ("github_app_id", "github_private_key", "github_webhook_secret"):
        del platform.settings[name]
    code, out, _ = await lotus(platform, "--rbac")
    assert code == 0
    assert "kind: Role\n" in out
