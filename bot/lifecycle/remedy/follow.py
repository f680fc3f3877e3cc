"""Where a part of a value is written: from an attribute through locals, arguments and loops. PURE.

Nothing is evaluated: where a step could lead to more than one place, it ends there, and that is
said by the place. `bot.plan` explains edits; this finds what is to be edited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.lifecycle.remedy.parts import Path
from bot.plan.address import Key
from bot.plan.configuration import Module
from bot.plan.configuration.module import ModuleCall
from bot.plan.engine.modules import plain_key
from bot.plan.prediction import ResourceChange
from bot.plan.syntax.nodes import (
    Attr,
    Conditional,
    Expression,
    For,
    FunctionCall,
    Index,
    Literal,
    ObjectCons,
    ObjectKey,
    Parentheses,
    RelativeTraversal,
    ScopeTraversal,
    Step,
    Template,
    TemplateWrap,
    TupleCons,
)
from bot.plan.syntax.nodes import Key as KeyStep
from bot.plan.syntax.source import Span

_CALL = re.compile(r'module\.([\w-]+)(?:\[("(?:[^"\\]|\\.)*"|\d+)\])?\.?')
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Place:
    """An expression, and the way that is left to go within its value, () where it is the part.

    `holder`: the object or list in whose text it is element number `at`.
    """

    node: Expression
    rest: Path = ()
    holder: ObjectCons | TupleCons | None = None
    at: int = 0

    @property
    def span(self) -> Span:
        """Where it is written; with its key, where it is a member of an object."""
        if isinstance(self.holder, ObjectCons):
            return self.holder.items[self.at][0].span.to(self.node.span)
        return self.node.span


@dataclass(frozen=True, slots=True)
class _Bound:
    """What a name stands for: an element of `node`'s value, read in `frame`."""

    node: Expression
    frame: _Frame
    step: str | int | None


@dataclass(frozen=True, slots=True)
class _Frame:
    """A module, who called it, and the names of the loops around."""

    module: Module
    parent: _Frame | None = None
    call: ModuleCall | None = None
    names: Mapping[str, _Bound] = field(default_factory=dict)
    each: _Bound | None = None


def place_of(root: Module, change: ResourceChange, path: Path) -> Place | None:
    """Where `path` of a resource is written; None where its block or argument is not there."""
    frame = _frame(root, change.module_address)
    block = frame.module.resources.get((change.mode, change.type, change.name)) if frame else None
    argument = block.body.attributes.get(str(path[0])) if block is not None else None
    if frame is None or block is None or argument is None:
        return None
    if block.for_each is not None:
        frame = replace(frame, each=_Bound(block.for_each, frame, change.index))
    return _follow(Place(argument.expression, path[1:]), frame, _DEEPEST)


def member(node: ObjectCons, step: str | int | None) -> int | None:
    """The place of a key among an object's members; None where it cannot be told."""
    if step is None:
        return 0 if len(node.items) == 1 else None
    names = [_name(key) for key, _ in node.items]
    if None in names and str(step) not in names:
        return None
    found = [at for at, name in enumerate(names) if name == str(step)]
    return found[-1] if found else None


def _frame(root: Module, address: str) -> _Frame | None:
    frame = _Frame(root)
    for name, key in _CALL.findall(address):
        call, child = frame.module.calls.get(name), frame.module.children.get(name)
        if call is None or child is None:
            return None
        step: Key = json.loads(key) if key else None
        each = _Bound(call.for_each, frame, step) if call.for_each is not None else None
        frame = _Frame(child, replace(frame, each=each), call)
    return frame


def _follow(at: Place, frame: _Frame, left: int) -> Place:
    """As far as it is certain."""
    node, rest = at.node, at.rest
    further: tuple[Place, _Frame] | None = None
    match node:
        case Parentheses():
            further = (replace(at, node=node.inner), frame)
        case TemplateWrap():
            further = (replace(at, node=node.wrapped), frame)
        case ScopeTraversal():
            further = _named(node, rest, frame)
        case RelativeTraversal():
            further = (Place(node.source, (*_steps(node.steps), *rest)), frame)
        case Index():
            further = (Place(node.collection, (_key(node.key, frame), *rest)), frame)
        case ObjectCons() | TupleCons() if rest:
            further = _element(node, rest, frame)
        case For() if rest:
            further = (Place(node.value, rest[1:]), _looped(node, rest[0], frame))
        case FunctionCall():
            further = _called(node, rest, frame, left)
    if further is None or left == 0:
        return at
    return _follow(*further, left - 1)


