"""The App on GitHub, observed."""

from __future__ import annotations

from typing import Any

import aiohttp

from bot.clients.clock import Clock
from bot.clients.errors import ClientError, Refused
from bot.clients.github.app import GitHubApp
from bot.clients.github.date import date_at
from bot.clients.github.decode import decoding
from bot.config import Settings
from bot.lifecycle.diagnosis import AppSeen, GitHubSeen, HookSeen, InstallationSeen

_DELIVERIES = 50  # of the latest


async def observe_github(
    settings: Settings, session: aiohttp.ClientSession, clock: Clock, app: GitHubApp
) -> GitHubSeen:
    """The App, its installations, its webhook; and what time it is there."""
    told = await date_at(session, settings.github_url)
    skew = (clock.now() - told).total_seconds() if told else None
    seen: AppSeen | None = None
    problem, refused = "", False
    try:
        seen = await _app(app)
    except ClientError as error:
        problem, refused = str(error), isinstance(error, Refused)
    return GitHubSeen(
        url=settings.github_url,
        app=seen,
        problem=problem,
        refused=refused,
        skew=skew,
        poll_seconds=settings.look_again_seconds,
    )


async def _app(app: GitHubApp) -> AppSeen:
    found, installed = await app.described(), await app.installed()
    with decoding("App"):
        return AppSeen(
            page=str(found["html_url"]),
            permissions=dict(found["permissions"]),
            events=tuple(found["events"]),
            hook=await _hook(app),
            installations=tuple(_installation(item) for item in installed),
        )


def _installation(item: dict[str, Any]) -> InstallationSeen:
    with decoding("installation"):
        return InstallationSeen(
            account=str(item["account"]["login"]),
            page=str(item.get("html_url") or ""),
            suspended=bool(item.get("suspended_at")),
            permissions=dict(item["permissions"]),
        )


async def _hook(app: GitHubApp) -> HookSeen:
    """The latest deliveries by their GUID: what a later attempt brought has arrived."""
    url = await app.hook_url()
    arrived: set[str] = set()
    failed: dict[str, str] = {}
    count = 0
    async for item in app.deliveries():
        with decoding("delivery"):
            guid, status = str(item["guid"]), int(item["status_code"])
            if 200 <= status < 300:
                arrived.add(guid)
            else:
                failed.setdefault(guid, f"{status} ({item.get('status') or 'no reason'})")
        count += 1
        if count == _DELIVERIES:
            break
    lost = [reason for guid, reason in failed.items() if guid not in arrived]
    return HookSeen(url, len(arrived), len(lost), lost[0] if lost else "")
