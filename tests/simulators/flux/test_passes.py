"""What the recordings do not show: other settings, other versions, failures, and a hostile cluster."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from flux_world import (
    LOCK,
    NAMESPACE,
    TERRAFORM,
    World,
    copy,
    held_lock,
    source,
    terraform,
    variables,
    world,
)

from bot.simulators.airbyte.provider import ProviderError
from bot.simulators.faults import Fault
from bot.simulators.flux import KEEPS_BROKEN, V0_16_0_RC7, V0_16_5, Version, stored_plan
from bot.simulators.flux.planning import Plan, Request
from bot.simulators.flux.scripted import (
    Broken,
    ImaginaryProvider,
    Module,
    ScriptedGit,
    ScriptedPlanner,
)

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)
MAIN = "refs/heads/main"
ONE = Module({"airbyte_source.shop": {"name": "Shop"}}, {"names": ["Shop"]})
TWO = Module({"airbyte_source.shop": {"name": "Shop 2"}}, {"names": ["Shop"]})
SCRIPT = {A: ONE, B: TWO, C: Broken(), D: ONE}


def git() -> ScriptedGit:
    return ScriptedGit({MAIN: A})


async def start(there: World, **spec: Any) -> None:
    """The platform's objects, applied."""
    there.create(variables())
    there.create(source())
    there.create(terraform(**spec))
    await there.run(10)


async def push(there: World, remote: ScriptedGit, sha: str, seconds: float = 6.0) -> None:
    """A commit on main, and the request that brings it."""
    remote.refs[MAIN] = sha
    there.ask("GitRepository")
    await there.run(seconds)


# Approval and its kin


async def test_a_plan_that_waits_is_made_anew_for_a_new_revision_but_not_by_the_old_version():
    for version, pending in ((V0_16_5, B), (V0_16_0_RC7, A)):
        remote = git()
        planner = ScriptedPlanner(SCRIPT)
        async with world(planner, remote, version=version) as there:
            await start(there, approvePlan="", interval="1s")
            await push(there, remote, B)
            assert there.status()["plan"]["pending"] == f"plan-main-{pending[:10]}", version.name


async def test_an_approval_by_a_prefix_finds_the_plan_changed_and_waits_again():
    """The controller plans once more before it applies, and then wants the whole name."""
    async with world(ScriptedPlanner(SCRIPT), git()) as there:
        await start(there, approvePlan="")
        there.patch("Terraform", TERRAFORM, spec={"approvePlan": "plan-main-aaa"})
        await there.run(5)
        assert there.status().get("lastAppliedRevision") is None
        there.patch("Terraform", TERRAFORM, spec={"approvePlan": f"plan-main-{A[:10]}"})
        await there.run(5)
        assert there.status()["lastAppliedRevision"] == f"main@sha1:{A}"


async def test_disable_only_looks_for_drift():
    async with world(ScriptedPlanner(SCRIPT), git()) as there:
        await start(there, approvePlan="disable")
        assert there.ready() == "False/DriftDetected"
        assert "plan" not in there.status()
        assert there.status()["reconciliationFailures"] == 1


async def test_plan_only_plans_each_new_revision_and_applies_none():
    remote = git()
    provider = ImaginaryProvider()
    async with world(ScriptedPlanner(SCRIPT), remote, provider=provider) as there:
        await start(there, planOnly=True, approvePlan="")
        assert there.message() == "Plan generated: This object is in the plan only mode."
        await push(there, remote, B)
        assert there.status()["plan"] == {"pending": f"plan-main-{B[:10]}"}
        assert provider.done == []


async def test_force_plans_and_applies_with_every_pass():
    planner = ScriptedPlanner({A: Module(ONE.resources, drift=frozenset(ONE.resources))})
    provider = ImaginaryProvider()
    async with world(planner, git(), provider=provider) as there:
        await start(there, force=True, approvePlan="")
        there.ask("Terraform")
        await there.run(5)
        assert provider.done == [("create", "airbyte_source"), ("update", "airbyte_source")]


async def test_destroy_destroys_and_says_so_and_then_finds_nothing():
    async with world(ScriptedPlanner(SCRIPT), git()) as there:
        await start(there)
        there.patch("Terraform", TERRAFORM, spec={"destroy": True})
        await there.run(5)
        assert there.message().startswith("Destroy applied successfully: main@sha1:")
        there.ask("Terraform")
        await there.run(5)
        assert there.message() == f"No objects need to be destroyed: main@sha1:{A}"


