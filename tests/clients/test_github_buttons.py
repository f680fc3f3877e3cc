"""Buttons of a check run over HTTP: GitHub's limits, and what a press brings the App."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from github_world import APP_ID, REPOSITORY, keys, running

from bot.clients.errors import Invalid
from bot.clients.github.app import AppIdentity, GitHubApp
from bot.clients.github.repository import RepositoryReader
from bot.clients.github.transport import Answers, Endpoint
from bot.clients.github.writing import RepositoryWriter
from bot.lifecycle.buttons import CATALOG, CONFIRM, REFRESH
from bot.lifecycle.effects import Button, PutCheck
from bot.runtime.perform.checks import put
from bot.simulators.clock import Clock
from bot.simulators.github import GitHub
from bot.simulators.github.world import Unprocessable


@dataclass
class Stage:
    """A commit, and who writes checks on it."""

    github: GitHub
    reader: RepositoryReader
    writer: RepositoryWriter
    sha: str

    async def put(self, *buttons: Button) -> int:
        """Its check with these buttons; the id."""
        said = " ".join(button.identifier for button in buttons)
        name, fingerprint = "lotus / plan", said or "none"
        check = PutCheck(REPOSITORY, self.sha, name, "t", "s", None, fingerprint, buttons=buttons)
        await put(self.reader, self.writer, "lotus-bot[bot]", check)
        return self.github.check_runs(REPOSITORY, self.sha)[-1].id

    def pressable(self) -> list[object]:
        (check,) = self.github.check_runs(REPOSITORY, self.sha)
        return [action["identifier"] for action in check.actions]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    clock = Clock()
    async with running(tmp_path, clock) as github, aiohttp.ClientSession() as session:
        endpoint = Endpoint(session, github.url, clock, Answers())
        app = GitHubApp(endpoint, AppIdentity(str(APP_ID), keys().private))
        [installation] = await app.installations()
        transport = app.installation(installation)
        sha = github.tip(REPOSITORY, "main") or ""
        reader = RepositoryReader(transport, REPOSITORY)
        yield Stage(github, reader, RepositoryWriter(transport, REPOSITORY), sha)


async def test_all_three_are_taken_and_those_that_do_not_fit_any_more_go(stage: Stage) -> None:
    await stage.put(CONFIRM, CATALOG, REFRESH)
    assert stage.pressable() == ["confirm", "catalog", "refresh"]
    await stage.put(REFRESH)
    assert stage.pressable() == ["refresh"]
    await stage.put()
    assert stage.pressable() == []


@pytest.mark.parametrize(
    "buttons",
    [
        pytest.param((CONFIRM, CATALOG, REFRESH, CONFIRM), id="four"),
        pytest.param((Button("x" * 21, "l", "d"),), id="identifier"),
        pytest.param((Button("x", "l" * 21, "d"),), id="label"),
        pytest.param((Button("x", "l", "d" * 41),), id="description"),
        pytest.param((Button("x", "", "d"),), id="no label"),
    ],
)
async def test_what_is_too_much_is_refused(stage: Stage, buttons: tuple[Button, ...]) -> None:
    with pytest.raises(Invalid):
        await stage.put(*buttons)


async def test_only_who_may_write_presses_and_only_what_is_there(stage: Stage) -> None:
    check = await stage.put(REFRESH)
    with pytest.raises(Unprocessable):
        stage.github.press(check, "refresh", login="rita")
    with pytest.raises(Unprocessable):
        stage.github.press(check, "confirm", login="anna")
    stage.github.press(check, "refresh", login="anna")
    await stage.github.webhooks.settled()
    delivery = stage.github.webhooks.deliveries[-1]
    assert (delivery.event, delivery.action) == ("check_run", "requested_action")
    assert delivery.payload["requested_action"] == {"identifier": "refresh"}
    assert delivery.payload["sender"]["login"] == "anna"
