"""One pass of tofu-controller over one Terraform object, as a generator of steps. No I/O.

A simulator: imports nothing of the bot. Order and wording are the recorded controllers'. `tofu`
performs the steps and sends back what came of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.simulators.flux import decisions
from bot.simulators.flux.steps import (
    Again,
    Apply,
    CleanUp,
    Failure,
    Finalizer,
    ForgetPlans,
    MakePlan,
    Part,
    Pass,
    Planned,
    Prepare,
    ReadDependencies,
    ReadOutputs,
    ReadSource,
    Save,
    Say,
    StartRunner,
    Step,
    Unlock,
)
from bot.simulators.flux.terraform import FINALIZER, Terraform, approval
from bot.simulators.flux.versions import Version

Json = dict[str, Any]
_DRIFT = Failure("DriftDetected")
_QUOTA_RETRY = 5.0  # seconds: `--quota-retry-delay`
_NOTHING_TO_DESTROY = "No objects need to be destroyed"


@dataclass(slots=True)
class Memory:
    """What a controller remembers of an object between passes: since when its revision fails."""

    broken: datetime | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The object, the time, the generation of the controller, what it remembers."""

    terraform: Terraform
    now: Callable[[], datetime]
    version: Version
    memory: Memory


def reconcile(context: Context) -> Pass:
    """A pass, whatever comes of it; its end answers the request that stood there at its start."""
    terraform = context.terraform
    if FINALIZER not in terraform.finalizers and not terraform.deleting:
        yield Finalizer(True)
        return Again(0.0)
    again = yield from _unless_suspended(context)
    terraform.handled()
    yield Save()
    return again


def _unless_suspended(context: Context) -> Pass:
    terraform, version = context.terraform, context.version
    if terraform.spec.get("suspend"):
        return Again()
    if version.swallows:
        gate = decisions.gate(terraform, "", context.now(), version)
        if not gate.opens:
            return Again(gate.after)
    terraform.conditions.remove("Stalled")
    terraform.conditions.set("Reconciling", "True", "Progressing", "Fulfilling prerequisites")
    yield Save()
    blockers = decisions.dependants(terraform) if terraform.deleting else []
    if blockers:
        text = f"Deletion in progress, but blocked. Please delete {', '.join(blockers)} to resume"
        terraform.fail("DeletionBlockedByDependants", f"{text} ...", "")
        return Again(terraform.retry_interval)
    return (yield from _with_source(context))


def _with_source(context: Context) -> Pass:
    terraform = context.terraform
    source: Json | None = yield ReadSource()
    if source is None:
        name = terraform.source[1]
        text = f'GitRepository.source.toolkit.fluxcd.io "{name}" not found'
        terraform.missing_artifact(text, stalled=True)
        yield Say("Warning", "ArtifactFailed", text)
        return Again(terraform.retry_interval)
    artifact = (source.get("status") or {}).get("artifact")
    if not artifact:
        text = "Source is not ready, artifact not found"
        terraform.missing_artifact(text, stalled=False)
        return Again(terraform.retry_interval)
    if terraform.conditions.reason("Ready") in ("ArtifactFailed", "AccessDenied"):
        terraform.progress("Reconciliation in progress")
        # The condition is set together with the next save, as the controller does.
    now, memory = context.now(), context.memory
    newest = str(artifact["revision"])
    revision = decisions.taken(terraform, newest, memory.broken, now, context.version)
    if not context.version.swallows:
        gate = decisions.gate(terraform, revision, now, context.version)
        if not gate.opens:
            terraform.conditions.remove("Reconciling")
            return Again(gate.after)
    return (yield from _with_dependencies(context, revision))