async def test_an_object_whose_plan_is_destroyed_on_deletion_leaves_its_state_behind():
    provider = ImaginaryProvider()
    async with world(ScriptedPlanner(SCRIPT), git(), provider=provider) as there:
        await start(there)
        there.delete("Terraform", TERRAFORM)
        await there.run(5)
        assert there.kubernetes.list("Terraform") == []
        assert provider.done[-1] == ("delete", "airbyte_source")
        assert state(there)["resources"] == []


async def test_a_deletion_that_cannot_destroy_is_tried_again():
    provider = ImaginaryProvider()
    async with world(ScriptedPlanner(SCRIPT), git(), provider=provider) as there:
        await start(there)
        provider.failures.append(ProviderError("unexpected response from API", "500"))
        there.delete("Terraform", TERRAFORM)
        await there.run(5)
        assert there.ready() == "False/TFExecApplyFailed"
        await there.run(30)
        assert there.kubernetes.list("Terraform") == []


# Failures


def state(there: World) -> dict[str, Any]:
    secret = there.kubernetes.get("Secret", NAMESPACE, f"tfstate-default-{TERRAFORM}")
    return dict(json.loads(gzip.decompress(base64.b64decode(secret["data"]["tfstate"]))))


async def test_what_init_refuses_is_told_before_there_is_a_plan():
    remote = git()
    text = "Error: Failed to query available provider packages"
    async with world(ScriptedPlanner({**SCRIPT, B: Broken(text, "init")}), remote) as there:
        await start(there)
        await push(there, remote, B)
        assert there.ready() == "False/TFExecInitFailed"
        prefix = "error running Init: rpc error: code = Internal desc = exit status 1\n\n"
        assert there.message() == f"{prefix}{text}\n"
        assert there.status()["lastAttemptedRevision"] == f"main@sha1:{B}"


async def test_an_apply_that_fails_keeps_what_it_made_and_is_tried_again():
    both = {"airbyte_source.a": {"name": "a"}, "airbyte_source.b": {"name": "b"}}
    provider = ImaginaryProvider()
    remote = git()
    async with world(
        ScriptedPlanner({A: ONE, B: Module(both)}), remote, provider=provider
    ) as there:
        await start(there)
        serial = state(there)["serial"]
        error = ProviderError("unexpected response from API", "422")
        # The old one is deleted and a is created before b fails.
        provider.failures += [None, None, error]
        await push(there, remote, B, seconds=4)
        assert there.ready() == "False/TFExecApplyFailed"
        assert "Error: unexpected response from API\n\n  with airbyte_source.b," in there.message()
        assert [each["name"] for each in state(there)["resources"]] == ["a"]
        assert state(there)["serial"] == serial + 1
        assert there.status().get("plan", {}).get("pending") is None
        assert there.status()["lastAppliedRevision"] == f"main@sha1:{A}"
        await there.run(25)
        assert there.ready() == "True/TerraformAppliedSucceed"
        assert [each["name"] for each in state(there)["resources"]] == ["a", "b"]


async def test_a_read_that_fails_fails_the_plan_and_names_the_resource():
    class Lost(ImaginaryProvider):
        async def read(self, type, attributes):
            detail = "unexpected response from API. Got an unexpected response code 404"
            raise ProviderError(detail, "**Response**")

    remote = ScriptedGit(
        {MAIN: A}, {"airbyte/terraform/s.tf": b'resource "airbyte_source" "shop" {\n'}
    )
    async with world(ScriptedPlanner(SCRIPT), remote, provider=Lost()) as there:
        await start(there)
        there.ask("Terraform")
        await there.run(5)
        assert there.ready() == "False/DriftDetectionFailed"
        assert (
            "Got an unexpected response code 404\n\n  with airbyte_source.shop,\n"
            in there.message()
        )
        assert '  on s.tf line 1, in resource "airbyte_source" "shop":' in there.message()


async def test_a_missing_secret_of_variables_is_told_and_retried():
    async with world(ScriptedPlanner(SCRIPT), git()) as there:
        there.create(source())
        there.create(terraform())
        await there.run(5)
        assert there.ready() == "False/VarsGenerationFailed"
        assert 'secrets "platform-vars" not found' in there.message()
        there.create(variables())
        await there.run(30)
        assert there.ready() == "True/TerraformAppliedSucceed"


