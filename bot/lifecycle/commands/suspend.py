"""`/lotus suspend` and `/lotus resume`: whether a Terraform object makes passes at all."""

from __future__ import annotations

from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.operations import SuspendTerraform
from bot.lifecycle.status import ObjectStatus
from bot.model.cluster import Terraform
from bot.model.github import Permission
from bot.render.markdown import code

_AGAIN = "If its manifest in Git says otherwise, Flux sets it back with its next pass."


def chosen(call: Call) -> ObjectStatus | Answer:
    """The object that is meant: the one of this name, or the only one."""
    name = call.one("object")
    objects = call.seen.ladder
    found = [item for item in objects if not name or name in _names(item)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(code(str(_terraform(item).name)) for item in objects)
    if not found:
        return refused(f"There is no {code(name, 80)} here. There is: {listed or 'nothing'}.")
    return refused(f"Say which: {listed}.")


def _suspend(call: Call) -> Answer:
    return _set(call, suspended=True)


def _resume(call: Call) -> Answer:
    return _set(call, suspended=False)


def _set(call: Call, *, suspended: bool) -> Answer:
    item = chosen(call)
    if isinstance(item, Answer):
        return item
    terraform = _terraform(item)
    name, word = terraform.name, "suspended" if suspended else "resumed"
    if terraform.suspended is suspended:
        return Answer(f"{code(str(name))} is {word if suspended else 'not suspended'} already.")
    effect = SuspendTerraform(name.namespace, name.name, suspended)
    more = "Nothing is applied until it is resumed. " if suspended else ""
    return Answer(f"{code(str(name))} is {word}. {more}{_AGAIN}", effects=(effect,))


def _names(item: ObjectStatus) -> tuple[str, str]:
    name = _terraform(item).name
    return name.name, str(name)


def _terraform(item: ObjectStatus) -> Terraform:
    return item.rollout.deployment.terraform


SUSPEND = Command(
    "suspend [<object>]",
    Permission.ADMIN,
    "suspend the Terraform object: no pass, nothing applied",
    _suspend,
    frozenset({Need.LADDER}),
)
RESUME = Command(
    "resume [<object>]",
    Permission.ADMIN,
    "resume the Terraform object",
    _resume,
    frozenset({Need.LADDER}),
)
