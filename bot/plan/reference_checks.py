"""References against what a module declares: what the tool finds before it evaluates anything.

Above `bot.plan.configuration` and `bot.plan.providers`; below `bot.plan.engine`
(https://opentofu.org/docs/language/expressions/references/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from bot.plan.configuration import Module, ResourceBlock
from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate.access import follow
from bot.plan.evaluate.subjects import misshapen
from bot.plan.providers import BUILTIN, Provider, ResourceType, Schemas, provider, resource_type
from bot.plan.suggestions import Hints, hint
from bot.plan.syntax.nodes import Attr, Key, ScopeTraversal, Step
from bot.plan.values import unknown


class Known(Struct, frozen=True):
    """What is known of providers: the root module's names for them, and further schemas."""

    root: Module
    schemas: Schemas
    hints: Hints = field(default_factory=Hints)

    def source(self, module: Module, name: str) -> str:
        """The source address of the provider that goes by a local name."""
        given = module.providers.get(name) or self.root.providers.get(name)
        return given or (BUILTIN if name == "terraform" else f"hashicorp/{name}")

    def provider(self, module: Module, block: ResourceBlock) -> Provider | None:
        """The facts of a block's provider, where it is known."""
        return provider(self.source(module, block.provider), self.schemas)

    def type(self, module: Module, block: ResourceBlock) -> ResourceType | None:
        """The facts of a block's type, where its provider is known."""
        source = self.source(module, block.provider)
        return resource_type(source, block.mode, block.type, self.schemas)

    def complete(self, facts: Provider) -> bool:
        """Whether a provider's facts name every type that it has."""
        return facts.loose is None and facts.source not in self.schemas


class Place(Struct, frozen=True):
    """Where an expression stands, which says what it may refer to.

    `name` is the module's for people; `repeated` is "count" or "for_each" where instances have such
    a name; `own` is the block that `self` is; `check` the `check` block it stands in.
    """

    module: Module
    name: str
    known: Known
    repeated: str = ""
    own: ResourceBlock | None = None
    check: str = ""


def wrong_references(nodes: Iterable[ScopeTraversal], place: Place) -> list[Diagnostic]:
    """What is wrong with the references of expressions that are evaluated together.

    As the tool does: what is no reference; then what names no block; only where all blocks are
    there, what else is not declared.
    """
    named = list(nodes)
    found = [problem for problem in map(misshapen, named) if problem is not None]
    shaped = [node for node in named if misshapen(node) is None]
    blocks = [problem for node in shaped for problem in _static(node, place)]
    if blocks:
        return [*found, *blocks]
    return [*found, *(problem for node in shaped for problem in _dynamic(node, place))]


def no_scope(nodes: Iterable[ScopeTraversal], place: Place) -> bool:
    """Whether references are wrong in a way that leaves nothing to evaluate in."""
    shaped = [node for node in nodes if misshapen(node) is None]
    return any(True for node in shaped for _ in _static(node, place))


def names_of(node: ScopeTraversal) -> list[str]:
    """The names of a reference's steps; "" stands for a key."""
    return [step.name if isinstance(step, Attr) else "" for step in node.steps]


def block_named(node: ScopeTraversal) -> tuple[tuple[str, str, str], tuple[Step, ...]] | None:
    """The block that a reference names, and the steps after it; None where it names none."""
    if node.root in _OBJECTS:
        return None
    steps = node.steps
    mode = "data" if node.root == "data" else "managed"
    if node.root in ("data", "resource"):
        type_, steps = names_of(node)[0], steps[1:]
    else:
        type_ = node.root
    return (mode, type_, getattr(steps[0], "name", "")), steps[1:]


_OBJECTS = frozenset(
    {"count", "each", "local", "module", "path", "self", "terraform", "tofu", "var"}
)


