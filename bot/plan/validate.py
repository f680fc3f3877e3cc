"""What can be said of a configuration before anything is evaluated: names, types, cycles.

Above `bot.plan.configuration` and `bot.plan.providers`; below `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from bot.plan.body import check_body
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.configuration.module import ModuleCall
from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate.references import references, references_in
from bot.plan.evaluate.subjects import misshapen
from bot.plan.graph import Node, cycles, edges
from bot.plan.providers import BUILTIN, ResourceType, Schemas, provider, resource_type
from bot.plan.suggestions import hint
from bot.plan.syntax.nodes import Attr, Block, Expression, Key, ScopeTraversal


class _Known(Struct, frozen=True):
    """What is known of providers: the root module's names for them, and further schemas."""

    root: Module
    schemas: Schemas

    def source(self, module: Module, block: ResourceBlock) -> str:
        """The source address of a block's provider."""
        name = block.provider
        given = module.providers.get(name) or self.root.providers.get(name)
        return given or (BUILTIN if name == "terraform" else f"hashicorp/{name}")


def validate(root: Module, schemas: Schemas | None = None) -> list[Diagnostic]:
    """Everything that is wrong with a module and those it calls, in the tool's words."""
    found: list[Diagnostic] = []
    _module(root, _Known(root, schemas or {}), found, "the root module")
    if not found:
        _cycles(root, found)
    return found


def _module(module: Module, known: _Known, found: list[Diagnostic], place: str) -> None:
    broken: set[str] = set()
    for block in module.resources.values():
        before = len(found)
        _block(module, known, block, found)
        for node in _of_block(block):
            _reference(module, block, node, found, place)
        if len(found) > before:
            broken.add(f"{block.mode}.{block.type}.{block.name}")
    for node in _expressions(module):
        _reference(module, None, node, found, place)
    inside = (node for block in module.resources.values() for node in _of_block(block))
    for node in (*inside, *_expressions(module)):
        _attribute(module, node, (broken, known), found)
    for call in module.calls.values():
        child = module.children.get(call.name)
        if child is not None:
            _call(child, call, found)
            _module(child, known, found, f"module.{call.name}")


def _block(module: Module, known: _Known, block: ResourceBlock, found: list[Diagnostic]) -> None:
    type_ = _type(module, known, block, found)
    if type_ is not None:
        check_body(type_, block.body, found)
    for node in references_in(block.body):
        if _refers_to(node, block):
            name = f"{block.type}.{block.name}"
            detail = f"Configuration for {name} may not refer to itself."
            # The tool says this twice: when it validates and when it plans.
            found += [error("Self-referential block", detail, node.span.range)] * 2


def _refers_to(node: ScopeTraversal, block: ResourceBlock) -> bool:
    first = node.steps[0] if node.steps else None
    return (
        block.mode == "managed"
        and node.root == block.type
        and isinstance(first, Attr)
        and first.name == block.name
    )


def _type(
    module: Module, known: _Known, block: ResourceBlock, found: list[Diagnostic]
) -> ResourceType | None:
    source = known.source(module, block)
    facts = provider(source, known.schemas)
    if facts is None or facts.loose is not None or facts.source in known.schemas:
        return resource_type(source, block.mode, block.type, known.schemas)
    table = facts.resources if block.mode == "managed" else facts.data_sources
    type_ = table.get(block.type)
    if type_ is None:
        noun = "resource type" if block.mode == "managed" else "data source"
        near = hint(block.type, table)
        detail = f'The provider {source} does not support {noun} "{block.type}".{near}'
        summary = "Invalid resource type" if block.mode == "managed" else "Invalid data source"
        found.append(error(summary, detail, block.span.range))
    return type_


def _call(child: Module, call: ModuleCall, found: list[Diagnostic]) -> None:
    for variable in child.variables.values():
        if variable.default is None and variable.name not in call.arguments:
            detail = f'The argument "{variable.name}" is required, but no definition was found.'
            found.append(error("Missing required argument", detail, call.span.range))
    for name, attribute in call.arguments.items():
        if name not in child.variables:
            near = _near(name, child.variables)
            detail = f'An argument named "{name}" is not expected here.{near}'
            found.append(error("Unsupported argument", detail, attribute.name_span.range))


