"""Which repositories the App may see, and through which installation.

Read at the start and with each resync; a webhook about an installation only makes it sooner.
"""

from __future__ import annotations

import structlog

from bot.clients.errors import ClientError, NotFound
from bot.clients.github import decode
from bot.clients.github.app import GitHubApp
from bot.clients.github.repository import RepositoryReader
from bot.clients.github.transport import Transport
from bot.clients.github.writing import RepositoryWriter
from bot.model.github import Repository

log = structlog.get_logger(__name__)


class Installations:
    """The repositories by `owner/name`; GitHub's names are compared without regard to case."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app
        self._repositories: dict[str, Repository] = {}
        self.error: str | None = "GitHub: not asked yet"

    async def refresh(self) -> None:
        """Ask GitHub; an installation that fails keeps what is known of it."""
        numbers = await self._app.installations()
        known = {n: r for n, r in self._repositories.items() if r.installation in numbers}
        for number in numbers:
            try:
                found = await self._app.repositories(number)
            except ClientError as error:
                log.warning("installation not read", installation=number, reason=str(error))
                continue
            known = {n: r for n, r in known.items() if r.installation != number}
            for item in found:
                repository = decode.repository(item, number)
                known[repository.name.lower()] = repository
        self._repositories = known
        self.error = None

    def find(self, name: str) -> Repository | None:
        """The repository of that name, None where the App is not installed."""
        return self._repositories.get(name.lower())

    def named(self, name: str) -> Repository:
        """The repository of that name; raises `NotFound` where the App is not installed."""
        found = self.find(name)
        if found is None:
            raise NotFound("GitHub", f"the App is not installed on {name}", 404)
        return found

    @property
    def all(self) -> tuple[Repository, ...]:
        """Every repository, by name."""
        return tuple(sorted(self._repositories.values(), key=lambda item: item.name))

    def remaining(self) -> int | None:
        """The lowest of what is left of the installations' limits, None where none is known."""
        numbers = {repository.installation for repository in self._repositories.values()}
        left = [self._app.installation(number).budget.remaining for number in numbers]
        return min((count for count in left if count is not None), default=None)

    def transport(self, repository: Repository) -> Transport:
        """GitHub in the name of the repository's installation."""
        return self._app.installation(repository.installation)

    def reader(self, repository: Repository) -> RepositoryReader:
        """What is read there."""
        return RepositoryReader(self.transport(repository), repository.name)

    def writer(self, repository: Repository) -> RepositoryWriter:
        """What is written there."""
        return RepositoryWriter(self.transport(repository), repository.name)