async def test_variables_are_renamed_chosen_and_overridden_as_the_spec_says():
    planner = ScriptedPlanner(SCRIPT)
    async with world(planner, git()) as there:
        chosen = {"kind": "Secret", "name": "platform-vars", "varsKeys": ["mail_key:key"]}
        absent = {"kind": "ConfigMap", "name": "absent", "optional": True}
        given = [{"name": "key", "value": "lost"}, {"name": "list", "value": [1]}]
        await start(there, vars=given, varsFrom=[chosen, absent])
        assert planner.requests[0].variables == {"key": "key-91c2", "list": [1]}


async def test_a_failure_is_not_retried_more_often_than_remediation_allows():
    remote = ScriptedGit({MAIN: C})
    async with world(ScriptedPlanner(SCRIPT), remote) as there:
        await start(there, remediation={"retries": 2})
        await there.run(100)
        assert there.status()["reconciliationFailures"] == 2
        stalled = next(c for c in there.status()["conditions"] if c["type"] == "Stalled")
        assert stalled["reason"] == "RetryLimitReached"


async def test_a_dependency_holds_up_and_is_held_by_what_depends_on_it():
    remote = ScriptedGit({MAIN: C})
    planner = ScriptedPlanner({C: [Broken(), Broken(), ONE]})
    async with world(planner, remote) as there:
        await start(there)
        own = {"secretSuffix": "later"}
        there.create(terraform("later", dependsOn=[{"name": TERRAFORM}], backendConfig=own))
        await there.run(3)
        assert there.ready("later") == "False/DependencyNotReady"
        assert there.message("later") == f"dependency '{NAMESPACE}/{TERRAFORM}' is not ready"
        assert "tf.dependency.of.later" in there.terraform()["metadata"]["finalizers"]
        await there.run(80)
        assert there.ready("later") == "True/TerraformAppliedSucceed"


# The lock


async def test_a_plan_waits_for_the_lock_as_long_as_it_is_told():
    async with world(ScriptedPlanner(SCRIPT), git()) as there:
        await start(there, tfstate={"lockTimeout": "30s"})
        lease = f"lock-tfstate-default-{TERRAFORM}"
        there.kubernetes.patch("Lease", NAMESPACE, lease, held_lock())
        there.ask("Terraform")
        await there.run(20)
        assert there.ready() == "Unknown/Progressing"
        there.kubernetes.patch("Lease", NAMESPACE, lease, {"spec": {"holderIdentity": None}})
        await there.run(5)
        assert there.ready() == "True/NoDrift"


async def test_a_plan_only_copy_plans_in_spite_of_the_lock_and_leaves_it_alone():
    async with world(ScriptedPlanner(SCRIPT), git()) as there:
        await start(there)
        lease = f"lock-tfstate-default-{TERRAFORM}"
        there.kubernetes.patch("Lease", NAMESPACE, lease, held_lock())
        there.create(copy(from_source="platform"))
        await there.run(5)
        assert there.ready("platform-airbyte-pr-7") == "True/TerraformPlannedNoChanges"
        held = there.kubernetes.get("Lease", NAMESPACE, lease)["spec"]["holderIdentity"]
        assert held == LOCK


# Versions


async def timeline(version: Version) -> list[str]:
    """A broken revision, its fix 15 s later, and every 15 s what was attempted and whether Ready.

    The interval is 60 s, a failure is retried after 20 s."""
    remote = git()
    async with world(ScriptedPlanner(SCRIPT), remote, version=version) as there:
        await start(there, interval="60s")
        await there.run(60)
        seen = []
        for sha in (C, B, B, B, B, B):
            await push(there, remote, sha, seconds=15)
            seen.append(there.status()["lastAttemptedRevision"][-1] + there.ready()[:1])
        return seen


