"""The pull requests that set flags back, from both ends: what they leave, and what is told of them.

How each flag may end otherwise is played on GitHub and Airbyte alone, in `test_backfill_observed`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from day import CONNECTIONS, QUICK, Day, stage_at
from grounds import Ground

from bot.demo.stage import ANNA, BOT, REPOSITORY
from bot.simulators.airbyte.jobs import Volume

EVENTS = "orchestration/assets/streams/klaviyo/events.json"
SLOW = Volume(rows=4000, changed=4, rows_per_second=40.0)  # some 100 of the stage's seconds


def branches(day: Day) -> list[str]:
    """Ours that are there."""
    return list(day.stage.github.world.repositories[REPOSITORY].git.branches("lotus/"))


@pytest.mark.slow
async def test_two_sources_of_one_merge_end_one_after_the_other_and_nothing_is_left(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        faster = day.edited(CONNECTIONS, "units = 15", "units = 1")
        (text,) = faster.values()
        assert text is not None
        hourly = text.replace(
            b'time_unit = "hours", units = 6', b'time_unit = "minutes", units = 1'
        )
        day.push({CONNECTIONS: hourly})
        await day.until(day.at_rest, "the platform is applied")
        both = {**day.flag("true"), **day.edited(EVENTS, '"backfill": false', '"backfill": true')}
        stage.airbyte.volume("events", SLOW)
        number = day.propose("backfill", both)
        await day.until(lambda: "**Backfill.**" in day.said(number), "a comment")
        day.merge(number)

        await day.until(lambda: len(day.follow_ups()) == 1, "the quick one's follow-up")
        (first,) = day.follow_ups()
        assert "shopify_to_lake" in stage.github.world.pulls[REPOSITORY, first].issue.title
        await day.until(lambda: f"[#{first}]" in day.said(number), "it is told of")
        assert "sets the flag back: merge it" in day.said(number)
        day.merge(first)
        await day.until(lambda: told(day, number, first) == "has set the flag back", "its end")

        await day.until(lambda: len(day.follow_ups()) == 2, "the slow one's follow-up")
        second = max(day.follow_ups())
        stage.github.close_pull_request(REPOSITORY, second, login=ANNA)
        closed = "would set the flag back; it was closed, and is not opened again"
        await day.until(lambda: told(day, number, second) == closed, "that it was closed")
        await day.until(lambda: not branches(day), "no branch of ours is left")
        await stage.clock.sleep(2 * QUICK["resync_seconds"])  # type: ignore[operator]
        assert day.follow_ups() in ([first, second], [second, first])
        ours = [c for c in stage.github.comments(REPOSITORY, number) if c.author == BOT]
        assert len(ours) == 1


def told(day: Day, number: int, follow_up: int) -> str:
    """What the first comment says of a follow-up, after its name."""
    found = re.search(rf"\[#{follow_up}\]\([^)]*\) ([^|\n]*)", day.said(number))
    return found.group(1).strip() if found else ""
