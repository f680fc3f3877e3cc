"""What people can do about where a commit stands, in a sentence or two of Markdown. PURE.

By the controller's own reason where it matters, for `failed` alone is nothing to act on. Reasons
are those of tofu-controller 0.16.5 (its `condition_types.go`); an unknown one gets the sentence
of its stand.
"""

from __future__ import annotations

from datetime import timedelta

from bot.lifecycle.rollout import Stand, Standing


def next_step(now: Standing) -> str:
    """ "" where nobody has to do anything."""
    said = _BY_REASON.get((now.stand, now.reason)) or _BY_STAND.get(now.stand, "")
    if now.ends is None or (now.stand, now.reason) in _BY_REASON:
        return said
    ends = now.ends + timedelta(seconds=59)  # to the whole minute, and never before it is true
    return f"{said} That is by {ends:%Y-%m-%d %H:%M} UTC."


_BY_STAND = {
    Stand.SUSPENDED: "Nothing is applied until it is resumed: `/lotus resume`.",
    Stand.SOURCE_FAILED: "Flux cannot fetch the commit. I go on asking. Its GitRepository "
    "says why.",
    Stand.UNFETCHED: "I go on asking, ever less often. Does source-controller run, and does the "
    "GitRepository follow this repository and branch?",
    Stand.REPLACED: "Nothing of it is applied any more; what took its place is.",
    Stand.DEPENDENCY: "It goes on by itself when what it depends on is applied.",
    Stand.APPROVAL: "The plan is made; somebody has to approve it in `spec.approvePlan`.",
    Stand.PLAN_ONLY: "`spec.planOnly` is set: nothing is applied.",
    Stand.COMPARED: "`spec.approvePlan` is `disable`: what differs is looked at and not applied.",
    Stand.FAILED: "A fix that is pushed is taken up at once.",
    Stand.BLOCKED: "It goes on when what blocks it is gone.",
    Stand.STALLED: "It does not go on by itself.",
    Stand.IGNORED: "The controller was asked several times. Does it run? A change of the object "
    "makes it look anew: `/lotus suspend`, then `/lotus resume`. Left alone it takes the commit up "
    "at the latest when the object's interval is over.",
}

_LOCK = "`/lotus unlock` frees the lock where its holder is gone; else it goes on when it is freed."
_QUOTA = "The namespace's ResourceQuota leaves no room for the runner's Pod; it is tried again."

_BY_REASON = {
    (Stand.RUNNING, "TakesLong"): "Does the runner's Pod still work (`kubectl get pods -l "
    "app.kubernetes.io/name=tf-runner`)? I go on waiting for it.",
    (Stand.RUNNING, "NoRunner"): "The controller waits for its runner's Pod (`kubectl get pods -l "
    "app.kubernetes.io/name=tf-runner`, `kubectl get events`): a ResourceQuota, a full node or an "
    "image that cannot be pulled keep it from starting. It goes on by itself when there is room.",
    (Stand.BLOCKED, "LockHeld"): _LOCK,
    (Stand.BLOCKED, "DriftDetectionFailed"): _LOCK,
    (Stand.BLOCKED, "TFExecPlanFailed"): _LOCK,
    (Stand.BLOCKED, "TFExecApplyFailed"): _LOCK,
    (Stand.BLOCKED, "TFExecInitFailed"): _LOCK,
    (Stand.BLOCKED, "RunnerQuotaExhausted"): _QUOTA,
    (Stand.STALLED, "RetryLimitReached"): "Its retries (`spec.remediation.retries`) are used up: "
    "a pushed fix starts the count anew.",
    (Stand.STALLED, "AccessDenied"): "The controller refuses references into another namespace: "
    "put the source into the object's own, or start it without `--no-cross-namespace-refs`.",
    (Stand.FAILED, "AccessDenied"): "The controller refuses references into another namespace "
    "(`dependsOn`): mend the reference.",
    (Stand.FAILED, "ArtifactFailed"): "The runner could not get the artifact from "
    "source-controller. It is tried again; `/lotus reconcile` tries now.",
    (Stand.FAILED, "VarsGenerationFailed"): "A Secret or ConfigMap of `spec.varsFrom` is not there "
    "or lacks a key. When it is there: `/lotus reconcile`.",
    (Stand.FAILED, "TFExecInitFailed"): "A provider, a module or the backend could not be had. It "
    "is tried again; `/lotus reconcile` tries now.",
    (Stand.FAILED, "TFExecApplyFailed"): "What was applied before it failed stays, and is in the "
    "state. A fix that is pushed is taken up at once.",
    (Stand.FAILED, "DriftDetectionFailed"): "What stands could not be read. It is tried again; "
    "`/lotus drift` tells what is not there any more.",
    (Stand.FAILED, "DriftDetected"): "What stands differs from the code, and only what somebody "
    "approves is applied.",
    (Stand.FAILED, "OutputsWritingFailed"): "It is applied; only its outputs could not be written "
    "to the Secret of `spec.writeOutputsToSecret`.",
    (Stand.FAILED, "TFExecOutputFailed"): "It is applied; only its outputs could not be read.",
    (Stand.FAILED, "PostPlanningWebhookFailed"): "A webhook of `spec.webhooks` said no or did not "
    "answer: nothing is applied before it agrees.",
    (Stand.FAILED, "SelectWorkspaceFailed"): "`spec.workspace` names one that cannot be selected.",
    (Stand.FAILED, "TemplateGenerationFailed"): "The backend's configuration "
    "(`spec.backendConfig`) makes no sense to the controller.",
    (Stand.IGNORED, "TerraformPlannedWithChanges"): "The plan of an older commit waits for "
    "approval: approve it in `spec.approvePlan`, or let it be `replan` for a new one.",
}
