"""`moved`, `removed` and `import` blocks into nouns: the addresses in them are checked here.

Above `resources` in `bot.plan.configuration`.
"""

from __future__ import annotations

from bot.plan.configuration.arguments import expression_of, flag, native, traversal
from bot.plan.configuration.content import Found, Shape, content
from bot.plan.configuration.lifecycle import only_one
from bot.plan.configuration.module import Import, Module, Move, Removal
from bot.plan.configuration.provider_references import provider_reference
from bot.plan.configuration.resources import at_destroy, provisioner
from bot.plan.diagnostics import Range, error, failed, warning
from bot.plan.places import place
from bot.plan.syntax.nodes import (
    Attr,
    Block,
    Expression,
    Index,
    Key,
    RelativeTraversal,
    ScopeTraversal,
)
from bot.plan.syntax.source import Span

_MOVED = Shape(("from", "to"), frozenset({"from", "to"}))
_REMOVED = Shape(("from",), frozenset({"from"}), {"lifecycle": (), "provisioner": ("type",)})
_REMOVED_LIFECYCLE = Shape(("destroy",))
_IMPORT = Shape(("provider", "id", "to", "for_each"), frozenset({"id", "to"}))
_SUMMARY = "Invalid address"
Steps = list[tuple[str | None, Span]]
"""Names, or None for a key, with their places."""


def moved(block: Block, module: Module) -> None:
    """A `moved` block."""
    if module.overriding:
        _no_override(block, "Records of moved objects", module)
        return
    found: Found = []
    content(block.body, _MOVED, found)
    named = []
    for name in ("from", "to"):
        attribute = block.body.attributes.get(name)
        node = traversal(attribute.expression, found) if attribute is not None else None
        if node is not None:
            problems: Found = []
            rest = _within_module(_steps(node), problems)
            if rest and not failed(problems):
                _instance(rest, problems)
            found += problems
            named.append((node, bool(rest)))
    if not failed(found) and named[0][1] != named[1][1]:
        detail = (
            'The "from" and "to" addresses must either both refer to resources or both refer to'
            " modules."
        )
        found.append(error('Invalid "moved" addresses', detail, block.header_span.range))
    module.diagnostics += found
    if not failed(found):
        module.moves.append(Move(named[0][0], named[1][0], block.header_span))


def removed(block: Block, module: Module) -> None:
    """A `removed` block."""
    if module.overriding:
        _no_override(block, "Removed blocks", module)
        return
    outer, module.diagnostics = module.diagnostics, []
    found = module.diagnostics
    blocks = content(block.body, _REMOVED, found)
    attribute = block.body.attributes.get("from")
    node = traversal(attribute.expression, found) if attribute is not None else None
    rest = _removable(node, found) if node is not None else []
    lifecycle = only_one(blocks, "lifecycle", "The removed block", module)
    destroy: bool | None = None
    if lifecycle is not None:
        content(lifecycle.body, _REMOVED_LIFECYCLE, found)
        destroy = flag(lifecycle.body.attributes.get("destroy"), found)
    runs = [each for each in blocks if each.type == "provisioner"]
    for each in runs:
        _at_the_end(each, block, module, to_module=node is not None and not rest)
    if not failed(found):
        _doubtful(destroy, block, bool(runs), found)
    module.diagnostics = [*outer, *found]
    if node is not None and not failed(found):
        module.removals.append(Removal(node, block.header_span, destroy))


def _removable(node: ScopeTraversal, found: Found) -> Steps:
    rest = _within_module(_steps(node), found, keys=False)
    if not rest or failed(found):
        return rest
    after = _type_and_name(rest, found)
    if after is None:
        return rest
    if len(after) == 1:
        detail = (
            'Resource address cannot be a resource instance (e.g. "null_resource.a[0]"), it must be'
            ' a resource instead (e.g. "null_resource.a").'
        )
        summary = "Resource instance address with keys is not allowed"
        found.append(error(summary, detail, after[0][1].range))
    elif after:
        found.append(error(_SUMMARY, _EXTRA, after[1][1].range))
    elif rest[0][0] == "data":
        detail = (
            "Data sources cannot be destroyed, and therefore, 'removed' blocks are not allowed to"
            " target them. To remove data sources from the state, you should remove the data source"
            " block from the configuration."
        )
        found.append(error("Data source address is not allowed", detail, node.span.range))
    return rest


def _at_the_end(each: Block, block: Block, module: Module, *, to_module: bool) -> None:
    if not provisioner(each, module):
        return
    if not at_destroy(each):
        detail = (
            '"removed" blocks can only contain destroy provisioners. "removed.provisioner.when ='
            ' destroy" expected'
        )
        summary, where = 'Invalid "removed.provisioner" block', each.header_span.range
        module.diagnostics.append(error(summary, detail, where))
    elif to_module:
        detail = (
            '"removed" blocks containing "provisioner"s can only target resources. Found one block'
            " that is targeting a module"
        )
        where = block.header_span.range
        module.diagnostics.append(error('Invalid "removed" block', detail, where))


def _doubtful(destroy: bool | None, block: Block, runs: bool, found: Found) -> None:
    if destroy is None:
        detail = (
            "It is recommended for each 'removed' block configured to have also the 'lifecycle'"
            " block defined. By not specifying if the resource should be destroyed or not, could"
            " lead to unwanted behavior."
        )
        summary = "Missing lifecycle from the removed block"
        # The tool says this twice: when it loads the configuration and when it plans.
        found += [warning(summary, detail, block.header_span.range)] * 2
    elif not destroy and runs:
        detail = (
            "The 'removed' block has marked the resource to be forgotten and not destroyed."
            " Therefore, the provisioners configured for it will not be executed."
        )
        summary = "Removed block provisioners will not be executed"
        found += [warning(summary, detail, block.header_span.range)] * 2


