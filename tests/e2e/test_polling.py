"""Where GitHub cannot reach the bot: everything is the same, a poll later, and the page says so."""

from __future__ import annotations

from pathlib import Path

import aiohttp
from day import QUICK, Day, stage_at

from bot.demo.stage import BOT, REPOSITORY, step
from bot.simulators.github.webhooks import lose

POLLED = QUICK | {"webhooks": False, "poll_seconds": 20.0, "resync_seconds": 100_000.0}


async def test_without_webhooks_a_pull_request_and_a_command_are_answered_by_the_next_poll(
    tmp_path: Path,
) -> None:
    async with stage_at(tmp_path) as stage:
        stage.github.webhooks.policy = lose
        async with stage.service(**POLLED) as running:
            day = Day(stage)
            await day.until(day.at_rest, "the platform is applied")
            number = day.propose("add-recharge", dict(step("add-recharge")))
            await day.until(lambda: bool(day.comments(number)), "a comment")
            asked = stage.github.comment(REPOSITORY, number, "/lotus status", login="anna")
            reactions = stage.github.world.comments[asked].reactions
            await day.until(
                lambda: any(r.author == BOT and r.content == "rocket" for r in reactions),
                "answered",
            )
            day.merge(number)
            await day.until(lambda: day.rung(number) in ("applied", "arrived"), "applied")
            assert not [r for r in stage.github.requests if "/hook/deliveries" in r.path]
            async with aiohttp.ClientSession() as session, session.get(running.status_url) as page:
                assert "polled each 20 s" in await page.text()
