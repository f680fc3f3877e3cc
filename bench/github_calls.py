"""How often GitHub is asked: for a first pull request event, a further push, and for nothing new.

    python bench/github_calls.py

The real service against the simulated GitHub, which counts. A conditional request that is answered
304 costs nothing of the rate limit. Beside it stands what reading each of the module's files would
have cost, asked in the same run, and what a poll costs where no webhook arrives. Exits 1 if an
event that changes nothing wrote, or if a poll that finds nothing new was counted.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.demo.stage import ANNA, MODULE, REPOSITORY, Stage, step, until
from bot.simulators.clock import Clock

_PATH = "orchestration/assets/streams/shopify/orders.json"
_POLL, _ROUNDS = 3.0, 4
_QUIET = 1.0  # real seconds without a request, after which an event counts as dealt with


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests since some moment."""

    all: int
    free: int
    writes: int

    def row(self, what: str) -> str:
        """A line of the table."""
        return f"{what:<44}{self.all:>8}{self.free:>8}{self.all - self.free:>8}{self.writes:>8}"


async def measured(stage: Stage, act: Callable[[], object]) -> Asked:
    """What an act brings GitHub, until the service is quiet."""
    requests = stage.github.requests
    before = len(requests)
    act()
    known = -1
    while known != len(requests) or len(requests) == before:
        known = len(requests)
        await asyncio.sleep(_QUIET)
    made = [r for r in requests[before:] if r.who != ANNA]
    return Asked(
        len(made),
        sum(r.status == 304 for r in made),
        sum(r.method not in ("GET", "HEAD") and "access_tokens" not in r.path for r in made),
    )


async def polled(stage: Stage) -> Asked:
    """An open pull request that nothing happens to, polled: requests of one round."""
    github = stage.github
    await until(stage.clock, lambda: _applied(stage), 60, "the platform is applied")
    github.push(REPOSITORY, "change", dict(step("add-recharge")), login=ANNA)
    number = github.open_pull_request(REPOSITORY, "change", title="Recharge", login=ANNA)
    await until(stage.clock, lambda: bool(github.comments(REPOSITORY, number)), 60, "a comment")
    await asyncio.sleep(3 * _POLL)  # what was new is known by then
    before = len(github.requests)
    await asyncio.sleep(_ROUNDS * _POLL)
    made = [r for r in github.requests[before:] if r.who != ANNA and r.path.startswith("/")]
    free = sum(r.status == 304 for r in made)
    writes = sum(r.method not in ("GET", "HEAD") for r in made)
    for asked in made:
        if asked.status != 304:
            print(f"counted: {asked.method} {asked.path} {asked.status}", file=sys.stderr)
    return Asked(round(len(made) / _ROUNDS), round(free / _ROUNDS), writes)


def _applied(stage: Stage) -> bool:
    return bool((stage.terraform().get("status") or {}).get("lastAppliedRevision"))


async def one_by_one(stage: Stage) -> int:
    """The module's inputs read file by file, as a bot without a memory would: how many requests."""
    headers = {"Authorization": f"Bearer {stage.github.token_for(ANNA)}"}
    asked = 1
    async with aiohttp.ClientSession(stage.github.url, headers=headers) as session:
        tip = stage.github.tip(REPOSITORY, "main")
        async with session.get(f"/repos/{REPOSITORY}/git/trees/{tip}?recursive=1") as response:
            tree = (await response.json())["tree"]
        for item in tree:
            if item["type"] == "blob" and _is_input(item["path"]):
                asked += 1
                async with session.get(f"/repos/{REPOSITORY}/git/blobs/{item['sha']}") as blob:
                    blob.raise_for_status()
    return asked


def _is_input(path: str) -> bool:
    return path.startswith(f"{MODULE}/") or "/streams/" in path


async def main() -> int:
    """Print the table."""
    settings = {"resync_seconds": 10**6, "delivery_sweep_seconds": 10**6, "poll_seconds": 10**6}
    with tempfile.TemporaryDirectory() as folder:
        async with Stage(Clock(), Path(folder)) as stage, stage.service(**settings):
            await until(stage.clock, lambda: _applied(stage), 60, "the platform is applied")
            await measured(stage, lambda: stage.github.open_issue(REPOSITORY, "x", login=ANNA))
            github = stage.github

            def opened() -> None:
                github.push(REPOSITORY, "change", dict(step("add-recharge")), login=ANNA)
                github.open_pull_request(REPOSITORY, "change", title="Recharge", login=ANNA)

            def pushed() -> None:
                text = github.file(REPOSITORY, "main", _PATH).replace(b"false", b"true")
                github.push(REPOSITORY, "change", {_PATH: text}, login=ANNA)

            def said() -> None:
                github.comment(REPOSITORY, 2, "Looks good to me.", login=ANNA)

            def again() -> None:
                for delivery in list(github.webhooks.deliveries):
                    if delivery.event == "pull_request" and github.world.app is not None:
                        github.webhooks.redeliver(github.world.app, delivery)

            rows = [
                ("a first pull request event", await measured(stage, opened)),
                ("a further push", await measured(stage, pushed)),
                ("a comment without a command", await measured(stage, said)),
                ("the same events, delivered again", await measured(stage, again)),
            ]
            alone = await one_by_one(stage)
        async with (
            Stage(Clock(), Path(folder) / "polled") as stage,
            stage.service(webhooks=False, poll_seconds=_POLL),
        ):
            rows.append(("one idle poll, without webhooks", await polled(stage)))
    print(f"{'':<44}{'asked':>8}{'free':>8}{'counted':>8}{'writes':>8}")
    for what, asked in rows:
        print(asked.row(what))
    push = rows[1][1]
    print(f"\nreading the module's files one by one instead: {alone} requests for each look;")
    print(f"a further push costs {push.all - push.free} counted requests in all, writes included")
    idle = rows[4][1]
    return 1 if rows[2][1].writes or rows[3][1].writes or idle.all > idle.free else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
