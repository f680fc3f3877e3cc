"""Carrying a plan out through the providers' plugins, instance by instance.

A simulator: imports nothing of the bot. A failure leaves what was done until then in the state.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from bot.simulators.flux import state
from bot.simulators.flux.planning import Change, Json, Plan, PlanFailed, Provider
from bot.simulators.flux.state import Stored

_IDENTITY = {
    "airbyte_source": "source_id",
    "airbyte_destination": "destination_id",
    "airbyte_connection": "connection_id",
    "airbyte_workspace": "workspace_id",
}


@dataclass(frozen=True, slots=True)
class Result:
    """The state as it is then; `error` is "" or what the tool printed."""

    state: Json
    error: str = ""


def diagnostic(error: Exception, place: str, files: Mapping[str, bytes], module: str) -> str:
    """A plugin's error as the tool prints it. What is no plugin's error is raised again."""
    if isinstance(error, PlanFailed):
        return error.text
    summary = getattr(error, "summary", None)
    if summary is None:
        raise error
    where = _declared(place, files, module)
    detail = str(getattr(error, "detail", ""))
    return f"Error: {summary}\n\n  with {place},\n{where}\n{detail}".rstrip() + "\n"


def _declared(place: str, files: Mapping[str, bytes], module: str) -> str:
    type, _, name = place.partition("[")[0].rpartition("module.")[2].rpartition(".")
    type = type.rpartition(".")[2]
    pattern = re.compile(rf'resource\s+"?{re.escape(type)}"?\s+"?{re.escape(name)}"?\s*\{{')
    for path in sorted(files):
        folder, _, file = path.rpartition("/")
        if folder != module or not file.endswith(".tf"):
            continue
        for number, line in enumerate(files[path].decode(errors="replace").splitlines(), 1):
            if pattern.search(line):
                head = f'  on {file} line {number}, in resource "{type}" "{name}":\n'
                return f"{head}{number:4}: {line}\n"
    return ""


class Application:
    """One apply. `place` says where errors point to: the files and the module's folder."""

    def __init__(
        self, plan: Plan, before: Json, provider: Provider, files: Mapping[str, bytes], module: str
    ) -> None:
        self._plan = plan
        self._before = before
        self._provider = provider
        self._files = files
        self._module = module
        self._kept: dict[str, Stored] = {each.address: each for each in state.instances(before)}
        for change in plan.changes:
            # What the plan's refresh found is what the apply stores.
            if change.before is not None and change.address in self._kept:
                found = self._kept[change.address]
                self._kept[change.address] = replace(found, attributes=change.before)

    async def run(self) -> Result:
        """Destroy, then create and update; what became of the state."""
        error = await self._all()
        outputs = None if error else self._plan.resolver.outputs(self._applied())
        return Result(state.written(self._before, self._kept.values(), outputs), error)

    def _applied(self) -> dict[str, Json]:
        return {place: each.attributes for place, each in self._kept.items()}

    async def _all(self) -> str:
        changes = {change.address: change for change in self._plan.changes}
        doomed = [place for place, each in changes.items() if each.actions[0] == "delete"]
        for place in state.destroy_order(self._before, doomed):
            error = await self._try(self._destroy, changes[place])
            if error:
                return error
        for change in changes.values():
            error = await self._try(self._make, change)
            if error:
                return error
        return ""

    async def _try(self, do: Callable[[Change], Awaitable[None]], change: Change) -> str:
        try:
            await do(change)
        except Exception as error:
            return diagnostic(error, change.address, self._files, self._module)
        return ""

    async def _destroy(self, change: Change) -> None:
        await self._provider.delete(change.type, change.before or {})
        self._kept.pop(change.address, None)

    async def _make(self, change: Change) -> None:
        if change.mode != "managed":
            return
        if change.actions == ("forget",):
            self._kept.pop(change.address, None)
        elif change.actions == ("update",):
            await self._update(change)
        elif "create" in change.actions:
            await self._create(change)

    async def _update(self, change: Change) -> None:
        wanted = self._plan.resolver.attributes(change.address, self._applied())
        name = _IDENTITY.get(change.type, "id")
        identity = {name: (change.before or {}).get(name)}
        done = await self._provider.update(change.type, {**wanted, **identity})
        self._kept[change.address] = state.of_change(change, done)

    async def _create(self, change: Change) -> None:
        resolver = self._plan.resolver
        wanted = resolver.attributes(change.address, self._applied())
        done = await self._provider.create(change.type, wanted)
        made = state.of_change(change, done)
        # Tainted until its provisioners have run, as the tool stores it.
        self._kept[change.address] = replace(made, tainted=True)
        for command in resolver.provisioners(change.address, self._applied()):
            await self._provider.provision(command)
        self._kept[change.address] = made
        if change.actions == ("create", "delete"):
            await self._provider.delete(change.type, change.before or {})
