"""The rules of `facts/airbyte-api.md`, sections 2 and 6: resets, syncs, schedules, retries."""

from __future__ import annotations

import pytest
from airbyte_world import HOURLY, LeapingClock, Platform, furnish

from bot.simulators.airbyte import Airbyte, Failure, Timing, Volume
from bot.simulators.airbyte.refusals import Refusal


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


@pytest.fixture
def airbyte(clock: LeapingClock) -> Airbyte:
    made = Airbyte(clock, timing=Timing(pending=2, startup=10, reset=15, backoff=(60, 120)))
    made.volume("orders", Volume(rows=3000, changed=30, rows_per_second=100))
    made.volume("customers", Volume(rows=500, changed=5, rows_per_second=50))
    return made


def shown(airbyte: Airbyte) -> list[tuple[int, str, str]]:
    return [(job.id, job.type.value, job.status.value) for job in airbyte.jobs]


async def reset(airbyte: Airbyte, platform: Platform) -> int:
    answer = await airbyte.act("connections/reset", {"connectionId": platform.connection})
    return int(answer["job"]["id"])


async def test_a_scheduled_connection_syncs_at_once_and_then_each_hour(airbyte, clock):
    await furnish(airbyte, **HOURLY)
    clock.pass_(100)
    assert shown(airbyte) == [(1, "sync", "succeeded")]
    clock.pass_(3500)
    assert shown(airbyte)[1] == (2, "sync", "pending")


async def test_a_manual_connection_never_runs_by_itself(airbyte, clock):
    await furnish(airbyte)
    clock.pass_(10**6)
    assert airbyte.jobs == []


async def test_an_inactive_connection_never_runs_by_itself(airbyte, clock):
    await furnish(airbyte, **HOURLY, status="inactive")
    clock.pass_(10**6)
    assert airbyte.jobs == []


async def test_a_cron_connection_runs_at_its_hour(airbyte, clock):
    cron = {"cronExpression": "0 0 3 * * ?", "cronTimeZone": "Europe/Berlin"}
    await furnish(airbyte, scheduleType="cron", scheduleData={"cron": cron})
    clock.pass_(14 * 3600 - 1)  # 01:59:59 UTC is 02:59:59 in Berlin
    assert airbyte.jobs == []
    clock.pass_(1)
    assert shown(airbyte) == [(1, "sync", "pending")]


async def test_a_reset_starts_no_sync_on_a_manual_connection(airbyte, clock):
    platform = await furnish(airbyte)
    assert await reset(airbyte, platform) == 1
    clock.pass_(10**6)
    assert shown(airbyte) == [(1, "reset_connection", "succeeded")]


