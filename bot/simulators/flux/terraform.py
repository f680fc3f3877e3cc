"""A Terraform object as a pass works on it: its spec read, its status moved by the rules. Pure.

A simulator: imports nothing of the bot. Each method that moves the status is one transition of
tofu-controller's (`facts/tofu-controller.md`); the pass decides which, and when to save.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.simulators.flux import durations
from bot.simulators.flux.conditions import Conditions
from bot.simulators.flux.custom_object import CustomObject, Json
from bot.simulators.flux.versions import Version

Key = tuple[str, str]
"""Namespace and name."""

FINALIZER = "finalizers.tf.contrib.fluxcd.io"
DEPENDANT = "tf.dependency.of."
REQUEST = "reconcile.fluxcd.io/requestedAt"
_LONGEST_RETRY = 24 * 3600.0


def plan_id(revision: str) -> str:
    """`plan-main-<10>` of `main@sha1:<40>`; slashes of a ref become dashes."""
    branch, _, digest = revision.rpartition("@")
    sha = digest.rpartition(":")[2]
    return "-".join(part for part in ("plan", branch.replace("/", "-"), sha[:10]) if part)


class Terraform(CustomObject):
    """The object's JSON, copied; `now` tells the time."""

    def __init__(self, document: Json, now: Callable[[], datetime], version: Version) -> None:
        super().__init__(document)
        self._now = now
        self._version = version
        self._drift = False

    # What is asked for

    @property
    def deleting(self) -> bool:
        return bool(self.metadata.get("deletionTimestamp"))

    @property
    def requested_at(self) -> str:
        """The value of the annotation that asks for a pass, "" without one."""
        return str((self.metadata.get("annotations") or {}).get(REQUEST, ""))

    @property
    def finalizers(self) -> list[str]:
        return list(self.metadata.get("finalizers") or ())

    @property
    def workspace(self) -> str:
        return str(self.spec.get("workspace") or "default")

    @property
    def approve(self) -> str:
        return str(self.spec.get("approvePlan") or "")

    @property
    def source(self) -> Key:
        """Namespace and name of the GitRepository."""
        ref = self.spec["sourceRef"]
        return str(ref.get("namespace") or self.key[0]), str(ref["name"])

    @property
    def interval(self) -> float:
        """Seconds."""
        return durations.seconds(self.spec["interval"])

    @property
    def retry_interval(self) -> float:
        """Seconds until a failed pass is repeated."""
        retry = durations.seconds(self.spec.get("retryInterval") or "15s")
        if self.spec.get("retryStrategy") == "ExponentialBackoff":
            longest = self.spec.get("maxRetryInterval")
            limit = durations.seconds(longest) if longest else _LONGEST_RETRY
            retry = min(limit, retry * 2.0**self.failures)
        return retry

    # What is

    @property
    def conditions(self) -> Conditions:
        """The status' own list."""
        items = self.status.setdefault("conditions", [])
        return Conditions(items, durations.stamp(self._now()), self.generation)

    @property
    def pending(self) -> str:
        """The plan that waits for approval, or for its apply."""
        return str((self.status.get("plan") or {}).get("pending", ""))

    @property
    def lock(self) -> str:
        """Who holds the state, as far as the last passes saw."""
        return str((self.status.get("lock") or {}).get("pending", ""))

    @property
    def failures(self) -> int:
        return int(self.status.get("reconciliationFailures") or 0)

    @property
    def attempted(self) -> str:
        return str(self.status.get("lastAttemptedRevision", ""))

    def _moment(self) -> str:
        return durations.stamp(self._now())

    # Transitions

    def progress(self, message: str) -> None:
        """`Ready` Unknown/Progressing."""
        self.conditions.set("Ready", "Unknown", "Progressing", message)

    def ready(self, status: str, reason: str, message: str, revision: str) -> None:
        """`Ready` says so, of this revision; the generation is observed."""
        if status != "Unknown":
            self.conditions.remove("Reconciling")
        self.conditions.set("Ready", status, reason, message)
        self.status["observedGeneration"] = self.generation
        self._keep("lastAttemptedRevision", revision)

    def fail(self, reason: str, message: str, revision: str) -> None:
        """`Ready` False."""
        self.ready("False", reason, message, revision)

    def missing_artifact(self, message: str, *, stalled: bool) -> None:
        """There is nothing to work on."""
        if stalled:
            self.conditions.set("Stalled", "True", "ArtifactFailed", message)
        self.conditions.set("Ready", "False", "ArtifactFailed", message)
        self.conditions.remove("Reconciling")

    def planned(self, revision: str, *, auto: bool) -> None:
        """A plan with changes waits, for an approval or for the apply that follows at once."""
        drifted = self._drifted()
        self.conditions.set("Plan", "True", "TerraformPlannedWithChanges", "Plan generated")
        plan: Json = {"lastApplied": self._last_applied(), "pending": plan_id(revision)}
        plan |= {"isDestroyPlan": bool(self.spec.get("destroy")), "isDriftDetectionPlan": drifted}
        self._plan(plan)
        self._planned_at(revision)
        message = "Plan generated"
        if self.spec.get("planOnly"):
            message += ": This object is in the plan only mode."
        elif not auto:
            message = approval(revision)
        self.ready("Unknown", "TerraformPlannedWithChanges", message, revision)

    def planned_nothing(self, revision: str, message: str = "Plan no changes") -> None:
        """There is nothing to do."""
        self.conditions.set("Plan", "False", "TerraformPlannedNoChanges", message)
        destroy = bool(self.spec.get("destroy"))
        self._plan({"lastApplied": self._last_applied(), "isDestroyPlan": destroy})
        self._planned_at(revision)
        self.ready("True", "TerraformPlannedNoChanges", f"{message}: {revision}", revision)

    def applying(self, revision: str) -> None:
        """The apply itself begins."""
        self.conditions.set("Apply", "Unknown", "Progressing", "Apply started")
        self._keep("lastAttemptedRevision", revision)

    def applied(self, revision: str) -> str:
        """The pending plan is carried out; the message."""
        plan = dict(self.status.get("plan") or {})
        destroyed = bool(plan.get("isDestroyPlan"))
        message = "Destroy applied successfully" if destroyed else "Applied successfully"
        self.conditions.set("Apply", "True", "TerraformAppliedSucceed", message)
        if plan.get("isDriftDetectionPlan"):
            self.status["lastAppliedByDriftDetectionAt"] = self._moment()
        self._plan({"lastApplied": plan.get("pending"), "isDestroyPlan": destroyed})
        self._keep("lastAppliedRevision", revision)
        self._released()
        reason = "TerraformAppliedSucceed"
        self.ready("Unknown", reason, f"{message}: {revision}", revision)
        return message

    def apply_failed(self, message: str, revision: str) -> None:
        """The pending plan is spent."""
        self.conditions.set("Apply", "False", "TerraformAppliedFail", message)
        self.fail("TFExecApplyFailed", message, revision)
        self.clear_pending()

    def drift(self, revision: str, text: str) -> None:
        """What is differs from what was applied."""
        self._drift = True
        self.status["lastDriftDetectedAt"] = self._moment()
        self._released()
        self.ready("False", "DriftDetected", text, revision)

    def no_drift(self, revision: str) -> None:
        """All is as it was applied."""
        self._released()
        self.ready("True", "NoDrift", f"No drift: {revision}", revision)

    def locked(self, lock: str) -> None:
        """Somebody else holds the state."""
        message = f"Terraform Locked with Lock Identifier: {lock}"
        self.conditions.set("StateLocked", "True", "LockHeld", message)
        last = self.lock or (self.status.get("lock") or {}).get("lastApplied")
        self._lock({"lastApplied": last, "pending": lock})

    def unlocked(self, lock: str) -> None:
        """The lock was broken."""
        message = f"Terraform Force Unlock with Lock Identifier: {lock}"
        self.conditions.set("StateLocked", "False", "ForceUnlock", message)
        self._lock({"lastApplied": lock})

    def outputs(self, names: Sequence[str]) -> None:
        """The state has these outputs."""
        if names:
            self.conditions.set("Output", "True", "TerraformOutputsAvailable", "Outputs available")
            self.status["availableOutputs"] = sorted(names)

    def outputs_written(self, revision: str) -> None:
        """They are in the Secret that was asked for."""
        reason, message = "TerraformOutputsWritten", "Outputs written"
        self.conditions.set("Output", "True", reason, message)
        self.ready("True", reason, f"{message}: {revision}", revision)

    def settle(self) -> None:
        """The end of a pass that went well: `Unknown` becomes `True`, unless a plan waits."""
        ready = next((i for i in self.conditions.items if i["type"] == "Ready"), None)
        waits = ("TerraformPlannedWithChanges", "Progressing")
        if ready and ready["status"] == "Unknown" and ready["reason"] not in waits:
            ready["status"] = "True"
            if self._version.records_success:
                self.conditions.remove("Reconciling")

    def succeeded(self) -> None:
        """A pass ended well."""
        self.forget_failures()
        if self._version.records_success:
            self.status["lastSuccessfulReconcileAt"] = self._moment()

    def failed_again(self) -> None:
        """A pass ended badly."""
        self.status["reconciliationFailures"] = self.failures + 1

    def forget_failures(self) -> None:
        """Something changed: count anew."""
        self.conditions.remove("Stalled")
        self.status.pop("reconciliationFailures", None)

    def handled(self) -> None:
        """The end of every pass, also of one that did nothing."""
        self._keep("lastHandledReconcileAt", self.requested_at)
        if self.conditions.status("Ready") == "True":
            self.status["observedGeneration"] = self.generation

    def clear_pending(self) -> None:
        """The plan that waits is of no use any more."""
        plan = dict(self.status.get("plan") or {})
        plan.pop("pending", None)
        self._plan(plan)

    # How fields are kept

    def _keep(self, name: str, value: str) -> None:
        if value:
            self.status[name] = value

    def _plan(self, plan: Json) -> None:
        self.status["plan"] = {name: value for name, value in plan.items() if value}

    def _lock(self, lock: Json) -> None:
        self.status["lock"] = {name: value for name, value in lock.items() if value}

    def _last_applied(self) -> str:
        return str((self.status.get("plan") or {}).get("lastApplied", ""))

    def _planned_at(self, revision: str) -> None:
        self._keep("lastAttemptedRevision", revision)
        self._keep("lastPlannedRevision", revision)
        self.status["lastPlanAt"] = self._moment()
        if self._version.records_success:
            self.status["lastPlannedGeneration"] = self.generation
        self._released()

    def _released(self) -> None:
        if self._version.records_success:
            self.conditions.remove("StateLocked")
            if "lock" in self.status:
                self._lock({})

    def _drifted(self) -> bool:
        """Whether drift was seen since the last apply."""
        apply = next((i for i in self.conditions.items if i["type"] == "Apply"), None)
        seen = self.status.get("lastDriftDetectedAt")
        if not apply or apply["status"] != "True" or not seen:
            return False
        return self._drift or durations.parse(seen) > durations.parse(apply["lastTransitionTime"])


def approval(revision: str) -> str:
    """How a plan that waits is approved."""
    return f'Plan generated: set approvePlan: "{plan_id(revision)}" to approve this plan.'
