"""`import` blocks: objects that are taken into the state before they are planned.

Beside `planner` in `bot.plan.engine` (https://opentofu.org/docs/language/import/). What an object
is that nobody looked at is not known: its change is then said to be uncertain.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.plan.address import Instance, Resource
from bot.plan.configuration import Module
from bot.plan.configuration.module import Import
from bot.plan.diagnostics import Diagnostic, error
from bot.plan.engine.expansion import Instances
from bot.plan.engine.modules import instance_names, is_failed, plain_key
from bot.plan.engine.move_statements import Target, named_by
from bot.plan.engine.prior import Prior
from bot.plan.prediction import Action, ResourceChange
from bot.plan.providers import ResourceType
from bot.plan.syntax.nodes import Expression, Index, RelativeTraversal, ScopeTraversal, Step
from bot.plan.syntax.nodes import Key as KeyStep
from bot.plan.values import (
    STRING,
    ConversionError,
    Value,
    all_opaque,
    convert,
    is_secret,
    null,
    string,
)

if TYPE_CHECKING:
    from bot.plan.engine.planner import Planner

_NO_CONFIGURATION = (
    "The configuration for the given import {} does not exist. All target instances must have an"
    " associated configuration to be imported."
)
_LATER = (
    'The import block "id" argument depends on resource attributes that cannot be determined until'
    " apply, so OpenTofu cannot plan to import this resource."
)
Place = tuple[Import, dict[str, Value]]
"""An `import` block, and `each` as one of its elements."""
_UNREAD = "it is imported: whether it then changes hangs on what the object is"


def import_id(planner: Planner, address: Instance) -> str | None:
    """The id by which an instance is to be imported; None where it is not, or is wrong."""
    place = import_places(planner).get(str(address))
    return _id(planner, *place) if place is not None else None


def import_places(planner: Planner) -> dict[str, Place]:
    """The `import` block of each address, and the names that it sees; told once."""
    if planner.import_places is None:
        planner.import_places = {}  # what the addresses hang on is not imported itself
        planner.import_places = dict(_places(planner))
    return planner.import_places


def _places(planner: Planner) -> Iterator[tuple[str, Place]]:
    for block in planner.root.module.imports:
        if block.target is None:
            continue
        for key, item in _keys(planner, block).items():
            names = instance_names(key, item)
            address = _address(planner, block.target, names)
            if address is not None:
                yield str(address), (block, names)


def undeclared(root: Module) -> list[Diagnostic]:
    """What is to be imported into a block that the configuration does not have."""
    found = []
    for block in root.imports:
        named = named_by(*_static(block.target)) if block.target is not None else None
        if named is not None and named.resource is not None and not _declared(root, named):
            at = Resource(tuple((name, None) for name, _ in named.module), *named.resource)
            detail = _NO_CONFIGURATION.format(at)
            summary = "Configuration for import target does not exist"
            found.append(error(summary, detail, block.span.range))
    return found


def _declared(root: Module, named: Target) -> bool:
    at = root
    for name, _ in named.module:
        if name in at.calls and name not in at.children:
            return True  # a module that cannot be read
        if name not in at.children:
            return False
        at = at.children[name]
    return named.resource in at.resources


def _static(node: Expression) -> tuple[str, list[Step]]:
    """The name that an address begins with, and its steps without keys to be evaluated."""
    if isinstance(node, ScopeTraversal):
        return node.root, list(node.steps)
    if isinstance(node, Index):
        return _static(node.collection)
    if isinstance(node, RelativeTraversal):
        root, steps = _static(node.source)
        return root, [*steps, *node.steps]
    return "", []


def without_instance(planner: Planner) -> list[Diagnostic]:
    """What is to be imported as an instance that the configuration does not have."""
    return [
        error("Configuration for import target does not exist", _NO_CONFIGURATION.format(address))
        for address in import_places(planner)
        if address not in planner.changes
    ]


def _keys(planner: Planner, block: Import) -> Instances:
    if block.for_each is None:
        return {None: None}
    return planner.expanded(planner.root, None, block.for_each, "import") or {}


def _id(planner: Planner, block: Import, names: dict[str, Value]) -> str | None:
    """The id; None where it is wrong, which is said."""
    if block.id is None:
        return ""
    value = planner.value(block.id, planner.root.scope("import", names), "import")
    if is_failed(value):
        return None
    if is_secret(value):
        return _NOT_KNOWN
    problem = ""
    try:
        value = convert(value, STRING)
    except ConversionError as unfit:
        problem = f"The import ID value is unsuitable: {unfit}."
    if value.is_null:
        problem = "The import ID cannot be null."
    elif not value.is_known and not all_opaque(value):
        problem = _LATER
    elif value.is_sensitive:
        problem = "The import ID cannot be sensitive."
    if problem:
        planner.say([error("Invalid import id argument", problem, block.id.span.range)])
        return None
    return value.raw if isinstance(value.raw, str) else _NOT_KNOWN


_NOT_KNOWN = "(not known)"


def _address(planner: Planner, node: Expression, names: dict[str, Value]) -> Instance | None:
    """The address that `to` names; an index may be an expression over `each`."""
    steps = _evaluated(planner, node, names)
    named = named_by(*steps) if steps is not None else None
    if named is None or named.resource is None:
        return None
    return Resource(named.module, *named.resource).instance(named.key)


def _evaluated(
    planner: Planner, node: Expression, names: dict[str, Value]
) -> tuple[str, list[Step]] | None:
    """As `_static`, with all keys; None where one is wrong or must not be seen."""
    if isinstance(node, Index):
        before = _evaluated(planner, node.collection, names)
        value = planner.value(node.key, planner.root.scope("import", names), "import")
        if is_secret(value):
            planner.uncertain.append("what is imported hangs on a Secret's value")
            return None
        if before is None or is_failed(value) or plain_key(value) is None:
            return None
        return before[0], [*before[1], KeyStep(value, node.key.span)]
    if isinstance(node, RelativeTraversal):
        before = _evaluated(planner, node.source, names)
        return (before[0], [*before[1], *node.steps]) if before is not None else None
    return _static(node)


def imported(planner: Planner, type_: ResourceType, address: Instance, id_: str) -> Prior | None:
    """The object as its import reads it; None where nobody looked at it."""
    if not type_.importable:
        detail = (
            "This resource does not support import. Please contact the provider developer for"
            " additional information."
        )
        planner.say(
            [replace(error("Resource Import Not Implemented", detail), address=str(address))]
        )
        return None
    blank = {name: null(each.type) for name, each in type_.attributes.items()}
    value = Value(type_.type, {**blank, type_.import_by: string(id_)})
    live = planner.facts.live
    if type_.import_whole:
        return Prior(address, "", value)
    if live is None or type_.live is None:
        return None
    return Prior(address, "", type_.live(value, live))


def with_import(change: ResourceChange, id_: str, *, read: bool) -> ResourceChange:
    """The change of what is imported first: it is there already, and is never created."""
    if read:
        return replace(change, importing=id_, before=change.before)
    return replace(change, action=Action.UPDATE, importing=id_, uncertain=_UNREAD)
