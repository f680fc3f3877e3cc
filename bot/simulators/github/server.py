"""GitHub as a server on loopback, and what people do there.

A simulator: imports nothing of the bot. The methods of `GitHub` are people's hands; REST does
the same through the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from bot.simulators import faults
from bot.simulators.clock import Clock
from bot.simulators.github import apps, checks, contents, conversation, registration
from bot.simulators.github.rest import Gate
from bot.simulators.github.state import (
    App,
    CheckRun,
    Comment,
    Installation,
    Pull,
    Review,
    Token,
)
from bot.simulators.github.world import World
from bot.simulators.lifetime import Lifetime

_ROUTES = (
    *apps.ROUTES,
    *registration.ROUTES,
    *contents.ROUTES,
    *conversation.ROUTES,
    *checks.ROUTES,
    *contents.LAST_ROUTES,
)

PERMISSIONS = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "write",
    "merge_queues": "read",
}
EVENTS = ["push", "pull_request", "issue_comment", "check_run", "check_suite", "merge_group"]


class GitHub(Lifetime):
    """`async with GitHub(clock, folder) as github:`; then `github.url` is the API's base.

    `faults` is a list of misbehaviour to come; `requests` what was asked.
    """

    def __init__(self, clock: Clock, root: Path) -> None:
        self.clock = clock
        self.world = World(clock, root)
        self.gate = Gate(self.world, _ROUTES)
        self.webhooks = self.world.webhooks
        self.faults: list[faults.Fault] = []
        self.requests = self.gate.requests
        self.url = ""
        self._runner: web.AppRunner | None = None

    # Its life

    async def start(self) -> None:
        """Listen on a port of the system's choice."""
        application = web.Application(client_max_size=2**27)
        registration.ManifestPage(self.world).add_routes(application.router)
        application.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = self.world.views.url = f"http://{host}:{port}"
        await self.webhooks.start()

    async def stop(self) -> None:
        """Stop listening."""
        await self.webhooks.stop()
        if self._runner:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        fault = faults.take(self.faults, request.method, request.path)
        if fault is None:
            return await self.gate.handle(request)
        return await faults.answer(fault, request, self.gate.handle, self.clock.sleep)

    # The App

    def register(self, app: App) -> None:
        """The App exists."""
        self.world.app = app
        self.world.person(app.login, "Bot")

    def install(
        self, account: str, *, repositories: set[str] | None = None, announce: bool = True
    ) -> Installation:
        """The App on an account, with the permissions that it asks for."""
        if self.world.app is None:
            raise LookupError("no App is registered")
        number = self.world.next_id()
        installation = Installation(number, account, dict(self.world.app.permissions), repositories)
        self.world.installations[number] = installation
        if announce:
            shown = self.world.views.installation(installation, self.world.app)
            payload = {
                "action": "created",
                "installation": shown,
                "repositories": [],
                "sender": self.world.views.user(account),
            }
            self.webhooks.send(self.world.app, "installation", payload, "created")
        return installation

    def token_for(self, login: str) -> str:
        """A person's token."""
        text = f"ghp_{self.world.next_id():036d}"
        ends = self.clock.now() + timedelta(days=365)
        self.world.tokens[text] = Token(ends, login=login)
        return text

    # People

    def create_repository(self, full_name: str, *, private: bool = True) -> None:
        """A new, empty repository."""
        self.world.create_repository(full_name, private=private)

    def add_collaborator(self, full_name: str, login: str, permission: str) -> None:
        """`permission`: read, triage, write, maintain or admin."""
        self.world.add_collaborator(full_name, login, permission)

    def fork(self, full_name: str, owner: str) -> str:
        """A person's copy; its full name."""
        return self.world.fork(full_name, owner).full_name

    def push(
        self,
        full_name: str,
        branch: str,
        files: Mapping[str, bytes | None],
        *,
        message: str = "Change",
        login: str,
    ) -> str:
        """A commit on a branch (a new one starts at the default branch); its SHA."""
        return self.world.push(full_name, branch, files, message, login)

    def open_pull_request(
        self, full_name: str, head: str, *, title: str, login: str, base: str = "main"
    ) -> int:
        """Its number. `head` is a branch, or `owner:branch` of a fork."""
        pull = self.world.open_pull(full_name, head, base, title, login=login)
        return pull.issue.number

    def open_issue(self, full_name: str, title: str, *, login: str) -> int:
        """A plain issue's number."""
        return self.world.open_issue(full_name, title, "", login).number

    def merge_pull_request(
        self, full_name: str, number: int, *, login: str, method: str = "merge"
    ) -> str:
        """The commit that is on the base then."""
        return self.world.merge(full_name, number, login, method)

    def queue(self, full_name: str, number: int, *, login: str) -> str:
        """Put a pull request into the merge queue; the commit that the queue would merge."""
        return self.world.enqueue(full_name, number, login)

    def close_pull_request(self, full_name: str, number: int, *, login: str) -> None:
        """Without a merge."""
        self.world.set_state(full_name, number, "closed", login)

    def review(self, full_name: str, number: int, state: str = "APPROVED", *, login: str) -> None:
        """A review of the head as it is now."""
        pull = self.world.pulls[full_name, number]
        number = self.world.next_id()
        pull.reviews.append(Review(number, login, state, pull.head_sha, self.clock.now()))

    def comment(self, full_name: str, number: int, body: str, *, login: str) -> int:
        """The comment's id."""
        return self.world.comment(full_name, number, body, login).id

    def edit_comment(self, comment_id: int, body: str, *, login: str) -> None:
        """Say it differently."""
        self.world.edit_comment(comment_id, body, login)

    def delete_comment(self, comment_id: int, *, login: str) -> None:
        """Take it back."""
        self.world.delete_comment(comment_id, login)

    def press(self, check_id: int, identifier: str, *, login: str) -> None:
        """A button of a check; it must be there, and `login` must have write."""
        self.world.press(check_id, identifier, login)

    # Looking

    def tip(self, full_name: str, branch: str) -> str | None:
        """The SHA at a branch's tip."""
        return self.world.repositories[full_name].git.resolve(f"refs/heads/{branch}")

    def file(self, full_name: str, branch: str, path: str) -> bytes:
        """A file's bytes at a branch's tip."""
        git = self.world.repositories[full_name].git
        return git.run("cat-file", "blob", f"refs/heads/{branch}:{path}")

    def git_folder(self, full_name: str) -> Path:
        """The bare repository, for whoever clones it."""
        return self.world.repositories[full_name].git.path

    def comments(self, full_name: str, number: int) -> list[Comment]:
        """Those on an issue or pull request, oldest first."""
        return [
            item
            for item in self.world.comments.values()
            if (item.repository, item.number) == (full_name, number)
        ]

    def commit_comments(self, full_name: str, sha: str) -> list[Comment]:
        """Those on a commit, oldest first."""
        return [
            item
            for item in self.world.comments.values()
            if (item.repository, item.sha) == (full_name, sha)
        ]

    def pull_requests(self, full_name: str) -> list[Pull]:
        """All of them, oldest first."""
        return [item for item in self.world.pulls.values() if item.issue.repository == full_name]

    def check_runs(self, full_name: str, sha: str) -> list[CheckRun]:
        """Those on a commit."""
        return [
            item
            for item in self.world.checks.values()
            if (item.repository, item.head_sha) == (full_name, sha)
        ]