def _expressions(module: Module) -> Iterator[ScopeTraversal]:
    """Every reference outside resource blocks."""
    for attribute in module.locals.values():
        for node in references(attribute.expression):
            yield node
    for output in module.outputs.values():
        if output.value is not None:
            for node in references(output.value):
                yield node
    for call in module.calls.values():
        for argument in call.arguments.values():
            for node in references(argument.expression):
                if node.root not in ("each", "count"):
                    yield node
        for node in _in((call.count, call.for_each)):
            yield node
    for block_ in module.provider_blocks:
        for node in references_in(block_.body):
            yield node


def _of_block(block: ResourceBlock) -> Iterator[ScopeTraversal]:
    yield from references_in(block.body)
    yield from _in((block.count, block.for_each, *block.depends_on))
    for provisioner in block.provisioners:
        yield from provisioner_references(provisioner)


def provisioner_references(provisioner: Block) -> Iterator[ScopeTraversal]:
    """What a provisioner refers to; the words of `when` and `on_failure` are no references."""
    for name, attribute in provisioner.body.attributes.items():
        if name not in ("when", "on_failure"):
            yield from references(attribute.expression)
    for inner in provisioner.body.blocks:
        yield from references_in(inner.body)


def _in(nodes: Iterable[Expression | None]) -> Iterator[ScopeTraversal]:
    for node in nodes:
        if node is not None:
            yield from references(node)


def _reference(
    module: Module,
    block: ResourceBlock | None,
    node: ScopeTraversal,
    found: list[Diagnostic],
    place: str,
) -> None:
    wrong = misshapen(node)
    if wrong is not None:
        found.append(wrong)
        return
    first = node.steps[0] if node.steps else None
    name = first.name if isinstance(first, Attr) else ""
    where = node.span.range
    match node.root:
        case "var":
            _declared("input variable", name, module.variables, node, found)
        case "local":
            _declared("local value", name, module.locals, node, found)
        case "module":
            if name not in module.calls:
                near = _near(name, module.calls)
                detail = f'No module call named "{name}" is declared in {place}.{near}'
                found.append(error("Reference to undeclared module", detail, where))
        case "path":
            if name not in ("module", "root", "cwd"):
                detail = f'The "path" object does not have an attribute named "{name}".'
                found.append(error('Invalid "path" attribute', detail, where))
        case "terraform" | "tofu":
            if name not in ("workspace", "applying"):
                detail = f'The "{node.root}" object does not have an attribute named "{name}".'
                found.append(error(f'Invalid "{node.root}" attribute', detail, where))
        case "each" | "count" | "self":
            _repetition(block, node, name, found)
        case "data":
            second = node.steps[1] if len(node.steps) > 1 else None
            of = second.name if isinstance(second, Attr) else ""
            _resource(module, ("data", name, of), node, found, place)
        case _:
            _resource(module, ("managed", node.root, name), node, found, place)


def _near(name: str, known: Iterable[str]) -> str:
    return hint(name, sorted(known))


def _declared(
    noun: str, name: str, known: Iterable[str], node: ScopeTraversal, found: list[Diagnostic]
) -> None:
    if name in known:
        return
    article = "An" if noun == "input variable" else "A"
    detail = f'{article} {noun} with the name "{name}" has not been declared.'
    near = _near(name, known)
    if near:
        detail += near
    elif noun == "input variable":
        detail += f' This variable can be declared with a variable "{name}" {{}} block.'
    found.append(error(f"Reference to undeclared {noun}", detail, node.span.range))


def _repetition(
    block: ResourceBlock | None, node: ScopeTraversal, name: str, found: list[Diagnostic]
) -> None:
    where = node.span.range
    if node.root == "self":
        if block is None:
            detail = (
                'The "self" object is not available in this context. This object can be used only'
                " in resource provisioner, connection, and postcondition blocks."
            )
            found.append(error('Invalid "self" reference', detail, where))
        return
    if node.root == "count" and name != "index":
        detail = (
            f'The "count" object does not have an attribute named "{name}". The only supported'
            " attribute is count.index, which is the index of each instance of a resource block"
            ' that has the "count" argument set.'
        )
        found.append(error('Invalid "count" attribute', detail, where))
    elif node.root == "count" and (block is None or block.count is None):
        detail = (
            'The "count" object can only be used in "module", "resource", and "data" blocks, and'
            ' only when the "count" argument is set.'
        )
        found.append(error('Reference to "count" in non-counted context', detail, where))
    elif node.root == "each" and (block is None or block.for_each is None):
        detail = (
            'A reference to "each.value" has been used in a context in which it is unavailable,'
            ' such as when the configuration no longer contains the value in its "for_each"'
            " expression. Remove this reference to each.value in your configuration to work around"
            " this error."
        )
        found.append(error('Reference to "each" in context without for_each', detail, where))
    elif node.root == "each" and name not in ("key", "value"):
        detail = f'The "each" object does not have an attribute named "{name}". The supported'
        detail += " attributes are each.key and each.value, the current key and value pair of the"
        detail += ' "for_each" attribute set.'
        found.append(error('Invalid "each" attribute', detail, where))


