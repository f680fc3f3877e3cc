"""A day on the example platform: what people do, and what the bot makes of it.

Each chapter acts as people act at GitHub, waits for what everybody there can see, and shows it.
Nothing is told to the service but by its webhooks and watches.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from bot.demo.clock import StoryClock
from bot.demo.screen import Screen
from bot.demo.stage import ANNA, BOT, MODULE, REPOSITORY, Stage, platform, step, until
from bot.simulators.airbyte.jobs import JobStatus, Volume
from bot.simulators.github.state import Comment, Pull

_STREAMS = "orchestration/assets/streams"
_LEAP = 120.0
"""How much faster time passes while Airbyte's jobs run."""
_PATIENCE = 3600.0
_ROWS = {"orders": 48_210, "customers": 21_877, "products": 940, "events": 36_055}

Files = dict[str, bytes | None]


class Story:
    """`play` tells the whole day; raises `TimeoutError` where something did not come."""

    def __init__(self, stage: Stage, clock: StoryClock, screen: Screen) -> None:
        self._stage = stage
        self._clock = clock
        self._screen = screen

    async def play(self) -> None:
        """The day, from the morning."""
        began = time.monotonic()
        await self._morning()
        await self._a_source_is_added()
        await self._a_stream_is_read_again()
        await self._a_broken_push_and_its_fix()
        await self._a_source_is_removed()
        asked = self._stage.github.requests
        counted = sum(request.counted for request in asked)
        self._screen.say("")
        self._screen.say(
            f"A day in {time.monotonic() - began:.0f} s. GitHub was asked {len(asked)} times, and "
            f"counted {counted} of them; the rest said that nothing had changed. "
            "The seconds are true ones: the clock leapt only while Airbyte's jobs ran."
        )

    # The chapters

    async def _morning(self) -> None:
        self._screen.chapter(0, "The platform")
        for stream, rows in _ROWS.items():
            self._stage.airbyte.volume(stream, Volume(rows=rows, rows_per_second=900.0))
        self._screen.say(
            "A repository with Shopify and Klaviyo, applied by Flux and tofu-controller into\n"
            "Airbyte. All of them are simulated here; the bot in the middle is the real one."
        )
        took = await self._until(self._settled, "the platform is applied")
        self._screen.came(took, "the controller has applied it: 5 objects are in Airbyte")
        with self._clock.leaping(_LEAP):
            took = await self._until(self._synced, "the first syncs")
        self._screen.came(took, "Airbyte has read both sources for the first time")

    async def _a_source_is_added(self) -> None:
        self._screen.chapter(1, "A source is added")
        number = await self._propose("add-recharge", dict(step("add-recharge")), "Add Recharge")
        await self._merge(number)
        await self._until_said(number, ("applied", "arrived"), "applied")
        names = ", ".join(await self._stage.sources())
        self._screen.say(f"{'':12}in Airbyte now, without anybody's help: {names}")

    async def _a_stream_is_read_again(self) -> None:
        self._screen.chapter(2, "A stream is read again from the beginning")
        path = f"{_STREAMS}/shopify/orders.json"
        number = await self._propose(
            "backfill-orders", {path: self._edited(path, "false", "true")}, "Backfill the orders"
        )
        await self._merge(number)
        await self._until_said(number, ("applied",), "applied, and the reset was fired")
        with self._clock.leaping(_LEAP):
            took = await self._until(lambda: bool(self._ours()), "the follow-up is opened")
            self._screen.came(took, "Airbyte has reset and read everything again")
        follow_up = self._ours()[-1]
        self._screen.act(BOT, f"opens #{follow_up.issue.number}: {follow_up.issue.title}")
        self._screen.comment(follow_up.issue.body, f"#{follow_up.issue.number}, its description")
        await self._merge(follow_up.issue.number)
        await self._until_said(follow_up.issue.number, ("applied", "arrived"), "applied")
        await self._until_said(number, ("arrived",), "told to the end")
        self._show(number)

    async def _a_broken_push_and_its_fix(self) -> None:
        self._screen.chapter(3, "A broken push, and its fix")
        path = f"{MODULE}/connections.tf"
        broken = self._edited(path, "airbyte_source.klaviyo.", "airbyte_source.klavyo.")
        sha = self._push({path: broken}, "Rename the source")
        self._screen.act(ANNA, f"pushes {sha[:7]} straight to main: a typo in {path}")
        took = await self._until(lambda: bool(self._on_commit(sha)), "the failure is told")
        self._screen.came(took, "told on the commit, in the tool's own words")
        self._screen.comment(self._on_commit(sha)[0].body, f"on {sha[:7]}")
        fixed = self._edited(path, "airbyte_source.klavyo.", "airbyte_source.klaviyo.")
        sha = self._push({path: fixed}, "Mend the name")
        self._screen.act(ANNA, f"pushes the fix, {sha[:7]}")
        took = await self._until(lambda: self._attempted(sha) and self._settled(), "it is applied")
        self._screen.came(took, "fetched, planned and applied, without waiting for any interval")

    async def _a_source_is_removed(self) -> None:
        self._screen.chapter(4, "A source is removed")
        files: Files = {path: None for path in platform() if "/klaviyo/" in path}
        files |= {f"{MODULE}/{name}": self._without_klaviyo(name) for name in _WITH_KLAVIYO}
        number = await self._propose("drop-klaviyo", files, "Klaviyo goes")
        await self._merge(number)
        await self._until_said(number, ("applied", "arrived"), "applied")
        names = ", ".join(await self._stage.sources())
        self._screen.say(f"{'':12}in Airbyte now, nothing orphaned: {names}")

    # What people do

    async def _propose(self, branch: str, files: Files, title: str) -> int:
        github = self._stage.github
        github.push(REPOSITORY, branch, files, message=title, login=ANNA)
        number = github.open_pull_request(REPOSITORY, branch, title=title, login=ANNA)
        self._screen.act(ANNA, f"opens #{number}: {title}")
        took = await self._until(lambda: self._comment(number) is not None, "a comment")
        self._screen.came(took, "the bot's comment is there")
        self._show(number)
        return number

    async def _merge(self, number: int) -> None:
        self._stage.github.merge_pull_request(REPOSITORY, number, login=ANNA)
        self._screen.act(ANNA, f"merges #{number}")

    def _push(self, files: Files, message: str) -> str:
        return self._stage.github.push(REPOSITORY, "main", files, message=message, login=ANNA)

    def _edited(self, path: str, old: str, new: str) -> bytes:
        text = self._stage.github.file(REPOSITORY, "main", path).decode()
        return text.replace(old, new, 1).encode()

    def _without_klaviyo(self, name: str) -> bytes:
        """A file of the module without its blocks, locals and outputs about Klaviyo."""
        text = self._stage.github.file(REPOSITORY, "main", f"{MODULE}/{name}").decode()
        text = re.sub(r'(?ms)^\w+ "\w+" "klaviyo\w*" \{\n.*?^\}\n\n?', "", text)
        text = re.sub(r"(?m)^  klaviyo_\w+ *=.*\n", "", text)
        return text.replace(", klaviyo = local.klaviyo_backfill", "").encode()

    # What everybody can see

    def _comment(self, number: int) -> Comment | None:
        for item in self._stage.github.comments(REPOSITORY, number):
            if item.author == BOT:
                return item
        return None

    def _show(self, number: int) -> None:
        found = self._comment(number)
        if found is not None:
            self._screen.comment(found.body, f"#{number}, the comment")

    def _rung(self, number: int) -> str:
        """The word at the end of the comment's first headline."""
        found = self._comment(number)
        match = re.search(r"^### .* · *([a-z ]+)$", found.body, re.MULTILINE) if found else None
        return match.group(1).strip() if match else ""

    def _ours(self) -> list[Pull]:
        pulls = self._stage.github.pull_requests(REPOSITORY)
        return [pull for pull in pulls if pull.issue.author == BOT]

    def _on_commit(self, sha: str) -> list[Comment]:
        return self._stage.github.commit_comments(REPOSITORY, sha)

    def _attempted(self, sha: str) -> bool:
        revision = self._stage.terraform()["status"].get("lastAttemptedRevision") or ""
        return str(revision).endswith(sha)

    def _settled(self) -> bool:
        status = self._stage.terraform().get("status") or {}
        ready = [c for c in status.get("conditions") or () if c["type"] == "Ready"]
        return bool(ready) and ready[0]["status"] == "True"

    def _synced(self) -> bool:
        jobs = self._stage.airbyte.jobs
        return len(jobs) >= 2 and all(job.status is JobStatus.SUCCEEDED for job in jobs)

    async def _until(self, holds: Callable[[], bool], what: str) -> float:
        return await until(self._clock, holds, _PATIENCE, what)

    async def _until_said(self, number: int, words: tuple[str, ...], what: str) -> None:
        with self._clock.leaping(_LEAP if words == ("arrived",) else 1.0):
            took = await self._until(lambda: self._rung(number) in words, f"#{number} {what}")
        self._screen.came(took, f"#{number} {what}")


_WITH_KLAVIYO = ("sources.tf", "connections.tf", "backfill.tf")