def _static(node: ScopeTraversal, place: Place) -> Iterator[Diagnostic]:
    if node.root == "self":
        if place.own is not None:
            yield from _attributes(place.own, node.steps, place)
        else:
            detail = (
                'The "self" object is not available in this context. This object can be used only'
                " in resource provisioner, connection, and postcondition blocks."
            )
            yield error('Invalid "self" reference', detail, node.span.range)
    if node.root == "module":
        name = names_of(node)[0]
        calls = place.module.calls
        if name not in calls:
            near = place.known.hints.hint(name, sorted(calls))
            detail = f'No module call named "{name}" is declared in {place.name}.{near}'
            yield error("Reference to undeclared module", detail, node.span.range)
    named = block_named(node)
    if named is not None:
        yield from _block(node, named[0], named[1], place)


def _block(
    node: ScopeTraversal, key: tuple[str, str, str], rest: tuple[Step, ...], place: Place
) -> Iterator[Diagnostic]:
    mode, type_, name = key
    where = node.span.range
    block = place.module.resources.get(key)
    if block is None:
        noun = "managed resource" if mode == "managed" else "data resource"
        detail = f'A {noun} "{type_}" "{name}" has not been declared in {place.name}.'
        if mode == "managed" and ("data", type_, name) in place.module.resources:
            detail += f"\n\nDid you mean the data resource data.{type_}.{name}?"
        yield error("Reference to undeclared resource", detail, where)
        return
    yield from _instance_key(block, rest, node)
    if block.check and block.check != place.check:
        noun = "managed" if mode == "managed" else "data"
        detail = (
            f'The referenced {noun} resource "{type_}" "{name}" is not available from this context.'
        )
        yield error("Reference to scoped resource", detail, where)
    rest = rest[1:] if rest and isinstance(rest[0], Key) else rest
    if rest and getattr(rest[0], "name", "") == "count":
        detail = (
            'The special "count" attribute is no longer supported after OpenTofu v0.12. Instead,'
            f" use length({address_of(block)}) to count resource instances."
        )
        yield error("Invalid resource count attribute", detail, where)
        return
    yield from _attributes(block, rest, place)


def address_of(block: ResourceBlock) -> str:
    """A block's address in its own module."""
    return f"{'data.' if block.mode == 'data' else ''}{block.type}.{block.name}"


def _instance_key(
    block: ResourceBlock, rest: tuple[Step, ...], node: ScopeTraversal
) -> Iterator[Diagnostic]:
    """An attribute of a block with `count` or `for_each` needs a key; of one without, none."""
    name = address_of(block)
    if rest and isinstance(rest[0], Key) and block.count is None and block.for_each is None:
        detail = (
            f'Because {name} does not have "count" or "for_each" set, references to it must not'
            " include an index key. Remove the bracketed index to refer to the single instance of"
            " this resource."
        )
        yield error("Unexpected resource instance key", detail, node.span.range)
    elif rest and isinstance(rest[0], Attr) and (block.count or block.for_each):
        meta, index = ("count", "count.index") if block.count else ("for_each", "each.key")
        detail = (
            f'Because {name} has "{meta}" set, its attributes must be accessed on specific'
            " instances.\n\nFor example, to correlate with indices of a referring resource, use:\n"
            f"    {name}[{index}]"
        )
        yield error("Missing resource instance key", detail, node.span.range)


def _attributes(block: ResourceBlock, rest: tuple[Step, ...], place: Place) -> Iterator[Diagnostic]:
    type_ = place.known.type(place.module, block)
    if type_ is not None:
        yield from wrong_steps(type_, rest)


