"""One look at everything, with clients of its own: the doctor is asked when the service is not
running, or runs wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.clients.airbyte.connection import airbyte_from
from bot.clients.clock import Clock
from bot.clients.errors import ClientError
from bot.clients.github.app import AppIdentity, GitHubApp
from bot.clients.github.transport import Answers, Endpoint
from bot.clients.kubernetes.access import Access
from bot.clients.kubernetes.cluster import Cluster
from bot.clients.kubernetes.connection import connected
from bot.config import Settings
from bot.lifecycle.diagnosis import AirbyteSeen, ClusterSeen, GitHubSeen
from bot.model.names import Names
from bot.runtime.examination.airbyte import observe_airbyte
from bot.runtime.examination.cluster import Eyes, by_namespace, observe_cluster, terraforms
from bot.runtime.examination.github import observe_github
from bot.runtime.examination.modules import ModuleExaminer
from bot.runtime.observe.installations import Installations


@dataclass(frozen=True, slots=True)
class Examined:
    """What was observed of each outside system."""

    github: GitHubSeen
    cluster: ClusterSeen
    airbyte: AirbyteSeen


@dataclass(frozen=True, slots=True)
class Place:
    """A cluster, and where in it to look: `namespaces` () for all."""

    kubeconfig: Path | None
    context: str | None
    namespaces: tuple[str, ...]


_SECONDS = 30.0


async def examine(settings: Settings, clock: Clock) -> Examined:
    """Look at everything; what fails is part of what is seen, and no exception."""
    limit = aiohttp.ClientTimeout(total=settings.request_seconds)
    async with aiohttp.ClientSession(timeout=limit) as session:
        endpoint = Endpoint(session, settings.github_url, clock, Answers())
        key = settings.github_private_key.get_secret_value()
        app = GitHubApp(endpoint, AppIdentity(settings.github_app_id, key))
        github = await observe_github(settings, session, clock, app)
        cluster = await _cluster(settings, app, github)
        airbyte = await observe_airbyte(
            settings.airbyte_url, airbyte_from(settings, session, clock)
        )
    return Examined(github, cluster, airbyte)


async def names_in(place: Place) -> dict[str, Names] | None:
    """What is read by name in each namespace with Terraform objects, None where those are not
    ours to see. Raises `ClientError`."""
    async with connected(place.kubeconfig, place.context) as api:
        eyes = Eyes(Cluster(api, _SECONDS), Access(api, _SECONDS), place.namespaces)
        found = await terraforms(eyes)
    return None if found is None else by_namespace(found)


async def _cluster(settings: Settings, app: GitHubApp, github: GitHubSeen) -> ClusterSeen:
    installations = await _installations(app) if github.app else None
    seen = installations.all if installations else ()
    repositories = frozenset(item.name.lower() for item in seen) if installations else None
    try:
        async with connected(settings.kubeconfig, settings.kube_context) as api:
            eyes = Eyes(
                Cluster(api, settings.request_seconds),
                Access(api, settings.request_seconds),
                settings.namespaces,
                repositories,
                github.app.page if github.app else "",
                ModuleExaminer(installations) if installations else None,
            )
            return await observe_cluster(eyes)
    except ClientError as error:
        return ClusterSeen(problem=str(error))


async def _installations(app: GitHubApp) -> Installations | None:
    """None where GitHub does not tell."""
    installations = Installations(app)
    try:
        await installations.refresh()
    except ClientError:
        return None
    return installations
