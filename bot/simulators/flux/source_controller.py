"""source-controller: watches GitRepositories and performs their passes.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

from typing import Any

from bot.simulators.clock import AnyClock
from bot.simulators.flux.api import Api
from bot.simulators.flux.artifacts import Artifacts
from bot.simulators.flux.git_repository import FINALIZER, GitRepository, LookUp, Step, Store
from bot.simulators.flux.saving import Gone, Status, set_finalizer
from bot.simulators.flux.sources import Found, Git, GitFailed, Ref
from bot.simulators.flux.steps import Again, Finalizer, Save, Say
from bot.simulators.flux.telling import tell
from bot.simulators.flux.terraform import REQUEST, Key
from bot.simulators.flux.timing import Timing
from bot.simulators.flux.watching import Watcher, key_of
from bot.simulators.flux.workqueue import Workqueue

Json = dict[str, Any]
KIND = "GitRepository"
_HOST = "source-controller.flux-system.svc.cluster.local."


def asks(old: Json | None, new: Json | None) -> bool:
    """Whether a change is a reason for a pass: another generation, or another request."""
    if new is None or old is None:
        return new is not None
    before, after = old["metadata"], new["metadata"]
    return bool(
        before.get("generation") != after.get("generation")
        or bool(before.get("deletionTimestamp")) != bool(after.get("deletionTimestamp"))
        or (before.get("annotations") or {}).get(REQUEST)
        != (after.get("annotations") or {}).get(REQUEST)
    )


class SourceController:
    """`run` watches until it is cancelled."""

    def __init__(
        self, api: Api, git: Git, artifacts: Artifacts, clock: AnyClock, timing: Timing
    ) -> None:
        self._api = api
        self._git = git
        self._artifacts = artifacts
        self._clock = clock
        self._timing = timing
        self._failures: dict[Key, int] = {}
        self.queue = Workqueue(self._work, clock)
        self.watcher = Watcher(api, clock, KIND, self._seen)

    def _seen(self, old: Json | None, new: Json | None) -> None:
        if new is None and old is not None:
            self.queue.forget(key_of(old))
        elif new is not None and asks(old, new):
            self.queue.add(key_of(new))

    async def _work(self, key: Key) -> float | None:
        document = await self._api.get(KIND, *key)
        if document is None:
            self._failures.pop(key, None)
            return None
        failures = self._failures.get(key, 0)
        repository = GitRepository(document, self._clock.now, failures, _HOST)
        try:
            again = await self._perform(repository)
        except Gone:
            return None
        self._failures[key] = repository.failures
        return again.after

    async def _perform(self, repository: GitRepository) -> Again:
        status = Status(self._api, KIND, repository.key, repository.status)
        steps, reply = repository.pass_(), None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as end:
                found: Again = end.value
                return found
            reply = await self._do(repository, status, step)

    async def _do(self, repository: GitRepository, status: Status, step: Step) -> Any:
        match step:
            case Save():
                await status.save(repository.status)
            case Finalizer():
                finalizers = list(repository.metadata.get("finalizers") or ())
                wanted = FINALIZER, step.present
                await set_finalizer(self._api, KIND, repository.key, finalizers, wanted)
            case Say():
                component = "source-controller"
                await tell(self._api, repository.document, step, component, self._clock.now)
            case LookUp(url, ref):
                return await self._look_up(url, ref)
            case Store(url, found):
                return await self._store(repository.key, url, found)
        return None

    async def _look_up(self, url: str, ref: Ref) -> Found | str:
        await self._clock.sleep(self._timing.look_up)
        try:
            return await self._git.resolve(url, ref)
        except GitFailed as error:
            await self._clock.sleep(self._timing.fetch)
            return str(error)

    async def _store(self, key: Key, url: str, found: Found) -> Json | str:
        await self._clock.sleep(self._timing.fetch)
        try:
            return await self._artifacts.store(key, url, found.revision)
        except GitFailed as error:
            return str(error)
