"""The same loop when the cluster misbehaves: said, retried, nothing lost, nobody else affected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from day import CONNECTIONS, QUICK, Day, stage_at
from grounds import Ground

from bot.demo.stage import ANNA, NAMESPACE, REPOSITORY, TERRAFORM, Stage, step
from bot.simulators.faults import Fault
from bot.simulators.flux import V0_16_0_RC7, V0_16_5, Version, manifests
from bot.simulators.kubernetes import Kubernetes

pytestmark = pytest.mark.slow

SOURCE = ("GitRepository", manifests.SOURCE_NAMESPACE, "lotus-lake")
SOON = 150.0
"""Seconds; the controllers' own intervals are 5 and 10 minutes."""

Json = dict[str, Any]


def simulated(stage: Stage) -> Kubernetes:
    assert isinstance(stage.cluster, Kubernetes)
    return stage.cluster


async def applied(day: Day, sha: str, seconds: float = SOON) -> float:
    return await day.until(lambda: day.attempted(sha) and day.ready(), "it is applied", seconds)


# The API server misbehaves (the simulated one, for the real one does not)


def answered(status: int, times: int = 3, **more: Any) -> Callable[[str], Fault]:
    return lambda path: Fault(path, "PATCH", status=status, times=times, **more)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(answered(409), id="409"),
        pytest.param(answered(429, headers={"Retry-After": "1"}), id="429"),
        pytest.param(answered(500), id="500"),
        pytest.param(answered(500, after=True), id="500 although it was done"),
        pytest.param(lambda path: Fault(path, "PATCH", drop=True, times=3), id="closed"),
        pytest.param(lambda path: Fault(path, "PATCH", delay=20.0, times=2), id="slow"),
    ],
)
@pytest.mark.parametrize(
    ("version", "path"),
    [
        pytest.param(V0_16_5, r"/gitrepositories/[^/]+\?fieldManager=lotus", id="source"),
        pytest.param(V0_16_0_RC7, r"/terraforms/[^/?]+\?fieldManager=lotus", id="terraform"),
        pytest.param(V0_16_0_RC7, r"/terraforms/[^/]+/status\?fieldManager=lotus", id="status"),
    ],
)
async def test_a_request_that_goes_wrong_is_made_again(
    tmp_path: Path, version: Version, path: str, fault: Callable[[str], Fault]
) -> None:
    async with stage_at(tmp_path, version) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        wrong = fault(path)
        simulated(stage).faults.append(wrong)
        pushed = day.push(day.edited(CONNECTIONS, "units = 6", "units = 8"))
        await applied(day, pushed, 2 * SOON)
        assert wrong.times < 3, "it went wrong"


async def test_an_api_server_that_vanishes_for_a_minute_is_waited_for(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK) as running:
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        await simulated(stage).stop()
        number = day.propose("add-recharge", dict(step("add-recharge")))
        day.merge(number)
        await day.until(lambda: bool(running.world.platforms.missing()), "it is said", SOON)
        await stage.clock.sleep(SOON)
        await simulated(stage).start()
        await day.until(lambda: day.rung(number) in ("applied", "arrived"), "it is told", 2 * SOON)
        assert await stage.sources() == ["Klaviyo", "Recharge", "Shopify"]
        assert len(day.comments(number)) == 1


@pytest.mark.parametrize("abruptly", [False, True])
async def test_watches_that_end_and_are_too_old_miss_nothing(
    tmp_path: Path, abruptly: bool
) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        for units in ("8", "10"):
            simulated(stage).compact()
            assert simulated(stage).end_watches(abruptly=abruptly)
            before = "6" if units == "8" else "8"
            text = day.edited(CONNECTIONS, f"units = {before}", f"units = {units}")
            await applied(day, day.push(text))


