"""What a copy of a Terraform object may do, and in which order it is taken away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from plan_copies import (
    COMMAND,
    HEAD,
    NOW,
    PINNED,
    SOURCE,
    TERRAFORM,
    intent,
    ready,
    seen,
    slot,
    slots,
    terraform_json,
)

from bot.lifecycle.confirm import Slot, decide_confirm
from bot.lifecycle.confirm.copy_effects import CreateSourceCopy, CreateTerraformCopy
from bot.model.plan_copy import POOL, left_behind

RUNNING_COPY = terraform_json(**ready("Unknown", "Progressing"))

ORIGINALS: list[dict[str, Any]] = [
    {},
    {"approvePlan": "auto", "force": True},
    {"plan": {"lock": True}},
    {"destroyResourcesOnDeletion": True, "writeOutputsToSecret": {"name": "outputs"}},
    {"webhooks": [{"url": "http://elsewhere"}], "dependsOn": [{"name": "other"}]},
    {"tfstate": {"forceUnlock": "auto", "lockTimeout": "30s"}, "healthChecks": [{"type": "tcp"}]},
    {"storeReadablePlan": "none", "alwaysCleanupRunnerPod": False, "breakTheGlass": True},
    {"somethingNew": {"applies": True}},
]


@pytest.mark.parametrize("spec", ORIGINALS, ids=lambda spec: "+".join(spec) or "plain")
def test_the_copy_can_do_no_more_than_plan_whatever_the_original_says(spec: dict[str, Any]) -> None:
    original = {**TERRAFORM, "spec": {**TERRAFORM["spec"], **spec}}
    (effect,) = decide_confirm(seen(*slots(PINNED), original=original)).effects
    assert isinstance(effect, CreateTerraformCopy)
    made = effect.document["spec"]
    assert made.keys() <= {*terraform_json()["spec"], "serviceAccountName"}
    assert (made["planOnly"], made["force"], made["approvePlan"]) == (True, False, "")
    assert (made["destroy"], made["destroyResourcesOnDeletion"]) == (False, False)
    assert made["plan"] == {"lock": False}
    assert made["tfstate"]["forceUnlock"] == "no"
    assert made["storeReadablePlan"] == "json"
    assert made["backendConfig"]["secretSuffix"] == "lake-airbyte"
    assert original["spec"] == {**TERRAFORM["spec"], **spec}, "the original is untouched"


@pytest.mark.parametrize(
    ("backend", "wanted"),
    [
        (None, {"inClusterConfig": True, "secretSuffix": "lake-airbyte"}),
        ({"secretSuffix": "x"}, {"secretSuffix": "x"}),
        (
            {"inClusterConfig": False, "configPath": "/k"},
            {"inClusterConfig": False, "configPath": "/k", "secretSuffix": "lake-airbyte"},
        ),
    ],
)
def test_the_copy_plans_on_the_originals_state(backend: Any, wanted: Any) -> None:
    spec = {**TERRAFORM["spec"], **({"backendConfig": backend} if backend else {})}
    (effect,) = decide_confirm(seen(*slots(PINNED), original={**TERRAFORM, "spec": spec})).effects
    assert isinstance(effect, CreateTerraformCopy)
    assert effect.document["spec"]["backendConfig"] == wanted


def test_the_source_is_pinned_to_branch_and_commit_with_the_originals_credentials() -> None:
    (effect,) = decide_confirm(seen()).effects
    assert isinstance(effect, CreateSourceCopy)
    assert effect.document["spec"]["ref"] == {"branch": "work", "commit": HEAD}
    assert effect.document["spec"]["secretRef"] == SOURCE["spec"]["secretRef"]
    assert effect.document["metadata"]["namespace"] == "flux-system"
    made = slot(dict(effect.document))
    assert made.intent == intent(began=NOW, asked_by=COMMAND)


DELETING = {"deletionTimestamp": (NOW - timedelta(seconds=5)).isoformat()}
LONG_DELETING = {"deletionTimestamp": (NOW - timedelta(seconds=60)).isoformat()}
GOING: list[Any] = [
    pytest.param(slot(PINNED, RUNNING_COPY), ["DeleteTerraformCopy"], id="the copy first"),
    pytest.param(slot(PINNED, terraform_json(metadata=DELETING)), [], id="it is given time"),
    pytest.param(
        slot(PINNED, terraform_json(metadata=LONG_DELETING)), ["ReleaseTerraformCopy"], id="stuck"
    ),
    pytest.param(
        slot(None, terraform_json(metadata=DELETING)),
        ["DeleteCopysPlans", "ReleaseTerraformCopy"],
        id="it can never go without its source",
    ),
    pytest.param(
        slot(PINNED), ["DeleteCopysPlans", "DeleteSourceCopy"], id="then its Secrets, its source"
    ),
]


@pytest.mark.parametrize(("place", "effects"), GOING)
def test_the_copy_goes_before_its_source_and_its_secrets_with_it(
    place: Slot, effects: list[str]
) -> None:
    done = decide_confirm(seen(place, request=None)).effects
    assert [type(effect).__name__ for effect in done] == effects


def test_every_secret_is_named_also_in_parts() -> None:
    effect = decide_confirm(seen(slot(PINNED), request=None)).effects[0]
    assert effect.names == left_behind("default", POOL[0])  # type: ignore[union-attr]
    assert {"tfplan-default-lotus-plan-1.json", "tfplan-default-lotus-plan-1-3"} <= set(
        effect.names  # type: ignore[union-attr]
    )
