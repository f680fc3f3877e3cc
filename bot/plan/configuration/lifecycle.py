"""The `lifecycle` block: what is ignored, what forces a replacement, what has to hold.

Above `arguments` in `bot.plan.configuration`
(https://opentofu.org/docs/language/resources/behavior/#lifecycle-customizations).
"""

from __future__ import annotations

from bot.plan.configuration.arguments import (
    check_of,
    flag,
    keyword,
    native,
    static_list,
    traversal,
    unquoted,
)
from bot.plan.configuration.content import Found, Shape, content
from bot.plan.configuration.module import Lifecycle, Module
from bot.plan.diagnostics import error
from bot.plan.evaluate import references
from bot.plan.evaluate.constants import constant_value
from bot.plan.evaluate.subjects import misshapen
from bot.plan.places import place
from bot.plan.syntax.nodes import Attr, Attribute, Block, Expression, Key, ScopeTraversal

_ARGUMENTS = ("create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by")
_LIFECYCLE = Shape(_ARGUMENTS, blocks={"precondition": (), "postcondition": ()})
_TRIGGER = "Invalid replace_triggered_by expression"


def only_one(blocks: list[Block], type_: str, of: str, module: Module) -> Block | None:
    """The block of a type of which there may be one; each further one is said."""
    first: Block | None = None
    for block in blocks:
        if block.type == type_ and first is None:
            first = block
        elif block.type == type_ and first is not None:
            at = place(first.header_span.range, module.root)
            detail = f"{of} already has a {type_} block at {at}."
            where = block.header_span.range
            module.diagnostics.append(error(f"Duplicate {type_} block", detail, where))
    return first


def lifecycle_of(block: Block, blocks: list[Block], module: Module) -> Lifecycle:
    """What a resource's `lifecycle` block says; without one, what holds by itself."""
    lifecycle = Lifecycle()
    inner = only_one(blocks, "lifecycle", "This resource", module)
    if inner is None:
        return lifecycle
    attributes = inner.body.attributes
    checks = content(inner.body, _LIFECYCLE, module.diagnostics)
    if block.type == "resource":
        _fill(lifecycle, inner, module.diagnostics)
    for name in _ARGUMENTS if block.type == "data" else ():
        if name in attributes:
            _for_managed_only(attributes[name], module.diagnostics)
    _conditions(lifecycle, checks, block, module)
    return lifecycle


def _for_managed_only(attribute: Attribute, found: Found) -> None:
    detail = (
        f'The lifecycle argument "{attribute.name}" is defined only for managed resources'
        ' ("resource" blocks), and is not valid for data resources.'
    )
    summary = "Invalid data resource lifecycle argument"
    found.append(error(summary, detail, attribute.name_span.range))


def _fill(lifecycle: Lifecycle, block: Block, found: Found) -> None:
    attributes = block.body.attributes
    first = flag(attributes.get("create_before_destroy"), found)
    lifecycle.create_before_destroy = first is True
    if flag(attributes.get("prevent_destroy"), found) is True:
        lifecycle.prevent_destroy = block.header_span
    lifecycle.triggers = _triggers(attributes.get("replace_triggered_by"), found)
    ignore = attributes.get("ignore_changes")
    if ignore is not None:
        _ignore(lifecycle, ignore, found)


def _conditions(lifecycle: Lifecycle, checks: list[Block], block: Block, module: Module) -> None:
    for each in checks:
        check = check_of(each, module)
        for node in (check.condition, check.message):
            if node is not None and _own(node, block):
                name = ".".join((*(["data"] if block.type == "data" else []), *block.labels))
                detail = f"Configuration for {name} may not refer to itself."
                summary = f"Invalid reference in {each.type}"
                module.diagnostics.append(error(summary, detail, node.span.range))
        if each.type == "precondition":
            lifecycle.preconditions += (check,)
        else:
            lifecycle.postconditions += (check,)


def _own(node: Expression, block: Block) -> bool:
    """Whether an expression refers to the block that it stands in."""
    path = ("data", *block.labels) if block.type == "data" else block.labels
    for reference in references(node):
        names = [step.name for step in reference.steps if isinstance(step, Attr)]
        if tuple([reference.root, *names][: len(path)]) == path:
            return True
    return False


def _ignore(lifecycle: Lifecycle, attribute: Attribute, found: Found) -> None:
    if keyword(attribute.expression) == "all":
        lifecycle.ignore_all = True
        return
    star: Expression | None = None
    paths, ignored = [], []
    for item in static_list(attribute, found):
        value, _ = constant_value(item)
        if value.raw == "*":
            star = item
            detail = (
                'The ["*"] form of ignore_changes wildcard is was deprecated and is now invalid.'
                ' Use "ignore_changes = all" to ignore changes to all attributes.'
            )
            where = attribute.expression.span.range
            found.append(error("Invalid ignore_changes wildcard", detail, where))
            continue
        named = traversal(unquoted(item, found), found)
        if named is not None:
            ignored.append(named)
            paths.append((named.root, *(_step(step) for step in named.steps)))
    if star is not None and paths:
        detail = 'Cannot mix wildcard string "*" with non-wildcard references.'
        found.append(error("Invalid ignore_changes ruleset", detail, star.span.range))
    lifecycle.ignored += tuple(ignored)
    lifecycle.ignore = tuple(paths)


def _step(step: Attr | Key) -> str:
    return step.name if isinstance(step, Attr) else str(step.key.raw)


def _triggers(attribute: Attribute | None, found: Found) -> tuple[Expression, ...]:
    nodes = tuple(native(each, found) for each in static_list(attribute, found))
    for node in nodes:
        _trigger(node, found)
    return nodes


def _trigger(node: Expression, found: Found) -> None:
    """One resource is what an element refers to, besides `count.index` and `each.key`."""
    where, resources = node.span.range, 0
    named = references(node)
    wrong = [problem for problem in map(misshapen, named) if problem is not None]
    for problem in wrong:
        found.append(error(problem.summary, problem.detail, where))
    if wrong:
        return
    for reference in named:
        kind = _kind(reference)
        resources += kind == "resource"
        if kind not in ("", "resource"):
            found.append(error(*_BAD_TRIGGERS[kind], where))
    if resources != 1:
        many = "Multiple resource references" if resources else "Missing resource reference"
        found.append(error(_TRIGGER, f"{many} in replace_triggered_by expression.", where))


_BAD_TRIGGERS = {
    "each": (
        "Invalid each reference in replace_triggered_by expression",
        "Only each.key may be used in replace_triggered_by.",
    ),
    "count": (
        "Invalid count reference in replace_triggered_by expression",
        "Only count.index may be used in replace_triggered_by.",
    ),
    "other": (
        "Invalid reference in replace_triggered_by expression",
        "Only resources, count.index, and each.key may be used in replace_triggered_by.",
    ),
}
_NO_RESOURCES = frozenset({"local", "module", "path", "self", "terraform", "tofu", "var"})


def _kind(node: ScopeTraversal) -> str:
    """What a reference is to; "" where it is one of the names of repetition that are allowed."""
    first = node.steps[0].name if node.steps and isinstance(node.steps[0], Attr) else ""
    if node.root in ("each", "count"):
        return "" if (node.root, first) in (("each", "key"), ("count", "index")) else node.root
    return "other" if node.root in _NO_RESOURCES else "resource"
