"""tofu-controller: watches Terraform objects and their sources, and performs the passes.

A simulator: imports nothing of the bot. What a pass does is `passes`; here is only who starts
one, and the doing.
"""

from __future__ import annotations

from typing import Any

from bot.simulators.flux import passes
from bot.simulators.flux.passes import Context, Memory
from bot.simulators.flux.runner import Runner, Tools
from bot.simulators.flux.saving import Gone, Status, set_finalizer
from bot.simulators.flux.source_controller import asks
from bot.simulators.flux.steps import (
    Again,
    Apply,
    CleanUp,
    Finalizer,
    ForgetPlans,
    MakePlan,
    Prepare,
    ReadDependencies,
    ReadOutputs,
    ReadSource,
    Save,
    Say,
    StartRunner,
    Step,
    Unlock,
)
from bot.simulators.flux.telling import tell
from bot.simulators.flux.terraform import DEPENDANT, FINALIZER, Key, Terraform
from bot.simulators.flux.versions import Version
from bot.simulators.flux.watching import Watcher, key_of
from bot.simulators.flux.workqueue import Workqueue

Json = dict[str, Any]
KIND = "Terraform"


def revision(source: Json | None) -> str:
    """The artifact's, "" without one."""
    artifact = ((source or {}).get("status") or {}).get("artifact") or {}
    return str(artifact.get("revision", ""))


class TofuController:
    """`terraforms.run` and `sources.run` watch until they are cancelled."""

    def __init__(self, tools: Tools, version: Version) -> None:
        self._tools = tools
        self._version = version
        self._memories: dict[Key, Memory] = {}
        self.queue = Workqueue(self._work, tools.clock)
        self.terraforms = Watcher(tools.api, tools.clock, KIND, self._seen)
        self.sources = Watcher(tools.api, tools.clock, "GitRepository", self._seen_source)

    # Who starts a pass

    def _seen(self, old: Json | None, new: Json | None) -> None:
        if new is None and old is not None:
            self.queue.forget(key_of(old))
            self._memories.pop(key_of(old), None)
        elif new is not None and asks(old, new):
            self.queue.add(key_of(new))

    def _seen_source(self, old: Json | None, new: Json | None) -> None:
        """Another revision starts a pass of every object that has not attempted it."""
        now = revision(new)
        if new is None or not now or (old is not None and now == revision(old)):
            return
        for document in self.terraforms.objects.values():
            ref, key = document["spec"]["sourceRef"], key_of(document)
            if (str(ref.get("namespace") or key[0]), str(ref["name"])) != key_of(new):
                continue
            if (document.get("status") or {}).get("lastAttemptedRevision") != now:
                self.queue.add(key)

    # A pass

    async def _work(self, key: Key) -> float | None:
        document = await self._tools.api.get(KIND, *key)
        if document is None:
            return None
        terraform = Terraform(document, self._tools.clock.now, self._version)
        memory = self._memories.setdefault(key, Memory())
        steps = passes.reconcile(
            Context(terraform, self._tools.clock.now, self._version, memory),
        )
        doing = _Doing(self._tools, terraform)
        reply: Any = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as end:
                again: Again = end.value
                return again.after
            try:
                reply = await doing.do(step)
            except Gone:
                return None


class _Doing:
    """The steps of one pass, performed."""

    def __init__(self, tools: Tools, terraform: Terraform) -> None:
        self._tools = tools
        self._api = tools.api
        self._terraform = terraform
        self._runner = Runner(tools, terraform)
        self._status = Status(tools.api, KIND, terraform.key, terraform.status)
        self._source: Json | None = None

    async def do(self, step: Step) -> Any:
        """What comes back is what the step says."""
        match step:
            case Save():
                return await self._status.save(self._terraform.status)
            case Finalizer(present):
                finalizers = self._terraform.finalizers
                if not present:
                    await self._release_dependencies()
                wanted = FINALIZER, present
                return await set_finalizer(self._api, KIND, self._terraform.key, finalizers, wanted)
            case Say():
                clock, component = self._tools.clock, "tofu-controller"
                return await tell(self._api, self._terraform.document, step, component, clock.now)
            case ReadSource():
                self._source = await self._api.get("GitRepository", *self._terraform.source)
                return self._source
            case ReadDependencies():
                return await self._dependencies()
            case StartRunner():
                return await self._runner.start()
            case Prepare(revision=wanted_revision):
                return await self._runner.prepare(wanted_revision, self._source or {})
            case Unlock(lock):
                return await self._runner.break_lock(lock)
            case MakePlan(keep, destroy):
                return await self._runner.plan(keep=keep, destroy=destroy)
            case Apply():
                return await self._runner.apply()
            case ReadOutputs():
                return await self._runner.outputs()
            case ForgetPlans():
                return await self._runner.forget_plans()
            case CleanUp():
                return await self._runner.clean_up()

    async def _dependencies(self) -> list[tuple[str, Json | None]]:
        found = []
        for key in self._dependency_keys():
            document = await self._api.get(KIND, *key)
            if document is not None:
                await self._depend(key, document)
            found.append(("/".join(key), document))
        return found

    def _dependency_keys(self) -> list[Key]:
        namespace = self._terraform.key[0]
        return [
            (str(each.get("namespace") or namespace), str(each["name"]))
            for each in self._terraform.spec.get("dependsOn") or ()
        ]

    async def _depend(self, key: Key, document: Json) -> None:
        """A finalizer on the dependency keeps it until this object is gone."""
        name = DEPENDANT + self._terraform.key[1]
        finalizers = list(document["metadata"].get("finalizers") or ())
        if name not in finalizers and not document["metadata"].get("deletionTimestamp"):
            await set_finalizer(self._api, KIND, key, finalizers, (name, True))

    async def _release_dependencies(self) -> None:
        name = DEPENDANT + self._terraform.key[1]
        for key in self._dependency_keys():
            document = await self._api.get(KIND, *key)
            finalizers = list(((document or {}).get("metadata") or {}).get("finalizers") or ())
            if name in finalizers:
                await set_finalizer(self._api, KIND, key, finalizers, (name, False))