_PAIRS = 5
"""Blocks of one address that the next one is held against."""


def import_(block: Block, module: Module) -> None:
    """An `import` block."""
    if module.overriding:
        _no_override(block, "Import blocks", module)
        return
    found = module.diagnostics
    content(block.body, _IMPORT, found)
    attributes = block.body.attributes
    to = native(attributes["to"].expression, found) if "to" in attributes else None
    if to is not None and not _importable(to, found):
        return
    provider_reference(attributes.get("provider"), "provider", found)
    id_, for_each = (expression_of(attributes.get(name)) for name in ("id", "for_each"))
    made = Import(to, id_, for_each, block.header_span)
    name = _resolved(to) if to is not None else ""
    others = module.imported.setdefault(name, []) if name else []
    for other in others[:_PAIRS]:
        at = place(other.span.range, module.root)
        detail = (
            f'An import block for the resource "{name}" was already declared at {at}. A'
            " resource can have only one import block."
        )
        summary = f'Duplicate import configuration for "{name}"'
        found.append(error(summary, detail, block.header_span.range))
    others.append(made)
    module.imports.append(made)


def _resolved(node: Expression | None) -> str:
    """The address that is written there; "" where it hangs on a value."""
    return node.span.text if isinstance(node, ScopeTraversal) else ""


def _importable(node: Expression, found: Found) -> bool:
    steps = _indexed(node)
    if steps is None:
        detail = (
            "Import address must be a reference to a resource's address, and only allows for"
            " indexing with dynamic keys. For example:"
            " module.my_module[expression1].aws_s3_bucket.my_buckets[expression2] for resources"
            " inside of modules, or simply aws_s3_bucket.my_bucket for a resource in the root"
            " module"
        )
        found.append(error("Invalid import address expression", detail, node.span.range))
        return False
    before = len(found)
    rest = _within_module(steps, found)
    if failed(found[before:]):
        return False
    if not rest:
        detail = (
            "A resource instance address is required here. The module path must be followed by a"
            " resource instance specification."
        )
        found.append(error(_SUMMARY, detail, node.span.range))
        return False
    _instance(rest, found)
    return not failed(found[before:])


def _indexed(node: Expression) -> Steps | None:
    """The steps of an address in which keys may be expressions; these are left out."""
    if isinstance(node, Index):
        return _indexed(node.collection)
    if isinstance(node, RelativeTraversal):
        before = _indexed(node.source)
        return None if before is None else [*before, *_names(node.steps)]
    return _steps(node) if isinstance(node, ScopeTraversal) else None


def _steps(node: ScopeTraversal) -> Steps:
    return [(node.root, node.root_span), *_names(node.steps)]


def _names(steps: tuple[Attr | Key, ...]) -> Steps:
    return [(each.name if isinstance(each, Attr) else None, each.span) for each in steps]


_EXTRA = "Unexpected extra operators after address."


def _within_module(steps: Steps, found: Found, *, keys: bool = True) -> Steps:
    """What follows the names of modules, which may have keys."""
    while steps and steps[0][0] == "module":
        if len(steps) < 2 or steps[1][0] is None:
            detail = 'Prefix "module." must be followed by a module name.'
            where = steps[min(len(steps), 2) - 1][1].range
            found.append(error("Invalid address operator", detail, where))
            return steps
        keyed = len(steps) > 2 and steps[2][0] is None
        if keyed and not keys:
            detail = (
                'Module address cannot be a module instance (e.g. "module.a[0]"), it must be a'
                ' module instead (e.g. "module.a").'
            )
            summary = "Module instance address with keys is not allowed"
            found.append(error(summary, detail, steps[2][1].range))
            return steps
        steps = steps[3:] if keyed else steps[2:]
    if steps and steps[0][0] is None:
        detail = "Module address prefix must be followed by dot and then a name."
        found.append(error("Invalid address operator", detail, steps[0][1].range))
    return steps


def _type_and_name(steps: Steps, found: Found) -> Steps | None:
    """What follows the type and the name of a resource; None where they are not there."""
    data = steps[0][0] == "data"
    rest = steps[1:] if data else steps
    if len(rest) < 2:
        detail = "Resource specification must include a resource type and name."
        found.append(error(_SUMMARY, detail, _all_of(rest or steps)))
    elif rest[0][0] is None:
        noun = "data source" if data else "resource type"
        found.append(error(_SUMMARY, f"A {noun} name is required.", rest[0][1].range))
    elif rest[1][0] is None:
        found.append(error(_SUMMARY, "A resource name is required.", rest[1][1].range))
    else:
        return rest[2:]
    return None


def _all_of(steps: Steps) -> Range:
    return steps[0][1].to(steps[-1][1]).range


def _instance(steps: Steps, found: Found) -> None:
    """What follows a resource's name is one key in brackets, or nothing."""
    rest = _type_and_name(steps, found)
    if rest is None or not rest:
        return
    if len(rest) > 1:
        found.append(error(_SUMMARY, _EXTRA, rest[1][1].range))
    elif rest[0][0] is not None:
        detail = "Resource instance key must be given in square brackets."
        found.append(error(_SUMMARY, detail, rest[0][1].range))


def _no_override(block: Block, noun: str, module: Module) -> None:
    name = "Removed" if block.type == "removed" else block.type
    detail = f"{noun} can appear only in normal files, not in override files."
    summary = f"Cannot override '{name}' blocks"
    module.diagnostics.append(error(summary, detail, block.header_span.range))
