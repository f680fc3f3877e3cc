"""One instance's change as data, and the diagnostic where it must not come about.

Beside `prior` in `bot.plan.engine`; decides nothing.
"""

from __future__ import annotations

from typing import Any

from bot.plan.address import Instance, module_text
from bot.plan.configuration import ResourceBlock
from bot.plan.diagnostics import Diagnostic, error
from bot.plan.prediction import Action, ResourceChange
from bot.plan.values import UNKNOWN


def change_of(
    address: Instance,
    source: str,
    action: Action,
    **rest: Any,
) -> ResourceChange:
    """The change of an instance; `rest` are the other fields of `ResourceChange`."""
    resource = address.resource
    return ResourceChange(
        str(address),
        resource.mode,
        resource.type,
        resource.name,
        source,
        action,
        address.key,
        module_text(resource.module),
        **rest,
    )


def placeholder(address: Instance) -> ResourceChange:
    """Stands for an instance that cannot be planned; what refers to it is unknown."""
    return change_of(address, "", Action.NO_OP, before=None, after=UNKNOWN)


def prevented(address: str, block: ResourceBlock) -> Diagnostic:
    """`prevent_destroy` stands in the way."""
    detail = (
        f"Resource {address} has lifecycle.prevent_destroy set, but the plan calls for this"
        " resource to be destroyed. To avoid this error and continue with the plan, either disable"
        " lifecycle.prevent_destroy or reduce the scope of the plan using the -target flag."
    )
    return error("Instance cannot be destroyed", detail, block.span.range)
