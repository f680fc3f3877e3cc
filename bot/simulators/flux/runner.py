"""What tofu-controller's runner does for one pass: init, plan, apply, outputs.

A simulator: imports nothing of the bot. It holds the state's lock while it plans and applies,
reads every object through the providers, and stores plans and state where the tool does.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from bot.simulators.clock import AnyClock
from bot.simulators.flux import durations, readable, state, stored_plan, variables
from bot.simulators.flux.api import Api, ApiError
from bot.simulators.flux.applying import Application, diagnostic
from bot.simulators.flux.artifacts import Artifacts
from bot.simulators.flux.backend import Backend, Locked
from bot.simulators.flux.planning import Plan, Planner, Provider, Request
from bot.simulators.flux.sources import GitFailed
from bot.simulators.flux.steps import Failure, Planned
from bot.simulators.flux.terraform import Key, Terraform, plan_id
from bot.simulators.flux.timing import Timing

Json = dict[str, Any]
_FAILED = "rpc error: code = Internal desc = exit status 1\n\n"
_INTERNAL = "rpc error: code = Internal desc = "


@dataclass(slots=True)
class Tools:
    """What every pass works with. `plans` are those that wait for their apply, by object.

    `runner_pods`: whether a Pod `<name>-tf-runner` is there while a pass runs. `room`: whether the
    namespace's quota leaves any for one.
    """

    api: Api
    artifacts: Artifacts
    planner: Planner
    provider: Provider
    clock: AnyClock
    timing: Timing
    runner_pods: bool = False
    room: Callable[[], bool] = lambda: True
    plans: MutableMapping[Key, Plan] = field(default_factory=dict)


class Runner:
    """One pass' work on one object. `source` is the GitRepository's JSON."""

    def __init__(self, tools: Tools, terraform: Terraform) -> None:
        self._tools = tools
        self._terraform = terraform
        self._timing = tools.timing
        config = terraform.spec.get("backendConfig") or {}
        suffix = str(config.get("secretSuffix") or terraform.key[1])
        namespace, now = terraform.key[0], tools.clock.now
        self._backend = Backend(tools.api, namespace, terraform.workspace, suffix, now)
        self._revision = ""
        self._files: Mapping[str, bytes] = {}
        self._variables: Json = {}
        self._first: tuple[Plan, Json | None] | None = None

    @property
    def _module(self) -> str:
        return str(self._terraform.spec.get("path") or "").removeprefix("./").strip("/")

    # The pass' steps

    async def start(self) -> bool:
        """A Pod, where Pods are made; whether there was room for it."""
        if not self._tools.room():
            return False
        await self._start_pod()
        return True

    async def prepare(self, revision: str, source: Json) -> Failure | None:
        """The files, the variables, `init`."""
        tools, self._revision = self._tools, revision
        try:
            url = str(source["spec"]["url"])
            self._files = await tools.artifacts.files(self._terraform.source, url, revision)
        except GitFailed as error:
            return Failure(f"failed to download artifact: {error}", reason="ArtifactFailed")
        try:
            self._variables = await variables.read(tools.api, self._terraform)
        except variables.NoVariables as error:
            return Failure(str(error), reason="VarsGenerationFailed")
        await tools.clock.sleep(self._timing.prepare)
        try:
            await self._backend.initialize()
        except Locked as locked:
            return Failure(_INTERNAL + locked.text, locked.identifier)
        return await self._module_failure()

    async def _module_failure(self) -> Failure | None:
        """What `init` says of the module. To know it is to plan; the first plan is that one."""
        plan, refreshed = await self._planned(await self._backend.read())
        if not plan.ok and plan.stage == "init":
            return Failure(_FAILED + plan.error.rstrip() + "\n")
        self._first = plan, refreshed
        return None

    async def break_lock(self, identifier: str) -> None:
        """`force-unlock`."""
        await self._tools.clock.sleep(self._timing.unlock)
        await self._backend.unlock(identifier)

    async def plan(self, *, keep: bool, destroy: bool) -> Planned | Failure:
        """Plan under the lock; with `keep`, store what came of it."""
        locks = (self._terraform.spec.get("plan") or {}).get("lock", True)
        try:
            lock = await self._lock("OperationTypePlan") if locks else ""
        except Locked as locked:
            return Failure(_INTERNAL + locked.text, locked.identifier)
        try:
            plan, refreshed = self._first or await self._planned(await self._backend.read())
            self._first = None
            timing = self._timing
            await self._tools.clock.sleep(timing.plan if plan.ok else timing.plan_failure)
        finally:
            await self._backend.unlock(lock)
        if plan.ok and destroy:
            plan = Plan(state.destruction(refreshed))
        if not plan.ok:
            return Failure(_FAILED + plan.error.rstrip() + "\n")
        nothing = destroy and not plan.has_changes
        if keep and not nothing:
            self._tools.plans[self._terraform.key] = plan
            await self._store(plan, refreshed)
        return Planned(plan.has_changes, readable.text(plan, refreshed))

    async def apply(self) -> Failure | None:
        """Carry out the plan that was stored, under the lock."""
        plan = await self._stored()
        if plan is None:
            return Failure(f'{_INTERNAL}error loading plan: secrets "tfplan" not found')
        try:
            lock = await self._lock("OperationTypeApply")
        except Locked as locked:
            return Failure(_INTERNAL + locked.text, locked.identifier)
        try:
            error = await self._carry_out(plan)
        finally:
            await self._backend.unlock(lock)
        return Failure(_FAILED + error) if error else None

    async def outputs(self) -> list[str]:
        """The names of the state's outputs."""
        await self._tools.clock.sleep(self._timing.outputs)
        found = ((await self._backend.read()) or {}).get("outputs") or {}
        wanted = self._terraform.spec.get("writeOutputsToSecret")
        if wanted:
            await self._write_outputs(str(wanted["name"]), wanted.get("outputs"), found)
        return sorted(found)

    async def forget_plans(self) -> None:
        """Delete the binary plan; a readable one stays behind."""
        self._tools.plans.pop(self._terraform.key, None)
        await stored_plan.forget(self._tools.api, self._terraform)

    async def clean_up(self) -> None:
        """Delete the Pod, unless it is to stay."""
        if self._tools.runner_pods and self._terraform.spec.get("alwaysCleanupRunnerPod", True):
            namespace, name = self._terraform.key
            await self._tools.api.delete("Pod", namespace, f"{name}-tf-runner")

    # How

    async def _stored(self) -> Plan | None:
        """The plan that waits. A controller that was started anew has it in the Secret only: then
        the one that this pass' start made stands for it."""
        kept = self._tools.plans.pop(self._terraform.key, None)
        if kept is not None or self._first is None:
            return kept
        namespace, name = self._terraform.key
        secret = f"tfplan-{self._terraform.workspace}-{name}"
        found = await self._tools.api.get("Secret", namespace, secret)
        return self._first[0] if found is not None else None

    async def _lock(self, operation: str) -> str:
        """Waits as long as `tfstate.lockTimeout` says."""
        given = (self._terraform.spec.get("tfstate") or {}).get("lockTimeout") or "0s"
        ends = self._tools.clock.now().timestamp() + durations.seconds(given)
        while True:
            try:
                return await self._backend.lock(operation)
            except Locked:
                if self._tools.clock.now().timestamp() >= ends:
                    raise
            await self._tools.clock.sleep(1.0)

    async def _planned(self, before: Json | None) -> tuple[Plan, Json | None]:
        refreshed = await self._refreshed(before)
        if isinstance(refreshed, Plan):
            return refreshed, None
        spec = self._terraform.spec
        request = Request(
            self._files,
            self._module,
            self._variables,
            refreshed,
            self._revision,
            tuple(spec.get("targets") or ()),
            tuple(spec.get("tfVarsFiles") or ()),
        )
        return await self._tools.planner.plan(request), refreshed

    async def _refreshed(self, before: Json | None) -> Json | Plan | None:
        """The state as the providers read it; a failed plan where one of them cannot."""
        if before is None:
            return None
        read = {}
        for each in state.instances(before):
            try:
                read[each.address] = await self._tools.provider.read(each.type, each.attributes)
            except Exception as error:
                text = diagnostic(error, each.address, self._files, self._module)
                return Plan(error=text)
        return state.with_attributes(before, read)

    async def _store(self, plan: Plan, refreshed: Json | None) -> None:
        terraform, tools = self._terraform, self._tools
        identifier = plan_id(self._revision)
        await tools.clock.sleep(self._timing.store_plan)
        content = stored_plan.binary(plan)
        await stored_plan.store(tools.api, terraform, identifier, "binary", content)
        how = str(terraform.spec.get("storeReadablePlan") or "none")
        if how == "none":
            return
        await tools.clock.sleep(self._timing.show_plan)
        content = readable.text(plan, refreshed).encode()
        if how == "json":
            content = json.dumps(readable.document(plan, self._variables, refreshed)).encode()
        await stored_plan.store(tools.api, terraform, identifier, how, content)

    async def _carry_out(self, plan: Plan) -> str:
        before = await self._backend.read() or state.empty("")
        provider = self._tools.provider
        application = Application(plan, before, provider, self._files, self._module)
        done = sum(change.changes for change in plan.changes)
        await self._tools.clock.sleep(self._timing.apply + done * self._timing.per_change)
        result = await application.run()
        if result.state is not before:
            await self._backend.write(result.state)
        return result.error

    async def _write_outputs(self, name: str, chosen: list[str] | None, found: Json) -> None:
        names = chosen or sorted(found)
        texts = {key: found[key]["value"] for key in names if key in found}
        data = {
            key: base64.b64encode(
                (value if isinstance(value, str) else json.dumps(value)).encode()
            ).decode()
            for key, value in texts.items()
        }
        document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
        namespace = self._terraform.key[0]
        try:
            await self._tools.api.create("Secret", namespace, document)
        except ApiError as error:
            if error.code != 409:
                raise
            await self._tools.api.patch("Secret", namespace, name, {"data": data})

    async def _start_pod(self) -> None:
        if not self._tools.runner_pods:
            return
        namespace, name = self._terraform.key
        labels = {"app.kubernetes.io/name": "tf-runner", "app.kubernetes.io/instance": "tf-runner"}
        container = {"name": "tf-runner", "image": "ghcr.io/flux-iac/tf-runner"}
        document = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{name}-tf-runner", "labels": labels},
            "spec": {"containers": [container]},
        }
        try:
            await self._tools.api.create("Pod", namespace, document)
        except ApiError as error:
            if error.code != 409:
                raise
            return
        await self._tools.clock.sleep(self._timing.runner)
