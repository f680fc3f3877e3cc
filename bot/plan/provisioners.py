"""What an instance runs when it is created: its `local-exec` commands, evaluated.

Beside `predict` at the top of `bot.plan`. Nothing is run here: the demo's simulated controller
asks, so that a module's own curl reaches the simulated Airbyte.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.address import Resource
from bot.plan.configuration import Loader, ResourceBlock
from bot.plan.configuration.module import Module
from bot.plan.engine.modules import ModuleInstance, instance_names
from bot.plan.engine.planner import Facts, Planner
from bot.plan.engine.prior import by_address, priors
from bot.plan.evaluate import Scope
from bot.plan.predict import Request
from bot.plan.syntax.nodes import Block


def local_exec(request: Request, address: str) -> tuple[str, ...]:
    """The command lines of `address`, in order, with `self` as `request.state` has it.

    A command that is unknown or sensitive is carried out by the tool all the same; one that
    cannot be evaluated is left out, for the plan would have failed on it.
    """
    module: Module = Loader(request.files, request.cache.parsed).load(request.module)
    objects = by_address(priors(request.state, request.live)) if request.state else {}
    planner = Planner(module, Facts(request.files, request.inputs, objects))
    for instance, block in _blocks(planner):
        for key in planner.instances(instance, (block.mode, block.type, block.name)) or {}:
            target = Resource(instance.path, block.mode, block.type, block.name).instance(key)
            if str(target) == address:
                own = objects[address].value if address in objects else None
                names = {**instance.names, **instance_names(key, None)}
                scope = instance.scope(address, names if own is None else {**names, "self": own})
                return tuple(_commands(planner, block, scope, address))
    return ()


def _blocks(planner: Planner) -> Iterator[tuple[ModuleInstance, ResourceBlock]]:
    for instance in planner.all_modules():
        for block in instance.module.resources.values():
            yield instance, block


def _commands(planner: Planner, block: ResourceBlock, scope: Scope, address: str) -> Iterator[str]:
    for provisioner in block.provisioners:
        if provisioner.labels != ("local-exec",) or _at_destroy(provisioner):
            continue
        argument = provisioner.body.attributes.get("command")
        if argument is not None:
            value = planner.value(argument.expression, scope, address)
            if isinstance(value.raw, str):
                yield value.raw


def _at_destroy(provisioner: Block) -> bool:
    when = provisioner.body.attributes.get("when")
    return when is not None and getattr(when.expression, "root", "") == "destroy"
