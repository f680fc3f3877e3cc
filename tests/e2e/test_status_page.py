"""The status page tells how each object stands, and never what a controller said in its words."""

from __future__ import annotations

from pathlib import Path

import aiohttp
from day import CONNECTIONS, NAMESPACE, QUICK, TERRAFORM, Day, stage_at

SECRET = "p4ssw0rd-of-airbyte"


async def test_a_failure_is_named_by_its_reason_and_its_words_stay_away(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK) as running:
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        assert "applied" in await page(running.url)
        day.push(day.edited(CONNECTIONS, "airbyte_source.klaviyo.", f"airbyte_source.{SECRET}."))
        await day.until(lambda: SECRET in str(day.status()) and failed(day), "the pass fails")
        text = await page(running.url)
        assert f"{NAMESPACE}/{TERRAFORM}" in text
        assert "failed" in text
        assert SECRET not in text


def failed(day: Day) -> bool:
    """Whether the controller says so."""
    return any(c["type"] == "Ready" and c["status"] == "False" for c in day.status()["conditions"])


async def page(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.text()