def _with_dependencies(context: Context, revision: str) -> Pass:
    terraform = context.terraform
    if terraform.spec.get("dependsOn") and not terraform.deleting:
        found = yield ReadDependencies()
        why = decisions.blocked_by(terraform, revision, found)
        if why:
            terraform.fail("DependencyNotReady", why, revision)
            yield Save()
            retry = terraform.retry_interval
            text = f"Dependencies do not meet ready condition, retrying in {retry:g}s"
            yield Say("Normal", "DependencyNotReady", text)
            return Again(retry)
    yield from _begin(terraform, revision)
    if not terraform.deleting:
        if decisions.outdated(terraform, revision, context.version):
            terraform.clear_pending()
            yield Save()
        if decisions.waits_for_approval(terraform):
            return Again()
    return (yield from _with_runner(context, revision))


def _begin(terraform: Terraform, revision: str) -> Generator[Step, Any, None]:
    if terraform.conditions.reason("Ready") == "DependencyNotReady":
        terraform.progress("Reconciliation in progress")
    # While Ready is Unknown it stays as it is: it may show how to approve a plan.
    if terraform.conditions.status("Ready") != "Unknown":
        doing = "Deletion" if terraform.deleting else "Reconciliation"
        terraform.progress(f"{doing} in progress")
    yield Save()
    observed = terraform.status.get("observedGeneration")
    if terraform.attempted != revision or terraform.generation != observed:
        terraform.forget_failures()
        yield Save()


def _with_runner(context: Context, revision: str) -> Pass:
    terraform = context.terraform
    has_room: bool = yield StartRunner()
    if not has_room:  # an Event and no condition: Ready stays as it is
        text = "runner pod creation blocked by resource quota, retrying"
        yield Say("Warning", "RunnerQuotaExhausted", text)
        return Again(_QUOTA_RETRY)
    if terraform.deleting:
        return (yield from _finalize(context, revision))
    if not decisions.may_retry(terraform):
        text = "Resource reached maximum number of retries."
        terraform.conditions.set("Stalled", "True", "RetryLimitReached", text)
        terraform.conditions.remove("Reconciling")
        yield CleanUp()
        return Again()
    failure = yield from _work(context, revision)
    yield from _end(context, failure)
    yield CleanUp()
    if failure is not None:
        return Again(terraform.retry_interval)
    if terraform.pending and not decisions.auto(terraform):
        return Again()
    return Again(terraform.interval)


def _end(context: Context, failure: Failure | None) -> Generator[Step, Any, None]:
    terraform, memory = context.terraform, context.memory
    if failure is None:
        memory.broken = None
        terraform.succeeded()
        yield Save()
        return
    if not terraform.failures or memory.broken is None:
        memory.broken = context.now()
    terraform.failed_again()
    yield Save()
    if failure is not _DRIFT:
        yield Say("Warning", "ReconciliationFailed", failure.text)


def _work(context: Context, revision: str) -> Part:
    """Set up, look for drift, plan, apply, read the outputs; whatever of it is due."""
    terraform = context.terraform
    failure = yield from _set_up(terraform, revision)
    if failure:
        return failure
    if decisions.should_detect_drift(terraform, revision):
        failure = yield from _detect_drift(terraform, revision)
        if failure is not _DRIFT or not decisions.auto(terraform):
            return failure
        yield Save()
    if terraform.approve == "disable":
        return None
    if decisions.should_plan(terraform):
        failure = yield from _plan(terraform, revision)
        if failure:
            return failure
        yield Save()
    if decisions.should_apply(terraform):
        failure, goes_on = yield from _approved(terraform, revision)
        if failure or not goes_on:
            return failure
    terraform.outputs((yield ReadOutputs()))
    if terraform.spec.get("writeOutputsToSecret"):
        terraform.outputs_written(revision)
        yield Save()
    terraform.settle()
    return None


def _set_up(terraform: Terraform, revision: str) -> Part:
    terraform.progress("Initializing")
    yield Save()
    failure: Failure | None = yield Prepare(revision)
    if failure:
        if failure.lock:
            terraform.locked(failure.lock)
        text = failure.text if failure.reason else f"error running Init: {failure.text}"
        terraform.fail(failure.reason or "TFExecInitFailed", text, revision)
        return Failure(text)
    lock = decisions.forced_lock(terraform)
    if lock:
        yield Unlock(lock)
        terraform.unlocked(lock)
        yield Save()
    return None


