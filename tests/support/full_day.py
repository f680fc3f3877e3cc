"""A day in which everything happens that needs a right of its own, and what people ask for besides.

Whoever adds a right adds what needs it to the day. It ends the same on either API server.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from day import CONNECTIONS, QUICK, Day, stage_at
from grounds import Ground

from bot.demo.stage import ADAM, NAMESPACE, REPOSITORY, TERRAFORM, ApiServer, step
from bot.model.plan_copy import POOL
from bot.simulators.airbyte.jobs import JobStatus
from bot.simulators.flux import V0_16_0_RC7

SETTINGS = "lotus-lake-settings"
"""A ConfigMap with variables of the Terraform object."""
SOURCES = "orchestration/airbyte/terraform/sources.tf"
RUNNER = f"{TERRAFORM}-tf-runner"
LEASE = f"lock-tfstate-default-{TERRAFORM}"


async def play(on: Ground, folder: Path) -> None:
    """The day, from its first apply to a state that is made anew."""
    async with stage_at(folder, V0_16_0_RC7, interval="1h", on=on) as stage:
        day = Day(stage)
        variables_of_a_config_map(stage.cluster, stage.airbyte.workspace_id)
        async with stage.service(**QUICK, namespaces=on.namespaces):
            await day.until(day.at_rest, "the platform is applied")
            await requests_that_an_old_controller_swallows(day)
            await a_lock_whose_runner_is_gone(day, stage.cluster)
            await a_runner_that_is_kept(day, stage.cluster)
            await a_plan_of_a_pull_request(day)
            await a_source_that_gets_another_name(day)
            await said(day, "/lotus status")
            await said(day, "/lotus suspend")
            await said(day, "/lotus resume")
            await day.until(lambda: nothing_runs(day), "the pass of the resumed object is over")
            await the_last_resort(day)


def variables_of_a_config_map(cluster: ApiServer, workspace: str) -> None:
    metadata = {"name": SETTINGS, "namespace": NAMESPACE}
    cluster.put({"kind": "ConfigMap", "metadata": metadata, "data": {"workspace_id": workspace}})
    spec = cluster.get("Terraform", NAMESPACE, TERRAFORM)["spec"]
    more = {"varsFrom": [*spec["varsFrom"], {"kind": "ConfigMap", "name": SETTINGS}]}
    cluster.patch("Terraform", NAMESPACE, TERRAFORM, {"spec": more})


async def requests_that_an_old_controller_swallows(day: Day) -> None:
    pushed = day.push(day.edited(CONNECTIONS, "units = 6", "units = 8"))
    await day.until(lambda: day.attempted(pushed) and day.ready(), "it is applied at once", 240)


async def a_lock_whose_runner_is_gone(day: Day, cluster: ApiServer) -> None:
    info = json.dumps({"ID": "gone", "Who": f"runner@{RUNNER}", "Operation": "OperationTypeApply"})
    notes = {"annotations": {"app.terraform.io/lock-info": info}}
    held = {"metadata": notes, "spec": {"holderIdentity": "gone"}}
    cluster.patch("Lease", NAMESPACE, LEASE, held)
    assert "freed" in await said(day, "/lotus unlock")
    assert not cluster.get("Lease", NAMESPACE, LEASE)["spec"].get("holderIdentity")


async def a_runner_that_is_kept(day: Day, cluster: ApiServer) -> None:
    keep = {"spec": {"alwaysCleanupRunnerPod": False}}
    cluster.patch("Terraform", NAMESPACE, TERRAFORM, keep)
    container = {"name": "runner", "image": "runner"}
    metadata = {"name": RUNNER, "namespace": NAMESPACE}
    cluster.put({"kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})
    made = datetime.fromisoformat(
        cluster.get("Pod", NAMESPACE, RUNNER)["metadata"]["creationTimestamp"]
    )
    later = lambda: day.stage.clock.now() >= made + timedelta(seconds=1)  # noqa: E731
    await day.until(later, "the runner is older than the command")
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
    await day.until(
        lambda: not is_there(day, "GitRepository", day.stage.cast.source_namespace),
        "nothing is left",
    )
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


def nothing_runs(day: Day) -> bool:
    """No pass, over no generation, and no job; the next pass by itself is an hour away."""
    generation = day.stage.terraform()["metadata"]["generation"]
    ended = (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)
    return (
        day.at_rest()
        and day.status().get("observedGeneration") == generation
        and all(job.status in ended for job in day.stage.airbyte.jobs)
    )


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