def _resource(
    module: Module,
    key: tuple[str, str, str],
    node: ScopeTraversal,
    found: list[Diagnostic],
    place: str,
) -> None:
    mode, type_, name = key
    where = node.span.range
    if not name:
        what = "data source" if mode == "data" else "resource type"
        detail = (
            f"A reference to a {what} must be followed by at least one attribute access, specifying"
            " the resource name."
        )
        found.append(error("Invalid reference", detail, where))
    elif key not in module.resources:
        noun = "managed resource" if mode == "managed" else "data resource"
        named = [n for m, t, n in module.resources if (m, t) == (mode, type_)]
        hint = _near(f"{type_}.{name}", [f"{type_}.{n}" for n in named]) if named else ""
        del hint
        detail = f'A {noun} "{type_}" "{name}" has not been declared in {place}.'
        found.append(error("Reference to undeclared resource", detail, where))
    else:
        _instance_key(module.resources[key], node, found)


def _attribute(
    module: Module,
    node: ScopeTraversal,
    context: tuple[set[str], _Known],
    found: list[Diagnostic],
) -> None:
    """An attribute that the type's schema does not have; of a broken block nothing is said."""
    broken, known = context
    words = [step.name if isinstance(step, Attr) else "" for step in node.steps]
    mode, of = ("data", words[:2]) if node.root == "data" else ("managed", [node.root, *words[:1]])
    block = module.resources.get((mode, of[0], of[1])) if len(of) == 2 else None
    if block is None or f"{mode}.{of[0]}.{of[1]}" in broken:
        return
    source = known.source(module, block)
    type_ = resource_type(source, block.mode, block.type, known.schemas)
    rest = node.steps[1 if mode == "managed" else 2 :]
    if rest and isinstance(rest[0], Key):
        rest = rest[1:]
    name = rest[0].name if rest and isinstance(rest[0], Attr) else ""
    if type_ is not None and name and name not in type_.attributes:
        detail = (
            "This object has no argument, nested block, or exported attribute named"
            f' "{name}".{_near(name, type_.attributes)}'
        )
        found.append(error("Unsupported attribute", detail, rest[0].span.range))


def _instance_key(block: ResourceBlock, node: ScopeTraversal, found: list[Diagnostic]) -> None:
    """An attribute of a block with `count` or `for_each` needs a key; of one without, none."""
    rest = node.steps[1 if block.mode == "managed" else 2 :]
    name = f"{'data.' if block.mode == 'data' else ''}{block.type}.{block.name}"
    if rest and isinstance(rest[0], Key) and block.count is None and block.for_each is None:
        detail = (
            f'Because {name} does not have "count" or "for_each" set, references to it must not'
            " include an index key. Remove the bracketed index to refer to the single instance of"
            " this resource."
        )
        found.append(error("Unexpected resource instance key", detail, node.span.range))
    elif rest and isinstance(rest[0], Attr) and (block.count or block.for_each):
        meta, index = ("count", "count.index") if block.count else ("for_each", "each.key")
        detail = (
            f'Because {name} has "{meta}" set, its attributes must be accessed on specific'
            " instances.\n\nFor example, to correlate with indices of a referring resource, use:\n"
            f"    {name}[{index}]"
        )
        found.append(error("Missing resource instance key", detail, node.span.range))


def _cycles(root: Module, found: list[Diagnostic]) -> None:
    components = [each for each in cycles(dict(edges(root))) if len(each) > 1]
    found += [error(f"Cycle: {', '.join(_named(each))}") for each in components]


def _named(component: list[Node]) -> list[str]:
    """Names as the tool writes them; it expands all but resources, and says so."""
    names = sorted((*(f"module.{each}" for each in path), name) for path, name in component)
    texts = [(".".join(words), words[-1].partition(".")[0]) for words in names]
    expanded = [f"{text} (expand)" for text, kind in texts if kind in _EXPANDED]
    return [*expanded, *reversed([text for text, kind in texts if kind not in _EXPANDED])]


_EXPANDED = ("local", "var", "output", "module")