def _detect_drift(terraform: Terraform, revision: str) -> Part:
    """None: there is none. `_DRIFT`: there is some."""
    plan: Planned | Failure = yield MakePlan()
    if isinstance(plan, Failure):
        reason = "DriftDetectionFailed"
        return (yield from _plan_failed(terraform, revision, plan, "Drift detection", reason))
    if not plan.changes:
        terraform.no_drift(revision)
        return None
    yield Say("Warning", "DriftDetected", f"Drift detected.\n{plan.text}")
    terraform.drift(revision, plan.text)
    return _DRIFT


def _plan(terraform: Terraform, revision: str) -> Part:
    terraform.progress("Terraform Planning")
    yield Save()
    destroys = bool(terraform.spec.get("destroy")) or terraform.deleting
    plan: Planned | Failure = yield MakePlan(keep=True, destroy=destroys)
    if isinstance(plan, Failure):
        reason = "TFExecPlanFailed"
        return (yield from _plan_failed(terraform, revision, plan, "Plan", reason))
    if not plan.changes:
        message = _NOTHING_TO_DESTROY if destroys else "Plan no changes"
        terraform.planned_nothing(revision, message)
        return None
    if not decisions.auto(terraform):
        yield Say("Normal", "TerraformPlanSucceed", f"Planned.\n{approval(revision)}")
    terraform.planned(revision, auto=decisions.auto(terraform))
    return None


def _plan_failed(
    terraform: Terraform, revision: str, failure: Failure, what: str, reason: str
) -> Part:
    if failure.lock:
        terraform.locked(failure.lock)
        yield Say(
            "Warning", reason, f"{what} error: State locked with Lock Identifier {failure.lock}"
        )
    else:
        yield Say("Warning", reason, f"{what} error: {failure.text}")
    text = f"error running Plan: {failure.text}"
    terraform.fail(reason, text, revision)
    return Failure(text)


def _approved(
    terraform: Terraform, revision: str
) -> Generator[Step, Any, tuple[Failure | None, bool]]:
    """Apply; False where the plan became another one since it was approved."""
    if decisions.approves_by_hand(terraform):
        approved = terraform.approve
        failure = yield from _plan(terraform, revision)
        if failure:
            return failure, False
        yield Save()
        if terraform.pending != approved:
            return None, False
    failure = yield from _apply(terraform, revision)
    if failure is None:
        yield Save()
    return failure, True


def _apply(terraform: Terraform, revision: str) -> Part:
    terraform.progress("Applying")
    yield Save()
    terraform.applying(revision)
    yield Save()
    failure: Failure | None = yield Apply()
    if failure is None:
        message = terraform.applied(revision)
        yield Say("Normal", "TerraformAppliedSucceed", message)
        return None
    text = f"error running Apply: {failure.text}"
    told = f"Apply error: {failure.text}"
    if failure.lock:
        terraform.locked(failure.lock)
        told = f"Apply error: State locked with Lock Identifier {failure.lock}"
    yield Say("Warning", "TFExecApplyFailed", told)
    terraform.apply_failed(text, revision)
    return Failure(text)


def _finalize(context: Context, revision: str) -> Pass:
    """The object is being deleted: destroy what it owns where that is asked, then let it go."""
    terraform = context.terraform
    if terraform.spec.get("destroyResourcesOnDeletion"):
        failure = yield from _destroy(terraform, revision)
        if failure:
            yield Save()
            yield CleanUp()
            return Again(terraform.retry_interval)
    yield ForgetPlans()
    yield CleanUp()
    yield Finalizer(False)
    return Again()


def _destroy(terraform: Terraform, revision: str) -> Part:
    failure = yield from _set_up(terraform, revision)
    failure = failure or (yield from _plan(terraform, revision))
    if failure:
        return failure
    yield Save()
    if terraform.pending:
        failure = yield from _apply(terraform, revision)
        if failure:
            return failure
        yield Save()
    return None