def _named(node: ScopeTraversal, rest: Path, frame: _Frame) -> tuple[Place, _Frame] | None:
    steps = (*_steps(node.steps), *rest)
    if node.root in frame.names:
        return _bound(frame.names[node.root], steps)
    name, inner = (steps[0] if steps else None), steps[1:]
    if node.root == "each" and name == "value" and frame.each is not None:
        return _bound(frame.each, inner)
    module, bare = frame.module, _Frame(frame.module, frame.parent, frame.call)
    if node.root == "local" and name in module.locals:
        return Place(module.locals[str(name)].expression, inner), bare
    if node.root == "var" and frame.parent is not None and frame.call is not None:
        argument = frame.call.arguments.get(str(name))
        return (Place(argument.expression, inner), frame.parent) if argument else None
    return None


def _bound(found: _Bound, steps: Path) -> tuple[Place, _Frame]:
    return Place(found.node, (found.step, *steps)), found.frame


def _element(
    node: ObjectCons | TupleCons, rest: Path, frame: _Frame
) -> tuple[Place, _Frame] | None:
    step = rest[0]
    if isinstance(node, ObjectCons):
        at = member(node, step)
        return (Place(node.items[at][1], rest[1:], node, at), frame) if at is not None else None
    if isinstance(step, int) and step < len(node.items):
        return Place(node.items[step], rest[1:], node, step), frame
    return None


def _looped(node: For, step: str | int | None, frame: _Frame) -> _Frame:
    """Inside a loop: its name is an element of the collection, the same one if none is left out."""
    kept = isinstance(node.key, ScopeTraversal) and node.key.span.text == node.key_name
    known = node.condition is None and (kept if node.makes_object else True)
    bound = _Bound(node.collection, frame, step if known else None)
    names = {name: each for name, each in frame.names.items() if name != node.key_name}
    return replace(frame, names={**names, node.value_name: bound})


def _called(
    node: FunctionCall, rest: Path, frame: _Frame, left: int
) -> tuple[Place, _Frame] | None:
    inner = node.arguments[0] if node.arguments else None
    if node.name == "jsondecode" and isinstance(inner, FunctionCall) and inner.name == "jsonencode":
        return (Place(inner.arguments[0], rest), frame) if inner.arguments else None
    if node.name == "merge" and rest and not node.expand_final:
        for argument in reversed(node.arguments):
            has = _has(argument, rest[0], frame, left - 1)
            if has is not False:
                return (Place(argument, rest), frame) if has else None
    return None


def _has(node: Expression, step: str | int | None, frame: _Frame, left: int) -> bool | None:
    """Whether an object has this member, None where that cannot be told."""
    found = _follow(Place(node), frame, left).node if left > 0 else node
    match found:
        case ObjectCons():
            names = [_name(key) for key, _ in found.items]
            return str(step) in names or (None if None in names or step is None else False)
        case FunctionCall(name="try" | "merge", arguments=alternatives):
            pass
        case Conditional(yes=yes, no=no):
            alternatives = (yes, no)
        case _:
            return None
    without = all(_has(each, step, frame, left - 1) is False for each in alternatives)
    return False if without and left > 0 else None


def _steps(steps: tuple[Step, ...]) -> Path:
    return tuple(step.name if isinstance(step, Attr) else _literal(step) for step in steps)


def _literal(step: KeyStep) -> str | int | None:
    return plain_key(step.key)


def _key(node: Expression, frame: _Frame) -> str | int | None:
    """What an index is, where that is known without evaluating it."""
    if isinstance(node, Template):
        return node.literal
    if isinstance(node, Literal):
        return plain_key(node.value)
    if isinstance(node, ScopeTraversal) and node.span.text == "each.key" and frame.each is not None:
        return frame.each.step
    return None


def _name(key: ObjectKey) -> str | None:
    if key.keyword is not None:
        return key.keyword
    wrapped = key.wrapped
    if isinstance(wrapped, Template):
        return wrapped.literal
    return str(plain_key(wrapped.value)) if isinstance(wrapped, Literal) else None
