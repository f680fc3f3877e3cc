"""`/lotus status`: stable only where nothing at all is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from command_world import NOW, TIP, ladder, lake, observed, said
from truth_platform import Case

from bot.lifecycle.backfill import FlaggedConnection
from bot.lifecycle.commands.parts import PlatformSeen
from bot.lifecycle.flags import StreamFlag
from bot.lifecycle.platform import Deployment, Unfollowed, beside, deployment
from bot.lifecycle.stability.inventory import AirbyteObject, Kind
from bot.lifecycle.status import ObjectStatus, status_text
from bot.model.airbyte import Job, JobKind, JobStatus
from bot.model.cluster import Condition, ObjectName, Source, Warned, source_from, terraform_from

LOST = AirbyteObject(Kind.CONNECTION, "00000000-0000-4000-8000-00000000aaaa", "old")
FLAGGED = FlaggedConnection("airbyte_connection.x", (StreamFlag("a", "b", 1),), TIP, NOW)


READY = {"type": "Ready", "status": "True", "reason": "NoDrift", "message": "No drift"}
BROKEN = {**READY, "status": "False", "reason": "TFExecPlanFailed", "message": "Error: of `x`"}
MISSING = {**BROKEN, "reason": "ArtifactFailed", "message": "not found"}


def of_source(ref: dict[str, str], *, url: str = "https://github.com/octo/lake") -> Source:
    """A GitRepository that follows no branch, with a commit fetched."""
    return source_from(
        {
            "metadata": {"namespace": "flux-system", "name": "lake"},
            "spec": {"url": url, "ref": ref},
            "status": {"artifact": {"revision": f"v1@sha1:{TIP}"}},
        }
    )


def unfollowed(
    kind: str = "GitRepository",
    source: Source | None = None,
    ready: dict[str, Any] = READY,
    *,
    revision: str = f"v1@sha1:{TIP}",
    looked_at: bool = True,
) -> Unfollowed:
    """`lake/net`, which has attempted and applied this revision."""
    status = {"lastAttemptedRevision": revision, "lastAppliedRevision": revision}
    item = {
        "metadata": {"namespace": "lake", "name": "net"},
        "spec": {"sourceRef": {"kind": kind, "name": "lake", "namespace": "flux-system"}},
        "status": {**status, "conditions": [ready]},
    }
    made = deployment(terraform_from(item), source, looked_at=looked_at)
    assert isinstance(made, Unfollowed)
    return made


def platform(
    *more: AirbyteObject, case: str = "nothing-changed", tip: Any = None, **changes: Any
) -> PlatformSeen:
    seen = Case(case).inventory(*more, **changes)
    return PlatformSeen(seen, seen, (Case(case).tip(**(tip or {})),))


def failing() -> tuple[ObjectStatus, ...]:
    (item,) = ladder()
    made = item.rollout.deployment
    terraform = replace(made.terraform, failures=3)
    changed = replace(item.rollout, deployment=replace(made, terraform=terraform))
    return (replace(item, rollout=changed),)


def source_failing() -> tuple[ObjectStatus, ...]:
    """The tip is applied, and the next one could not be fetched."""
    (item,) = ladder()
    made = item.rollout.deployment
    source = replace(made.source, ready=Condition("False", "GitOperationFailed", "no access"))
    return (replace(item, rollout=replace(item.rollout, deployment=replace(made, source=source))),)


def ended(status: JobStatus) -> PlatformSeen:
    """The newest job of one of its connections came to this."""
    objects = Case("nothing-changed").objects()
    (first, *_) = [item for item in objects if item.kind is Kind.CONNECTION]
    job = Job(7, first.id, JobKind.SYNC, status, NOW, NOW)
    told = tuple(replace(i, last_job=job) if i.id == first.id else i for i in objects)
    return platform(objects=told)


def warned(at: datetime) -> tuple[ObjectStatus, ...]:
    """An object that passed half an hour ago, and was warned of at that time."""
    (item,) = ladder()
    made = item.rollout.deployment
    passed = replace(made.terraform, last_success_at=NOW - timedelta(minutes=30))
    rollout = replace(item.rollout, deployment=replace(made, terraform=passed))
    return (replace(item, rollout=rollout, warnings=(Warned("RunnerQuotaExhausted", at),)),)


def text(seen: PlatformSeen, objects: tuple[ObjectStatus, ...] | None = None) -> str:
    found = said(observed("/lotus status", ladder=objects or ladder(), platform=seen))
    assert found.reaction == "rocket"
    return found.text


def test_where_nothing_is_missing_it_is_stable_and_the_ladder_follows() -> None:
    told = text(platform())
    assert told.startswith("**Stable**")
    assert "### lake-airbyte — applied" in told


@pytest.mark.parametrize("status", [JobStatus.SUCCEEDED, JobStatus.RUNNING, JobStatus.INCOMPLETE])
def test_a_job_that_goes_well_or_goes_on_is_no_matter(status: JobStatus) -> None:
    assert text(ended(status)).startswith("**Stable**")


@pytest.mark.parametrize(
    ("seen", "objects", "words"),
    [
        pytest.param(platform(), ladder(FLAGGED), "backfill is set", id="a flag"),
        pytest.param(platform(), ladder(suspend=True), "suspended", id="suspended"),
        pytest.param(platform(), failing(), "3 failures in a row", id="failures in a row"),
        pytest.param(
            platform(),
            warned(NOW),
            "Events warn of `RunnerQuotaExhausted` since its last pass that ended well",
            id="Events not quiet",
        ),
        pytest.param(
            platform(),
            source_failing(),
            "GitRepository `flux-system/lake` is not ready",
            id="the source is not ready",
        ),
        pytest.param(
            ended(JobStatus.FAILED), ladder(), "its newest job (7) failed", id="not arrived"
        ),
        pytest.param(
            ended(JobStatus.CANCELLED), ladder(), "job (7) was cancelled", id="broken off"
        ),
        pytest.param(platform(LOST), ladder(), "1 orphan in", id="an orphan"),
        pytest.param(
            PlatformSeen(platform(LOST).now), ladder(), "seen just now", id="perhaps an orphan"
        ),
        pytest.param(
            platform(problems=("Airbyte: no answer",)), ladder(), "not known", id="not known"
        ),
        pytest.param(platform(case="renamed-in-the-ui"), ladder(), "differ", id="drift"),
        pytest.param(
            platform(case="ticket-004-credential"), ladder(), "a credential changed", id="a secret"
        ),
        pytest.param(
            platform(tip={"perpetual": frozenset({"airbyte_connection.x"})}),
            ladder(),
            "every pass updates `airbyte_connection.x`",
            id="a perpetual update",
        ),
        pytest.param(
            platform(tip={"problem": "no state"}), ladder(), "could not be predicted", id="no plan"
        ),
    ],
)
def test_what_is_missing_is_said(
    seen: PlatformSeen, objects: tuple[ObjectStatus, ...], words: str
) -> None:
    told = text(seen, objects)
    assert told.startswith("**Not stable.**")
    assert words in told.partition("###")[0]


def test_a_warning_of_before_the_last_pass_that_ended_well_is_quiet() -> None:
    assert text(platform(), warned(NOW - timedelta(hours=1))).startswith("**Stable**")


def test_the_ladder_has_every_rung() -> None:
    """Git, artifact, attempted, applied, Ready, state, lock, last plan, and what is behind."""
    (item,) = ladder()
    seen = item.rollout
    source = replace(seen.deployment.source, revision="c" * 40)
    terraform = replace(seen.deployment.terraform, applied="d" * 40, last_plan_at=NOW, failures=2)
    made = replace(seen.deployment, source=source, terraform=terraform)
    rollout = replace(seen, deployment=made)
    item = replace(item, rollout=rollout, state="serial 7", lock="held by 1234")
    assert status_text((item,)).splitlines()[2:] == [
        "| | |",
        "| --- | --- |",
        "| Git, `main` | `bbbbbbbbbb` |",
        "| fetched | `cccccccccc`, behind |",
        "| attempted | `bbbbbbbbbb` |",
        "| applied | `dddddddddd`, nothing to apply since |",
        "| Ready | True NoDrift |",
        "| last plan | 2026-01-01 12:00:00 UTC |",
        "| failures in a row | 2 |",
        "| state | serial 7 |",
        "| lock | held by 1234 |",
    ]


# What cannot be followed is said, and followed as far as it can be

OCI = {"kind": "OCIRepository", "revision": "latest@sha256:" + "c" * 64}


@pytest.mark.parametrize(
    ("item", "headline", "words"),
    [
        pytest.param(
            unfollowed(source=of_source({"tag": "v1"})),
            "applied",
            ["follows tag v1, no branch", "only a new `spec.ref` moves it", f"`{TIP[:10]}`"],
            id="a tag",
        ),
        pytest.param(
            unfollowed(source=of_source({"semver": ">=1"})),
            "applied",
            ["follows semver >=1", "the next tag that fits moves it"],
            id="semver",
        ),
        pytest.param(
            unfollowed(source=of_source({"name": "refs/tags/v1"})),
            "applied",
            ["follows name refs/tags/v1", "moves with that reference"],
            id="a reference by its name",
        ),
        pytest.param(
            unfollowed(source=of_source({"commit": TIP})),
            "applied",
            [f"follows commit {TIP}", "only a new `spec.ref` moves it"],
            id="a commit",
        ),
        pytest.param(
            unfollowed(source=of_source({"tag": "v1"}), ready=BROKEN),
            "failed",
            ["```", "Error: of `x`"],
            id="a tag whose plan fails",
        ),
        pytest.param(
            unfollowed(source=of_source({"tag": "v2"}), revision="v1@sha1:" + "a" * 40),
            "waiting for a pass",
            ["attempted | `v1@sha1:aaaa"],
            id="a new tag that is not attempted yet",
        ),
        pytest.param(
            unfollowed(**OCI),
            "not followed",
            ["its source is a OCIRepository", "latest@sha256:cccc", "Only a GitRepository"],
            id="OCIRepository",
        ),
        pytest.param(unfollowed("Bucket"), "not followed", ["is a Bucket"], id="Bucket"),
        pytest.param(
            unfollowed("ExternalArtifact", ready=BROKEN),
            "not followed",
            ["is a ExternalArtifact", "Error: of `x`"],
            id="ExternalArtifact, and it fails",
        ),
        pytest.param(unfollowed(""), "not followed", ["source of no kind"], id="no kind"),
        pytest.param(
            unfollowed(ready=MISSING),
            "not followed",
            ["flux-system/lake is not there", "plans nothing before it is", "not found"],
            id="no source",
        ),
        pytest.param(
            unfollowed(looked_at=False),
            "not followed",
            ["is in a namespace that is not looked at", "Add flux-system to LOTUS_NAMESPACES"],
            id="a source in a namespace that is not ours to see",
        ),
        pytest.param(
            unfollowed(source=of_source({"branch": "main"}, url="octo")),
            "not followed",
            ["names no repository", "Mend its `spec.url`"],
            id="a URL that is none",
        ),
    ],
)
def test_what_cannot_be_followed_is_said_with_all_that_is_known(
    item: Unfollowed, headline: str, words: list[str]
) -> None:
    found = said(observed("/lotus status", ladder=ladder(), platform=platform(), beside=(item,)))
    told = found.text.replace("\\", "")
    well = item.terraform.ready.status == "True" and headline in ("applied", "not followed")
    assert told.startswith("**Stable**" if well else "**Not stable.**")
    assert ("`net` is not well" in told) is not well
    part = told[told.index("### net") :]
    assert part.startswith(f"### net — {headline}\n")
    assert "| Ready | " in part
    for each in words:
        assert each.lower() in part.lower()


def test_where_nothing_else_applies_it_status_is_answered_and_the_rest_refers_to_it() -> None:
    lost = {"served": False, "beside": (unfollowed(source=of_source({"tag": "v1"})),)}
    told = said(observed("/lotus status", platform=platform(), **lost))
    assert told.reaction == "rocket"
    assert "### net — applied" in told.text
    other = said(observed("/lotus reconcile", **lost))
    assert other.reaction == "confused"
    assert "`/lotus status` says why" in other.text


HERE, ELSEWHERE = "octo/lake", "octo/pond"
FOLLOWED = lake()
OF_A_TAG = unfollowed(source=of_source({"tag": "v1"}))
OF_A_BUCKET = unfollowed("Bucket")
IN_ANOTHER_NAMESPACE = replace(
    OF_A_BUCKET, terraform=replace(OF_A_BUCKET.terraform, name=ObjectName("pond", "net"))
)
OF_ANOTHER = replace(OF_A_TAG, source=of_source({"tag": "v1"}, url="https://github.com/octo/pond"))
NOT_INSTALLED = Deployment(FOLLOWED.terraform, FOLLOWED.source, "octo/private", "main")


@pytest.mark.parametrize(
    ("made", "found"),
    [
        pytest.param([FOLLOWED], 0, id="what is followed is told otherwise"),
        pytest.param([OF_A_TAG], 1, id="its own, though nothing of it is followed"),
        pytest.param([FOLLOWED, OF_A_BUCKET], 1, id="nobody's, beside what is its own"),
        pytest.param([OF_A_BUCKET], 0, id="nobody's, where nothing is its own"),
        pytest.param([FOLLOWED, IN_ANOTHER_NAMESPACE], 0, id="nobody's, in another namespace"),
        pytest.param([FOLLOWED, OF_ANOTHER], 0, id="another's, who can ask there"),
        pytest.param([FOLLOWED, NOT_INSTALLED], 1, id="another's, where nobody can ask"),
    ],
)
def test_each_is_told_where_somebody_can_ask_for_it(
    made: list[Deployment | Unfollowed], found: int
) -> None:
    told = beside(made, HERE, {HERE, ELSEWHERE})
    assert len(told) == found
    assert not any("private" in item.why for item in told), "a name that may not be known here"
