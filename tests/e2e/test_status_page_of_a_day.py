"""The status page tells how each object stands, and never what a controller said in its words."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
from day import CONNECTIONS, NAMESPACE, QUICK, TERRAFORM, Day, stage_at

from bot.demo.stage import REPOSITORY

SECRET = "p4ssw0rd-of-airbyte"


async def test_a_failure_is_named_by_its_reason_and_its_words_stay_away(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK) as running:
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        assert "applied" in await page(running.status_url)
        day.push(day.edited(CONNECTIONS, "airbyte_source.klaviyo.", f"airbyte_source.{SECRET}."))
        await day.until(lambda: SECRET in str(day.status()) and failed(day), "the pass fails")
        text = await page(running.status_url)
        assert f"{NAMESPACE}/{TERRAFORM}" in text
        assert "failed" in text
        assert SECRET not in text


async def test_it_says_whether_all_is_stable_and_what_is_missing_if_not(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK) as running:
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")

        async def says(words: str) -> str:
            async with asyncio.timeout(60):
                while words not in (text := await page(running.status_url)):
                    await stage.clock.sleep(1.0)
            return text

        assert f"<h2>{REPOSITORY}</h2>" in await says("<strong>Stable")
        stage.cluster.put(no_room())
        assert "Events warn of <code>RunnerQuotaExhausted</code>" in await says("Events warn")
        stage.cluster.patch("Terraform", NAMESPACE, TERRAFORM, {"spec": {"suspend": True}})
        assert "<strong>Not stable" in await says(f"<li><code>{TERRAFORM}</code>: suspended</li>")
        before = len(stage.github.requests)
        for _ in range(20):
            await page(running.status_url)
        asked = [r for r in stage.github.requests[before:] if "/git/ref/heads/" in r.path]
        assert len(asked) < 10, "twenty views are at most one more look"


def no_room() -> dict[str, object]:
    """An Event as the controller writes it, of a moment that no pass has come after."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": NAMESPACE, "name": f"{TERRAFORM}.1"},
        "involvedObject": {"kind": "Terraform", "namespace": NAMESPACE, "name": TERRAFORM},
        "type": "Warning",
        "reason": "RunnerQuotaExhausted",
        "message": "exceeded quota",
        "lastTimestamp": "2099-01-01T00:00:00Z",
    }


def failed(day: Day) -> bool:
    """Whether the controller says so."""
    return any(c["type"] == "Ready" and c["status"] == "False" for c in day.status()["conditions"])


async def page(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.text()