async def test_a_kind_that_is_not_there_yet_is_said_and_waited_for(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage:
        day = Day(stage)
        await day.until(day.ready, "the platform is applied")
        absent = Fault("/gitrepositories", "GET", status=404, times=3, body=b"404 page not found")
        simulated(stage).faults.append(absent)
        async with stage.service(**QUICK):
            assert absent.times == 0
            await applied(day, day.push(day.edited(CONNECTIONS, "units = 6", "units = 8")))


# One watch of each kind, however many wait


async def test_many_pull_requests_wait_on_the_same_two_watches(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage:
        day, cluster = Day(stage), simulated(stage)
        await day.until(day.ready, "the platform is applied")
        controllers = cluster.watching
        async with stage.service(**QUICK):
            await day.until(day.at_rest, "the platform is applied")
            stage.flux.timing.plan = 8.0
            numbers = [
                day.propose(f"change-{n}", {f"docs/{n}.md": b"x", **dict(step("add-recharge"))})
                for n in range(6)
            ]
            for number in numbers:
                await day.until(lambda n=number: bool(day.comments(n)), "a comment")
            before = len(cluster.requests)
            day.merge(numbers[0])
            assert cluster.watching == controllers + 2
            await day.until(lambda: day.rung(numbers[0]) in ("applied", "arrived"), "applied")
            assert cluster.watching == controllers + 2
            lists = [r for r in cluster.requests[before:] if "limit=500" in r and "GET" in r]
            assert lists == [], "nothing is polled where it is watched"


# What people and other objects do


async def test_a_commit_that_a_force_push_takes_away_is_told_and_what_replaces_it_applied(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        before = stage.github.tip(REPOSITORY, "main")
        number = day.propose("add-recharge", dict(step("add-recharge")))
        await day.until(lambda: bool(day.comments(number)), "a comment")
        stage.flux.remote.fail(times=2)
        day.merge(number)
        await force(stage, "main", str(before))
        pushed = day.push(day.edited(CONNECTIONS, "units = 6", "units = 8"))
        await applied(day, pushed, 2 * SOON)
        await day.until(lambda: "no longer on the branch" in day.said(number), "it is told")
        assert await stage.sources() == ["Klaviyo", "Shopify"]


async def force(stage: Stage, branch: str, sha: str) -> None:
    """As `git push --force` does."""
    headers = {"Authorization": f"Bearer {stage.github.token_for(ANNA)}"}
    path = f"/repos/{REPOSITORY}/git/refs/heads/{branch}"
    async with (
        aiohttp.ClientSession(stage.github.url, headers=headers) as session,
        session.patch(path, json={"sha": sha, "force": True}) as response,
    ):
        assert response.status == 200, await response.text()


async def test_a_suspended_object_is_respected_told_once_and_followed_when_it_is_resumed(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        patch(stage, ("Terraform", NAMESPACE, TERRAFORM), {"suspend": True})
        pushed = day.push(day.edited(CONNECTIONS, "units = 6", "units = 8"))
        told = lambda: stage.github.commit_comments(REPOSITORY, pushed)  # noqa: E731
        await day.until(lambda: bool(told()), "it is told")
        assert "/lotus resume" in told()[0].body
        patch(stage, ("Terraform", NAMESPACE, TERRAFORM), {"suspend": False})
        await applied(day, pushed)
        assert len(told()) == 1


async def test_a_source_that_cannot_be_fetched_is_asked_again_and_told_of(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        stage.flux.remote.fail("unable to clone: authentication required", times=4)
        pushed = day.push(day.edited(CONNECTIONS, "units = 6", "units = 8"))
        told = lambda: stage.github.commit_comments(REPOSITORY, pushed)  # noqa: E731
        await day.until(lambda: bool(told()), "it is told")
        assert "authentication required" in told()[0].body
        await applied(day, pushed, 3 * SOON)
        assert len(told()) == 1


async def test_odd_objects_beside_do_not_touch_those_that_are_well(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        for item in odd():
            stage.cluster.put(item)
        await day.until(day.at_rest, "the platform is applied")
        pushed = day.push(day.edited(CONNECTIONS, "units = 6", "units = 8"))
        await applied(day, pushed)


def odd() -> list[Json]:
    """What people and other tools leave in a cluster; suspended, for the simulator is no judge."""
    bucket = manifests.terraform(name="of-a-bucket", suspend=True)
    bucket["spec"]["sourceRef"] = {"kind": "Bucket", "name": "b"}
    lost = manifests.terraform(source="nowhere", name="lost", suspend=True)
    bare = manifests.terraform(name="bare", suspend=True)
    bare["spec"] = {"suspend": True, "sourceRef": {"kind": "GitRepository", "name": "x"}}
    noted = manifests.terraform(name="noted", suspend=True)
    noted["metadata"]["annotations"] = {"reconcile.fluxcd.io/requestedAt": "lotus/🪷/x/y"}
    tagged = manifests.git_repository("https://git.example/a/b", "tagged", ref={"semver": "*"})
    tagged["spec"]["suspend"] = True
    return [bucket, lost, bare, noted, tagged, manifests.terraform("tagged", "rel", suspend=True)]


async def test_somebody_elses_request_stays(tmp_path: Path, on: Ground) -> None:
    """The commit is fetched for them, and nobody has to ask again."""
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        stage.flux.timing.fetch = 2.0
        value = stage.clock.now().isoformat()
        pushed = day.push(day.edited(CONNECTIONS, "units = 6", "units = 8"))
        annotate(stage, SOURCE, value)
        await applied(day, pushed)
        noted = stage.cluster.get(*SOURCE)["metadata"]["annotations"]
        assert noted["reconcile.fluxcd.io/requestedAt"] == value


def patch(stage: Stage, place: tuple[str, str, str], spec: Json) -> None:
    stage.cluster.patch(*place, {"spec": spec})


def annotate(stage: Stage, place: tuple[str, str, str], value: str) -> None:
    notes = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": value}}}
    stage.cluster.patch(*place, notes)
