"""What can be said of a configuration before anything is evaluated: names, types, cycles.

Above `bot.plan.configuration` and `bot.plan.providers`; below `bot.plan.engine`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from bot.plan.body import check_body
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.configuration.module import ModuleCall
from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate.references import references, references_in
from bot.plan.evaluate.subjects import misshapen
from bot.plan.providers import BUILTIN, ResourceType, provider
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal


def validate(root: Module) -> list[Diagnostic]:
    """Everything that is wrong with a module and those it calls, in the tool's words."""
    found: list[Diagnostic] = []
    _module(root, root, found, "the root module")
    if not found:
        _cycles(root, found)
    return found


def _module(module: Module, root: Module, found: list[Diagnostic], place: str) -> None:
    for block in module.resources.values():
        _block(module, root, block, found)
    for block_, node in _expressions(module):
        _reference(module, block_, node, found, place)
    for call in module.calls.values():
        child = module.children.get(call.name)
        if child is not None:
            _call(child, call, found)
            _module(child, root, found, f"module.{call.name}")


def _block(module: Module, root: Module, block: ResourceBlock, found: list[Diagnostic]) -> None:
    type_ = _type(module, root, block, found)
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
    module: Module, root: Module, block: ResourceBlock, found: list[Diagnostic]
) -> ResourceType | None:
    source = module.providers.get(block.provider) or root.providers.get(block.provider)
    if source is None:
        source = BUILTIN if block.provider == "terraform" else f"hashicorp/{block.provider}"
    facts = provider(source)
    if facts is None:
        return None
    table = facts.resources if block.mode == "managed" else facts.data_sources
    type_ = table.get(block.type)
    if type_ is None:
        noun = "resource" if block.mode == "managed" else "data source"
        near = difflib.get_close_matches(block.type, list(table), n=1, cutoff=0.7)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        detail = f'The provider {source} does not support {noun} type "{block.type}".{hint}'
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
            detail = f'An argument named "{name}" is not expected here.'
            found.append(error("Unsupported argument", detail, attribute.name_span.range))


def _expressions(module: Module) -> Iterator[tuple[ResourceBlock | None, ScopeTraversal]]:
    """Every reference, with the resource block that it stands in."""
    for block in module.resources.values():
        for node in _of_block(block):
            yield block, node
    for attribute in module.locals.values():
        for node in references(attribute.expression):
            yield None, node
    for output in module.outputs.values():
        if output.value is not None:
            for node in references(output.value):
                yield None, node
    for call in module.calls.values():
        for argument in call.arguments.values():
            for node in references(argument.expression):
                if node.root not in ("each", "count"):
                    yield None, node
        for node in _in((call.count, call.for_each)):
            yield None, node
    for block_ in module.provider_blocks:
        for node in references_in(block_.body):
            yield None, node


def _of_block(block: ResourceBlock) -> Iterator[ScopeTraversal]:
    yield from references_in(block.body)
    yield from _in((block.count, block.for_each, *block.depends_on))
    for provisioner in block.provisioners:
        yield from references_in(provisioner.body)


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
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f' Did you mean "{near[0]}"?' if near else ""


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
    if node.root == "count" and (block is None or block.count is None):
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


def _cycles(module: Module, found: list[Diagnostic]) -> None:
    graph = _graph(module)
    for component in _components(graph):
        if len(component) > 1:
            names = sorted(component, key=lambda name: (not name.startswith("local."), name))
            locals_ = [f"{name} (expand)" for name in names if name.startswith("local.")]
            others = [name for name in names if not name.startswith("local.")]
            listed = ", ".join([*locals_, *reversed(others)])
            found.append(error(f"Cycle: {listed}"))
    for child in module.children.values():
        _cycles(child, found)


def _graph(module: Module) -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for name, attribute in module.locals.items():
        graph[f"local.{name}"] = _targets(module, references(attribute.expression))
    for (mode, type_, name), block in module.resources.items():
        prefix = "data." if mode == "data" else ""
        graph[f"{prefix}{type_}.{name}"] = _targets(module, _of_block(block))
    return graph


def _targets(module: Module, nodes: Iterable[ScopeTraversal]) -> set[str]:
    found = set()
    for node in nodes:
        words = [step.name for step in node.steps[:2] if isinstance(step, Attr)]
        if node.root == "local" and words:
            found.add(f"local.{words[0]}")
        elif words and ("managed", node.root, words[0]) in module.resources:
            found.add(f"{node.root}.{words[0]}")
    return found


def _components(graph: dict[str, set[str]]) -> list[list[str]]:
    """Strongly connected components: what can reach itself through others."""
    reach = {name: _reachable(graph, name) for name in graph}
    done: set[str] = set()
    components = []
    for name in graph:
        if name not in done and name in reach[name]:
            component = [other for other in reach[name] if name in reach.get(other, ())]
            done |= set(component)
            components.append(component)
    return components


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    todo = list(graph.get(start, ()))
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(graph.get(name, ()))
    return seen