def wrong_steps(type_: ResourceType, steps: tuple[Step, ...]) -> list[Diagnostic]:
    """What is wrong with steps into an object of a type: attributes that it does not have."""
    if not steps:
        return []
    first = steps[0]
    if not isinstance(first, Attr):
        raw = first.key.raw
        detail = "Only attribute access is allowed here, using the dot operator."
        if isinstance(raw, str):
            detail = (
                f'Only attribute access is allowed here. Did you mean to access attribute "{raw}"'
                " using the dot operator?"
            )
        return [error("Invalid index operation", detail, first.span.range)]
    rule = type_.attributes.get(first.name)
    if rule is None:
        near = hint(first.name, sorted(type_.attributes))
        detail = (
            "This object has no argument, nested block, or exported attribute named"
            f' "{first.name}".{near}'
        )
        return [error("Unsupported attribute", detail, first.span.range)]
    found: list[Diagnostic] = []
    follow(unknown(rule.type), steps[1:], found)
    return found


def _dynamic(node: ScopeTraversal, place: Place) -> Iterator[Diagnostic]:
    name = names_of(node)[0] if node.steps else ""
    where = node.span.range
    match node.root:
        case "var" if name not in place.module.variables:
            near = place.known.hints.hint(name, sorted(place.module.variables)) or (
                f' This variable can be declared with a variable "{name}" {{}} block.'
            )
            detail = f'An input variable with the name "{name}" has not been declared.{near}'
            yield error("Reference to undeclared input variable", detail, where)
        case "local" if name not in place.module.locals:
            near = place.known.hints.hint(name, sorted(place.module.locals))
            detail = f'A local value with the name "{name}" has not been declared.{near}'
            yield error("Reference to undeclared local value", detail, where)
        case "path" if name not in ("cwd", "module", "root"):
            near = place.known.hints.hint(name, ("cwd", "module", "root"))
            detail = f'The "path" object does not have an attribute named "{name}".{near}'
            yield error('Invalid "path" attribute', detail, where)
        case "terraform" | "tofu" if name != "workspace":
            yield error(f'Invalid "{node.root}" attribute', _no_workspace(node.root, name), where)
        case "count":
            yield from _count(name, node, place)
        case "each":
            yield from _each(name, node, place)


def _no_workspace(root: str, name: str) -> str:
    if name == "env":
        return (
            f"The {root}.env attribute was deprecated in v0.10 and removed in v0.12. The"
            ' "state environment" concept was renamed to "workspace" in v0.12, and so the workspace'
            f" name can now be accessed using the {root}.workspace attribute."
        )
    return (
        f'The "{root}" object does not have an attribute named "{name}". The only supported'
        f" attribute is {root}.workspace, the name of the currently-selected workspace."
    )


def _count(name: str, node: ScopeTraversal, place: Place) -> Iterator[Diagnostic]:
    if name != "index":
        detail = (
            f'The "count" object does not have an attribute named "{name}". The only supported'
            " attribute is count.index, which is the index of each instance of a resource block"
            ' that has the "count" argument set.'
        )
        yield error('Invalid "count" attribute', detail, node.span.range)
    elif place.repeated != "count":
        detail = (
            'The "count" object can only be used in "module", "resource", and "data" blocks, and'
            ' only when the "count" argument is set.'
        )
        yield error('Reference to "count" in non-counted context', detail, node.span.range)


def _each(name: str, node: ScopeTraversal, place: Place) -> Iterator[Diagnostic]:
    where = node.span.range
    if name not in ("key", "value"):
        detail = (
            f'The "each" object does not have an attribute named "{name}". The supported attributes'
            ' are each.key and each.value, the current key and value pair of the "for_each"'
            " attribute set."
        )
        yield error('Invalid "each" attribute', detail, where)
    elif place.repeated == "for_each":
        return
    elif name == "value":
        detail = (
            'A reference to "each.value" has been used in a context in which it is unavailable,'
            ' such as when the configuration no longer contains the value in its "for_each"'
            " expression. Remove this reference to each.value in your configuration to work around"
            " this error."
        )
        yield error("each.value cannot be used in this context", detail, where)
    else:
        detail = (
            'The "each" object can be used only in "module" or "resource" blocks, and only when the'
            ' "for_each" argument is set.'
        )
        yield error('Reference to "each" in context without for_each', detail, where)
