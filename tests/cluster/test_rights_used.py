"""The bot's rights, proved by a real API server's audit log: each is used, and none is lacking.

A day in which everything happens that needs a right of its own, under the bot's ServiceAccount
with exactly the manifests' roles. Whoever adds a right adds what needs it to the day.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from audit import Asked, Grant, Log, grants, read
from day import CONNECTIONS, QUICK, Day, stage_at
from grounds import Ground, granted_by_name, ground, rendered
from real_cluster import CLUSTER_WIDE, RealCluster

from bot.clients.errors import Forbidden
from bot.clients.kubernetes.cluster import Cluster
from bot.clients.kubernetes.connection import connected
from bot.demo.stage import ADAM, NAMESPACE, REPOSITORY, TERRAFORM, step
from bot.model.plan_copy import POOL
from bot.simulators.airbyte.jobs import JobStatus
from bot.simulators.flux import V0_16_0_RC7

pytestmark = pytest.mark.cluster

ACCOUNT = ("lotus-bot", "lotus-bot")
USER = "system:serviceaccount:lotus-bot:lotus-bot"
SETTINGS = "lotus-lake-settings"
SOURCES = "orchestration/airbyte/terraform/sources.tf"
RUNNER = f"{TERRAFORM}-tf-runner"
LEASE = f"lock-tfstate-default-{TERRAFORM}"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """The day, played once."""
    on = ground("real")
    assert isinstance(on.cluster, RealCluster)
    path = on.cluster.server.folder / "audit.log"
    since = path.stat().st_size
    asyncio.run(play(on, on.cluster, tmp_path_factory.mktemp("day")))
    return read(path, USER, since)


def given() -> list[Grant]:
    """Every verb that is granted in the day."""
    return list(grants([*rendered("cluster-wide"), *granted_by_name(ACCOUNT, SETTINGS)]))


# The day


async def play(on: Ground, cluster: RealCluster, folder: Path) -> None:
    named = cluster.server.kubectl(
        *("apply", "--server-side", "-f", "-"), given=granted_by_name(ACCOUNT, SETTINGS)
    )
    assert named.returncode == 0, named.stderr
    async with stage_at(folder, V0_16_0_RC7, on=on) as stage:
        day = Day(stage)
        variables_of_a_config_map(cluster, stage.airbyte.workspace_id)
        async with stage.service(**QUICK):
            await day.until(day.at_rest, "the platform is applied")
            await requests_that_an_old_controller_swallows(day)
            await a_lock_whose_runner_is_gone(day, cluster)
            await a_runner_that_is_kept(day, cluster)
            await a_plan_of_a_pull_request(day)
            await a_source_that_gets_another_name(day)
            await said(day, "/lotus status")
            await said(day, "/lotus suspend")
            await said(day, "/lotus resume")
            await the_last_resort(day)


def variables_of_a_config_map(cluster: RealCluster, workspace: str) -> None:
    metadata = {"name": SETTINGS, "namespace": NAMESPACE}
    cluster.put({"kind": "ConfigMap", "metadata": metadata, "data": {"workspace_id": workspace}})
    spec = cluster.get("Terraform", NAMESPACE, TERRAFORM)["spec"]
    more = {"varsFrom": [*spec["varsFrom"], {"kind": "ConfigMap", "name": SETTINGS}]}
    cluster.patch("Terraform", NAMESPACE, TERRAFORM, {"spec": more})


async def requests_that_an_old_controller_swallows(day: Day) -> None:
    pushed = day.push(day.edited(CONNECTIONS, "units = 6", "units = 8"))
    await day.until(lambda: day.attempted(pushed) and day.ready(), "it is applied at once", 240)


async def a_lock_whose_runner_is_gone(day: Day, cluster: RealCluster) -> None:
    info = json.dumps({"ID": "gone", "Who": f"runner@{RUNNER}", "Operation": "OperationTypeApply"})
    notes = {"annotations": {"app.terraform.io/lock-info": info}}
    held = {"metadata": notes, "spec": {"holderIdentity": "gone"}}
    cluster.patch("Lease", NAMESPACE, LEASE, held)
    assert "freed" in await said(day, "/lotus unlock")
    assert not cluster.get("Lease", NAMESPACE, LEASE)["spec"].get("holderIdentity")


async def a_runner_that_is_kept(day: Day, cluster: RealCluster) -> None:
    keep = {"spec": {"alwaysCleanupRunnerPod": False}}
    cluster.patch("Terraform", NAMESPACE, TERRAFORM, keep)
    container = {"name": "runner", "image": "runner"}
    metadata = {"name": RUNNER, "namespace": NAMESPACE}
    cluster.put({"kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})
    assert "Airbyte accepts" in await said(day, "/lotus secrets refresh")
    with pytest.raises(LookupError):
        cluster.get("Pod", NAMESPACE, RUNNER)


async def a_plan_of_a_pull_request(day: Day) -> None:
    number = day.propose("add-recharge", dict(step("add-recharge")))
    await day.until(lambda: bool(day.comments(number)), "a comment")
    asked = day.stage.github.comment(REPOSITORY, number, "/lotus plan", login=ADAM)
    reactions = day.stage.github.world.comments[asked].reactions
    await day.until(lambda: {r.content for r in reactions} & {"rocket", "confused"}, "its end")
    assert day.rung(number) == "confirmed"
    await day.until(lambda: not is_there(day, "GitRepository", "flux-system"), "nothing is left")
    assert not is_there(day, "Terraform", NAMESPACE)
    day.stage.github.close_pull_request(REPOSITORY, number, login=ADAM)


async def a_source_that_gets_another_name(day: Day) -> None:
    """Its connection is to be replaced, and has a sync state since its first sync."""
    await day.until(lambda: has_synced(day, "orders"), "its first sync")
    number = day.propose("rename", day.edited(SOURCES, '"Shopify"', '"Shopify EU"'))
    await day.until(lambda: "The state is saved" in day.said(number), "it is saved")
    day.stage.github.close_pull_request(REPOSITORY, number, login=ADAM)


def has_synced(day: Day, stream: str) -> bool:
    done = (job for job in day.stage.airbyte.jobs if job.status is JobStatus.SUCCEEDED)
    return any(name == stream for job in done for name, _ in job.streams)


def is_there(day: Day, kind: str, namespace: str) -> bool:
    """Whether a plan-only copy, or its source, has the first name of the pool."""
    try:
        day.stage.cluster.get(kind, namespace, POOL[0])
    except LookupError:
        return False
    return True


async def the_last_resort(day: Day) -> None:
    words = await said(day, "/lotus rebuild")
    for _ in range(2):
        confirmed = re.search(r"^/lotus rebuild confirm \S+$", words, re.MULTILINE)
        assert confirmed, words
        words = await said(day, confirmed[0])
    assert "is made anew" in words


async def said(day: Day, command: str) -> str:
    """What the bot answers to a command of somebody who may do everything."""
    github = day.stage.github
    issue = github.open_issue(REPOSITORY, command, login=ADAM)
    asked = github.comment(REPOSITORY, issue, command, login=ADAM)
    reactions = github.world.comments[asked].reactions
    await day.until(lambda: {r.content for r in reactions} & {"rocket", "confused"}, command)
    return "\n".join(comment.body for comment in github.comments(REPOSITORY, issue)[1:])


# What the log says of it


def test_nothing_that_the_bot_asked_for_was_refused(log: Log) -> None:
    assert log.refused == frozenset()


def test_whatever_was_asked_for_is_granted_by_a_rule_of_the_manifests(log: Log) -> None:
    """The log and the rules are read alike, or the next test would prove nothing."""
    assert [asked for asked in log.allowed if not any(g.covers(asked) for g in given())] == []


def test_each_verb_of_each_rule_is_needed_without_it_something_would_be_refused(log: Log) -> None:
    assert [str(grant) for grant in given() if not needed(grant, log.allowed)] == []


def needed(grant: Grant, asked: frozenset[Asked]) -> bool:
    others = [other for other in given() if other is not grant and other != grant]
    return any(
        grant.covers(each) and not any(other.covers(each) for other in others) for each in asked
    )


def test_every_name_that_is_granted_is_read_but_for_parts_and_copies(log: Log) -> None:
    used = {(asked.resource, asked.name) for asked in log.allowed}
    idle = {
        name
        for grant in given()
        for name in grant.names
        if (grant.resource, name) not in used and not is_part_or_copy(name)
    }
    assert idle == set()


def is_part_or_copy(name: str) -> bool:
    """A stored plan's parts, of which there are only some, and what plan-only copies leave."""
    return name.startswith("tfplan-") or name in POOL


@pytest.mark.parametrize("name", ["another", "lotus-bot", f"tfstate-default-{TERRAFORM}-1"])
async def test_a_secret_that_is_not_named_is_not_read(log: Log, tmp_path: Path, name: str) -> None:
    on = ground("real")
    assert isinstance(on.cluster, RealCluster)
    async with connected(on.cluster.kubeconfig(tmp_path / "k", token=CLUSTER_WIDE), None) as api:
        with pytest.raises(Forbidden):
            await Cluster(api, 30).secret(NAMESPACE, name)