async def test_after_a_reset_an_overdue_schedule_syncs_at_once_and_reads_everything(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(3000)
    assert await reset(airbyte, platform) == 2
    clock.pass_(700)
    assert shown(airbyte)[1:] == [(2, "reset_connection", "succeeded"), (3, "sync", "succeeded")]
    first, again = airbyte.jobs[0], airbyte.jobs[2]
    rows = [sum(run.rows for run in job.attempts[0].runs) for job in (first, again)]
    assert rows == [3500, 3500]


async def test_without_a_reset_the_second_sync_reads_only_what_changed(airbyte, clock):
    await furnish(airbyte, **HOURLY)
    clock.pass_(3700)
    assert [run.rows for run in airbyte.jobs[1].attempts[0].runs] == [30, 5]


async def test_the_schedule_is_not_moved_by_a_reset(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(1800)
    await reset(airbyte, platform)
    clock.pass_(1700)
    assert len(airbyte.jobs) == 2
    clock.pass_(101)
    assert len(airbyte.jobs) == 3


async def test_a_reset_cancels_the_running_sync(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(20)
    assert await reset(airbyte, platform) == 2
    assert shown(airbyte) == [(1, "sync", "cancelled"), (2, "reset_connection", "pending")]


async def test_a_second_reset_cancels_the_first_and_takes_over_its_streams(airbyte, clock):
    platform = await furnish(airbyte)
    one = {"connectionId": platform.connection, "streams": [{"streamName": "orders"}]}
    other = {"connectionId": platform.connection, "streams": [{"streamName": "customers"}]}
    await airbyte.act("connections/reset/stream", one)
    clock.pass_(5)
    await airbyte.act("connections/reset/stream", other)
    assert shown(airbyte) == [
        (1, "reset_connection", "cancelled"),
        (2, "reset_connection", "pending"),
    ]
    assert airbyte.jobs[1].streams == (("customers", None), ("orders", None))


async def test_a_reset_in_a_backoff_lets_the_retry_run_and_hangs_until_the_next_job(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    airbyte.fail(platform.connection, Failure("timeout"), None)
    clock.pass_(60)
    assert shown(airbyte) == [(1, "sync", "incomplete")]
    assert await reset(airbyte, platform) == 2  # the clock moves on while the call hangs
    assert shown(airbyte) == [(1, "sync", "succeeded"), (2, "reset_connection", "pending")]
    assert clock.now().timestamp() - airbyte.jobs[0].created >= 3600


async def test_after_a_failed_reset_the_next_job_is_another_reset(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(1000)
    airbyte.fail(platform.connection, Failure("no", "config_error"))
    await reset(airbyte, platform)
    clock.pass_(3000)
    assert shown(airbyte)[1:] == [
        (2, "reset_connection", "failed"),
        (3, "reset_connection", "succeeded"),
        (4, "sync", "succeeded"),
    ]


async def test_failed_attempts_are_retried_until_they_are_used_up(airbyte, clock):
    platform = await furnish(airbyte)
    airbyte.fail(platform.connection, *[Failure("flaky")] * 3)
    await airbyte.act("connections/sync", {"connectionId": platform.connection})
    clock.pass_(10**4)
    (job,) = airbyte.jobs
    assert (job.status.value, len(job.attempts)) == ("failed", 3)


async def test_a_config_error_is_not_retried(airbyte, clock):
    platform = await furnish(airbyte)
    airbyte.refuse(
        "Shop", lambda configuration: "bad token" if configuration["token"] == "t0p" else ""
    )
    await airbyte.act("connections/sync", {"connectionId": platform.connection})
    clock.pass_(10**4)
    (job,) = airbyte.jobs
    assert (job.status.value, len(job.attempts)) == ("failed", 1)


async def test_a_sync_while_one_runs_is_refused_with_409(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(20)
    with pytest.raises(Refusal) as refused:
        await airbyte.act("connections/sync", {"connectionId": platform.connection})
    assert refused.value.status == 409


@pytest.mark.parametrize("status", ["inactive", "deprecated"])
async def test_a_sync_of_what_is_not_active_is_a_500(airbyte, status):
    platform = await furnish(airbyte, status=status)
    with pytest.raises(Refusal) as refused:
        await airbyte.act("connections/sync", {"connectionId": platform.connection})
    assert refused.value.status == 500


async def test_a_reset_of_a_deleted_connection_is_a_500(airbyte):
    platform = await furnish(airbyte, status="deprecated")
    with pytest.raises(Refusal) as refused:
        await reset(airbyte, platform)
    assert refused.value.status == 500
    assert airbyte.jobs == []


async def test_an_inactive_connection_can_be_reset(airbyte, clock):
    platform = await furnish(airbyte, status="inactive")
    await reset(airbyte, platform)
    clock.pass_(100)
    assert shown(airbyte) == [(1, "reset_connection", "succeeded")]


async def test_cancel_stops_what_the_connection_runs_now_not_the_job_named(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(1000)
    await reset(airbyte, platform)
    await airbyte.act("jobs/cancel", {"id": 1})
    assert shown(airbyte) == [(1, "sync", "succeeded"), (2, "reset_connection", "cancelled")]


async def test_a_cancelled_reset_is_forgotten(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(1000)
    job = await reset(airbyte, platform)
    await airbyte.act("jobs/cancel", {"id": job})
    clock.pass_(3600)
    assert [kind for _, kind, _ in shown(airbyte)] == ["sync", "reset_connection", "sync"]


async def test_a_refresh_cancels_nothing_and_waits_its_turn(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(20)
    body = {"connectionId": platform.connection, "refreshMode": "Truncate"}
    assert await airbyte.act("connections/refresh", body) == {}
    clock.pass_(3600)
    assert [kind for _, kind, _ in shown(airbyte)] == ["sync", "refresh"]
    assert [run.rows for run in airbyte.jobs[1].attempts[0].runs] == [3000, 500]


async def test_a_refresh_that_the_destination_cannot_do_answers_nothing(airbyte):
    platform = await furnish(airbyte)
    airbyte.world.without_refresh.add("11111111-1111-4111-8111-111111111111")
    body = {"connectionId": platform.connection, "refreshMode": "Merge"}
    assert await airbyte.act("connections/refresh", body) == {}
    assert airbyte.jobs == []


async def test_deleting_a_source_deprecates_its_connections_and_cancels_their_jobs(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(20)
    await airbyte.act("sources/delete", {"sourceId": platform.source})
    clock.pass_(10**5)
    assert shown(airbyte) == [(1, "sync", "cancelled")]
    got = await airbyte.act("connections/get", {"connectionId": platform.connection})
    assert got["status"] == "deprecated"