@pytest.mark.parametrize(
    ("version", "seen"),
    [
        (V0_16_5, ["cF", "bT", "bT", "bT", "bT", "bT"]),
        (V0_16_0_RC7, ["cF", "bT", "bT", "bT", "bT", "bT"]),
        (KEEPS_BROKEN, ["cF", "cF", "cF", "cF", "cF", "bT"]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
async def test_how_long_a_broken_revision_stands_in_the_way_of_its_fix(version, seen):
    assert await timeline(version) == seen


async def test_the_old_version_swallows_a_request_just_after_an_apply_and_calls_it_handled():
    remote = git()
    async with world(ScriptedPlanner(SCRIPT), remote, version=V0_16_0_RC7) as there:
        await start(there, interval="60s")
        await push(there, remote, B)
        there.ask("Terraform", value="please")
        await there.run(5)
        assert there.status()["lastHandledReconcileAt"] == "please"
        assert there.status()["lastAttemptedRevision"] == f"main@sha1:{A}"
        there.patch("Terraform", TERRAFORM, status={"lastPlanAt": None})
        there.ask("Terraform", value="please, now")
        await there.run(5)
        assert there.status()["lastAppliedRevision"] == f"main@sha1:{B}"


@pytest.mark.parametrize("version", [V0_16_5, V0_16_0_RC7], ids=lambda version: version.name)
async def test_each_interval_has_its_pass(version):
    planner = ScriptedPlanner(SCRIPT)
    async with world(planner, git(), version=version) as there:
        await start(there)
        planner.requests.clear()
        await there.run(280)
        assert planner.requests == []
        await there.run(20)
        assert there.ready() == "True/NoDrift"
        assert len(planner.requests) == 1


# The source


async def test_a_remote_that_fails_keeps_its_artifact_and_is_asked_again():
    remote = git()
    async with world(ScriptedPlanner(SCRIPT), remote) as there:
        await start(there)
        there.flux.remote.fail("unable to list remote: connection refused", times=2)
        await push(there, remote, B, seconds=1)
        found = there.kubernetes.get("GitRepository", "flux-system", "platform")["status"]
        conditions = {each["type"]: each for each in found["conditions"]}
        assert conditions["FetchFailed"]["reason"] == "GitOperationFailed"
        assert "connection refused" in conditions["Ready"]["message"]
        assert found["artifact"]["revision"] == f"main@sha1:{A}"
        await there.run(8)
        assert there.status()["lastAppliedRevision"] == f"main@sha1:{B}"


async def test_the_sources_interval_finds_a_push_that_nobody_announced():
    remote = git()
    async with world(ScriptedPlanner(SCRIPT), remote) as there:
        await start(there)
        remote.refs[MAIN] = B
        await there.run(580)
        assert there.status()["lastAppliedRevision"] == f"main@sha1:{A}"
        await there.run(20)
        assert there.status()["lastAppliedRevision"] == f"main@sha1:{B}"


# What is stored


def unpacked(there: World, name: str) -> Any:
    secret = there.kubernetes.get("Secret", NAMESPACE, name)
    assert secret["metadata"]["annotations"]["encoding"] == "gzip"
    return json.loads(gzip.decompress(base64.b64decode(secret["data"]["tfplan"])))


async def test_a_readable_plan_as_json_holds_every_value_in_plain_text():
    async with world(ScriptedPlanner(SCRIPT), git()) as there:
        await start(there, storeReadablePlan="json")
        plan = unpacked(there, f"tfplan-default-{TERRAFORM}.json")
        assert plan["resource_changes"][0]["change"]["actions"] == ["create"]
        assert plan["variables"]["mail_key"] == {"value": "key-91c2"}
        assert plan["output_changes"]["names"]["after"] == ["Shop"]


async def test_a_readable_plan_for_people_counts_what_it_does():
    remote = git()
    async with world(ScriptedPlanner(SCRIPT), remote) as there:
        await start(there)
        await push(there, remote, B)
        held = there.kubernetes.get("ConfigMap", NAMESPACE, f"tfplan-default-{TERRAFORM}")
        text = held["data"]["tfplan"]
        assert "  # airbyte_source.shop will be updated in-place" in text
        assert '~ name = "Shop" -> "Shop 2"' in text
        assert "Plan: 0 to add, 1 to change, 0 to destroy." in text


async def test_a_plan_that_is_too_long_for_one_object_is_cut(monkeypatch):
    monkeypatch.setattr(stored_plan, "CHUNK", 100)
    async with world(ScriptedPlanner(SCRIPT), git()) as there:
        await start(there, storeReadablePlan="json")
        name = f"tfplan-default-{TERRAFORM}.json"
        chunks = [
            each
            for each in there.kubernetes.list("Secret", NAMESPACE)
            if each["metadata"]["name"].startswith(name)
        ]
        number = "infra.contrib.fluxcd.io/plan-chunk"
        ordered = sorted(chunks, key=lambda each: int(each["metadata"]["annotations"][number]))
        assert [each["metadata"]["name"] for each in ordered][:2] == [f"{name}-0", f"{name}-1"]
        packed = b"".join(base64.b64decode(each["data"]["tfplan"]) for each in ordered)
        assert "resource_changes" in json.loads(gzip.decompress(packed))


async def test_the_states_serial_counts_and_its_lineage_stays():
    remote = git()
    async with world(ScriptedPlanner(SCRIPT), remote) as there:
        await start(there)
        first = state(there)
        await push(there, remote, B)
        second = state(there)
        assert (first["serial"], second["serial"]) == (1, 2)
        assert first["lineage"] == second["lineage"] != ""
        assert second["resources"][0]["instances"][0]["attributes"]["name"] == "Shop 2"
        assert second["outputs"]["names"]["value"] == ["Shop"]


async def test_outputs_are_written_where_it_is_asked():
    async with world(ScriptedPlanner(SCRIPT), git()) as there:
        await start(there, writeOutputsToSecret={"name": "told"})
        told = there.kubernetes.get("Secret", NAMESPACE, "told")
        assert json.loads(base64.b64decode(told["data"]["names"])) == ["Shop"]
        assert there.ready() == "True/TerraformOutputsWritten"


# A hostile cluster


async def test_a_watch_that_is_cut_or_too_old_is_begun_again():
    remote = git()
    async with world(ScriptedPlanner(SCRIPT), remote) as there:
        await start(there)
        there.kubernetes.compact()
        there.kubernetes.end_watches(abruptly=True)
        there.kubernetes.faults.append(Fault(path=r"watch=true", status=410, times=3))
        remote.refs[MAIN] = B
        there.ask("GitRepository")
        await there.run(10)
        assert there.status()["lastAppliedRevision"] == f"main@sha1:{B}"


async def test_a_controller_that_was_stopped_goes_on_where_it_was():
    remote = git()
    async with world(ScriptedPlanner(SCRIPT), remote) as there:
        await start(there)
        await there.flux.stop()
        remote.refs[MAIN] = B
        there.ask("GitRepository")
        await there.run(60)
        assert there.status()["lastAppliedRevision"] == f"main@sha1:{A}"
        await there.flux.start()
        await there.run(6)
        assert there.status()["lastAppliedRevision"] == f"main@sha1:{B}"


async def test_a_controller_that_is_stopped_before_it_applies_applies_the_plan_that_waits():
    provider, remote = ImaginaryProvider(), git()
    async with world(ScriptedPlanner(SCRIPT), remote, provider=provider) as there:
        await start(there)
        there.flux.timing.apply = 60.0
        await push(there, remote, B, seconds=20)
        assert there.ready() == "Unknown/Progressing"
        assert there.status()["plan"]["pending"] == f"plan-main-{B[:10]}"
        await there.flux.stop()
        await there.flux.start()
        await there.run(100)
        assert there.ready() == "True/TerraformAppliedSucceed"
        assert provider.done == [("create", "airbyte_source"), ("update", "airbyte_source")]


async def test_a_planner_that_breaks_gives_the_lock_back_and_is_asked_again(caplog):
    class Fragile(ScriptedPlanner):
        async def plan(self, request: Request) -> Plan:
            if not self.requests:
                self.requests.append(request)
                raise ZeroDivisionError
            return await super().plan(request)

    async with world(Fragile(SCRIPT), git()) as there:
        await start(there)
        await there.run(5)
        assert there.ready() == "True/TerraformAppliedSucceed"
    assert "ended with an error" in caplog.text


async def test_a_pod_is_there_while_a_pass_runs_and_stays_only_where_it_is_to():
    for cleans in (True, False):
        async with world(ScriptedPlanner(SCRIPT), git()) as there:
            await there.flux.stop()
            there.flux.runner_pods, there.flux.timing.runner = True, 3.0
            await there.flux.start()
            there.create(variables())
            there.create(source())
            there.create(terraform(alwaysCleanupRunnerPod=cleans))
            await there.run(3)
            assert len(there.kubernetes.list("Pod", NAMESPACE)) == 1
            await there.run(10)
            assert len(there.kubernetes.list("Pod", NAMESPACE)) == (0 if cleans else 1)
