"""A check that was started always ends, end to end."""

from __future__ import annotations

from pathlib import Path

from day import CONNECTIONS, NAMESPACE, QUICK, TERRAFORM, Day, stage_at

from bot.demo.stage import REPOSITORY, Stage
from bot.simulators.github.state import CheckRun
from bot.simulators.kubernetes import Kubernetes

CHANGE = ("units = 15", "units = 1")


def apply_check(stage: Stage, sha: str) -> CheckRun:
    (found,) = stage.github.check_runs(REPOSITORY, sha)
    assert found.name == "lotus / apply"
    return found


def stands(stage: Stage, sha: str) -> str:
    """The conclusion, or the status, of the only check on a commit."""
    found = stage.github.check_runs(REPOSITORY, sha)
    return str(found[0].conclusion or found[0].status) if found else "none"


async def merged(day: Day) -> str:
    """A merge that the controller takes long over, with its check in progress."""
    await day.until(day.at_rest, "the platform is applied")
    number = day.propose("more-often", day.edited(CONNECTIONS, *CHANGE))
    await day.until(lambda: bool(day.comments(number)), "a comment")
    day.stage.flux.timing.plan = 5000.0
    sha = day.merge(number)
    await day.until(lambda: stands(day.stage, sha) == "in_progress", "the check is started")
    return sha


async def test_of_an_object_that_is_gone_the_check_ends_neutral(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        sha = await merged(Day(stage))
        cluster = stage.cluster
        assert isinstance(cluster, Kubernetes)
        cluster.patch("Terraform", NAMESPACE, TERRAFORM, {"metadata": {"finalizers": None}})
        cluster.delete("Terraform", NAMESPACE, TERRAFORM)
        await Day(stage).until(lambda: stands(stage, sha) == "neutral", "it ends")
        assert "No Terraform object" in str(apply_check(stage, sha).summary)


async def test_of_a_merge_that_is_too_old_the_check_ends_neutral(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage:
        async with stage.service(**QUICK):
            sha = await merged(Day(stage))
        await stage.clock.sleep(60)
        async with stage.service(**QUICK | {"pull_request_days": 45 / 86400}):
            await Day(stage).until(lambda: stands(stage, sha) == "neutral", "it ends")
        assert "LOTUS_PULL_REQUEST_DAYS" in str(apply_check(stage, sha).summary)
