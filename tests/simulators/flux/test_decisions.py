"""What tofu-controller decides, as tables: when a pass begins, plans, applies, or only looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.simulators.flux import KEEPS_BROKEN, V0_16_0_RC7, V0_16_5, Version, decisions
from bot.simulators.flux.durations import parse, seconds, stamp
from bot.simulators.flux.git_repository import backoff
from bot.simulators.flux.saving import difference
from bot.simulators.flux.terraform import REQUEST, Terraform, plan_id

NOW = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
HERE, THERE = "main@sha1:" + "a" * 40, "main@sha1:" + "b" * 40


def ago(count: float) -> str:
    return stamp(NOW - timedelta(seconds=count))


def ready(status: str, reason: str) -> dict[str, Any]:
    condition = {"type": "Ready", "status": status, "reason": reason, "message": ""}
    return {"conditions": [{**condition, "lastTransitionTime": ago(0)}]}


APPLIED: dict[str, Any] = {
    "observedGeneration": 1,
    "lastAttemptedRevision": HERE,
    "lastAppliedRevision": HERE,
    "lastPlannedRevision": HERE,
    "lastPlannedGeneration": 1,
    "lastPlanAt": ago(10),
    "lastSuccessfulReconcileAt": ago(10),
    **ready("True", "TerraformAppliedSucceed"),
}


def terraform(
    spec: dict[str, Any] | None = None, version: Version = V0_16_5, **status: Any
) -> Terraform:
    """One that was applied 10 s ago, with an interval of 60 s; None takes a status field away."""
    metadata: dict[str, Any] = {"name": "t", "namespace": "n", "generation": 1}
    for name in ("generation", "deletionTimestamp", "annotations", "finalizers"):
        if name in status:
            metadata[name] = status.pop(name)
    merged = {key: value for key, value in {**APPLIED, **status}.items() if value is not None}
    wanted = {
        "interval": "60s",
        "retryInterval": "20s",
        "approvePlan": "auto",
        "sourceRef": {"kind": "GitRepository", "name": "s"},
        **(spec or {}),
    }
    document = {"metadata": metadata, "spec": wanted, "status": merged}
    return Terraform(document, lambda: NOW, version)


ASKED = {"annotations": {REQUEST: "now"}}
GATES: list[tuple[str, dict[str, Any], dict[str, Any], str, bool | float, bool | float]] = [
    # what, spec, status, artifact -> v0.16.5, v0.16.0-rc.7; a number: closed for so long
    ("nothing new", {}, {}, HERE, 50.0, 50.0),
    ("a request", {}, ASKED, HERE, True, 50.0),
    ("a request that was answered", {}, {**ASKED, "lastHandledReconcileAt": "now"}, HERE, 50, 50),
    ("a new revision", {}, {}, THERE, True, 50.0),
    ("never planned", {}, {"lastPlanAt": None}, HERE, True, True),
    ("another generation", {}, {"generation": 2}, HERE, True, True),
    ("a plan waits", {}, {"plan": {"pending": "plan-main-aaaaaaaaaa"}}, HERE, True, True),
    ("force", {"force": True}, {}, HERE, True, True),
    ("deletion", {}, {"deletionTimestamp": ago(1)}, HERE, True, True),
    ("the interval passed since the plan", {}, {"lastPlanAt": ago(61)}, HERE, 50.0, True),
    (
        "the interval passed since the success",
        {},
        {"lastSuccessfulReconcileAt": ago(61)},
        HERE,
        True,
        50.0,
    ),
    ("never succeeded", {}, {"lastSuccessfulReconcileAt": None}, HERE, True, 50.0),
    (
        "failed, too early to retry",
        {},
        {"reconciliationFailures": 1, **ready("False", "TFExecPlanFailed")},
        HERE,
        10.0,
        50.0,
    ),
    (
        "failed, time to retry",
        {},
        {"reconciliationFailures": 1, "lastPlanAt": ago(25), **ready("False", "TFExecPlanFailed")},
        HERE,
        True,
        35.0,
    ),
    ("a dependency was not ready", {}, ready("False", "DependencyNotReady"), HERE, True, 50.0),
]


@pytest.mark.parametrize(
    ("spec", "status", "artifact", "current", "old"),
    [pytest.param(*row[1:], id=row[0]) for row in GATES],
)
def test_when_a_pass_goes_on(spec, status, artifact, current, old):
    for version, expected in ((V0_16_5, current), (V0_16_0_RC7, old)):
        found = decisions.gate(terraform(spec, version, **status), artifact, NOW, version)
        assert (True if found.opens else found.after) == expected, (version.name, found.why)


def test_a_controller_that_keeps_a_broken_revision_never_skips_a_pass():
    assert decisions.gate(terraform(), HERE, NOW, KEEPS_BROKEN).opens


WAITING = {"plan": {"pending": "plan-main-aaaaaaaaaa"}}


@pytest.mark.parametrize(
    ("spec", "status", "applies", "waits"),
    [
        ({"approvePlan": "auto"}, WAITING, True, False),
        ({"approvePlan": "auto"}, {}, False, False),
        ({"approvePlan": ""}, WAITING, False, True),
        ({"approvePlan": "plan-main-aaaaaaaaaa"}, WAITING, True, False),
        ({"approvePlan": "plan-main-aa"}, WAITING, True, False),
        ({"approvePlan": "plan-main-bbbbbbbbbb"}, WAITING, False, True),
        ({"approvePlan": "auto", "planOnly": True}, WAITING, False, False),
        ({"approvePlan": "", "planOnly": True}, WAITING, False, True),
        ({"approvePlan": "", "planOnly": True, "force": True}, {}, True, False),
    ],
)
def test_what_is_applied_and_what_waits_for_approval(spec, status, applies, waits):
    one = terraform(spec, **status)
    assert (decisions.should_apply(one), decisions.waits_for_approval(one)) == (applies, waits)


@pytest.mark.parametrize(
    ("spec", "status", "artifact", "looks"),
    [
        ({}, {}, HERE, True),
        ({}, {}, THERE, False),
        ({}, {"generation": 2}, HERE, False),
        ({}, WAITING, HERE, False),
        ({}, {"lastAppliedRevision": THERE}, HERE, True),
        ({}, {"lastPlannedRevision": THERE}, HERE, False),
        ({"disableDriftDetection": True}, {}, HERE, False),
        ({"destroy": True}, {}, HERE, False),
        ({"approvePlan": "disable"}, {}, THERE, True),
    ],
)
def test_when_a_pass_looks_for_drift(spec, status, artifact, looks):
    assert decisions.should_detect_drift(terraform(spec, **status), artifact) is looks


@pytest.mark.parametrize(
    ("spec", "status", "artifact", "current", "old"),
    [
        ({"approvePlan": ""}, WAITING, THERE, True, False),
        ({"approvePlan": ""}, WAITING, HERE, False, False),
        ({"approvePlan": ""}, {**WAITING, "generation": 2}, HERE, True, False),
        ({"approvePlan": "auto"}, WAITING, THERE, False, False),
        ({"approvePlan": "replan-main-aa"}, WAITING, THERE, True, True),
        ({"approvePlan": "", "planOnly": True}, WAITING, THERE, True, True),
        ({"approvePlan": ""}, {}, THERE, False, False),
    ],
)
def test_when_a_plan_that_waits_is_made_anew(spec, status, artifact, current, old):
    for version, expected in ((V0_16_5, current), (V0_16_0_RC7, old)):
        found = decisions.outdated(terraform(spec, version, **status), artifact, version)
        assert found is expected, version.name


BROKEN = {"lastAttemptedRevision": THERE, "reconciliationFailures": 2}


@pytest.mark.parametrize(
    ("version", "status", "since", "taken"),
    [
        (KEEPS_BROKEN, BROKEN, 59.0, THERE),
        (KEEPS_BROKEN, BROKEN, 61.0, HERE),
        (KEEPS_BROKEN, {**BROKEN, "generation": 2}, 59.0, HERE),
        (KEEPS_BROKEN, {**BROKEN, "reconciliationFailures": None}, 59.0, HERE),
        (V0_16_5, BROKEN, 59.0, HERE),
        (V0_16_0_RC7, BROKEN, 59.0, HERE),
    ],
)
def test_which_revision_a_pass_takes_while_one_is_broken(version, status, since, taken):
    broken = NOW - timedelta(seconds=since)
    one = terraform(version=version, **status)
    assert decisions.taken(one, HERE, broken, NOW, version) == taken


@pytest.mark.parametrize(
    ("asked", "breaks"),
    [
        ({}, ""),
        ({"forceUnlock": "auto"}, "lock-1"),
        ({"forceUnlock": "no", "lockIdentifier": "lock-1"}, ""),
        ({"forceUnlock": "yes", "lockIdentifier": "lock-1"}, "lock-1"),
        ({"forceUnlock": "yes", "lockIdentifier": "lock-2"}, ""),
    ],
)
def test_which_lock_is_broken(asked, breaks):
    assert (
        decisions.forced_lock(terraform({"tfstate": asked}, lock={"pending": "lock-1"})) == breaks
    )


def dependency(**status: Any) -> dict[str, Any]:
    found = {**APPLIED, **status}
    return {
        "metadata": {"generation": 1},
        "spec": {"sourceRef": {"kind": "GitRepository", "name": "s"}},
        "status": found,
    }


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (dependency(), ""),
        (None, "unable to get 'n/d' dependency: not found"),
        (dependency(**ready("False", "TFExecPlanFailed")), "dependency 'n/d' is not ready"),
        (dependency(observedGeneration=0), "dependency 'n/d' is not ready"),
        (
            dependency(lastAppliedRevision=THERE, lastPlannedRevision=THERE),
            "dependency 'n/d' is not updated yet",
        ),
    ],
)
def test_what_a_dependency_holds_up(found, why):
    assert decisions.blocked_by(terraform(), HERE, [("n/d", found)]) == why


@pytest.mark.parametrize(
    ("retries", "failures", "may"), [(None, 99, True), (-1, 99, True), (2, 1, True), (2, 2, False)]
)
def test_how_often_a_failure_is_retried(retries, failures, may):
    spec = {} if retries is None else {"remediation": {"retries": retries}}
    assert decisions.may_retry(terraform(spec, reconciliationFailures=failures)) is may


@pytest.mark.parametrize(
    ("spec", "failures", "expected"),
    [
        ({}, 3, 20.0),
        ({"retryStrategy": "ExponentialBackoff"}, 0, 20.0),
        ({"retryStrategy": "ExponentialBackoff"}, 3, 160.0),
        ({"retryStrategy": "ExponentialBackoff", "maxRetryInterval": "2m"}, 3, 120.0),
        ({"retryInterval": None}, 0, 15.0),
    ],
)
def test_how_long_a_failure_waits(spec, failures, expected):
    assert terraform(spec, reconciliationFailures=failures).retry_interval == expected


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        (HERE, "plan-main-aaaaaaaaaa"),
        (f"feature/x@sha1:{'c' * 40}", "plan-feature-x-cccccccccc"),
        (f"refs/pull/7/head@sha1:{'d' * 40}", "plan-refs-pull-7-head-dddddddddd"),
        (f"sha1:{'e' * 40}", "plan-eeeeeeeeee"),
    ],
)
def test_a_plan_is_named_by_its_revision(revision, expected):
    assert plan_id(revision) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("5m", 300.0), ("1h30m", 5400.0), ("1.5s", 1.5), ("250ms", 0.25)]
)
def test_durations_are_gos(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "5m!"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="not a duration"):
        seconds(text)


def test_a_stamp_reads_back_without_its_fraction():
    assert parse(stamp(NOW + timedelta(milliseconds=900))) == NOW


def test_a_sources_failures_double_its_wait_up_to_a_quarter_of_an_hour():
    assert [backoff(n) for n in (0, 1, 2, 3, 20)] == [0.75, 1.5, 3.0, 6.0, 900.0]


@pytest.mark.parametrize(
    ("old", "new", "patch"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 2, "b": 3}),
        ({"a": 1}, {}, {"a": None}),
        ({"p": {"x": 1, "y": 2}}, {"p": {"x": 1}}, {"p": {"y": None}}),
        ({"p": {"x": 1}}, {"p": {}}, {"p": {"x": None}}),
        ({"p": {}}, {"p": {"x": 1}}, {"p": {"x": 1}}),
    ],
)
def test_only_what_changed_is_written(old, new, patch):
    assert difference(old, new) == patch
