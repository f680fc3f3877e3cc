"""What a reference can be to, told by its shape alone: `var.x` can be, `var` cannot.

Above `bot.plan.syntax`; whether there is such a thing, the module says
(https://opentofu.org/docs/language/expressions/references/).
"""

from __future__ import annotations

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.syntax.nodes import Attr, ScopeTraversal

_OBJECTS = frozenset({"count", "each", "local", "module", "path", "terraform", "tofu", "var"})
_RESERVED = frozenset({"template", "lazy", "arg"})
_SUMMARY = "Invalid reference"


def misshapen(node: ScopeTraversal) -> Diagnostic | None:
    """What is wrong with the reference, whatever the module declares."""
    if node.root in _RESERVED:
        detail = (
            f'The symbol name "{node.root}" is reserved for use in a future OpenTofu version. If'
            " you are using a provider that already uses this as a resource type name, add the"
            ' prefix "resource." to force interpretation as a resource type name.'
        )
        return error("Reserved symbol name", detail, node.root_span.range)
    if node.root == "self":
        return None
    if node.root in _OBJECTS:
        return _attribute(node)
    if node.root in ("data", "resource"):
        return _with_type(node)
    return _resource(node, 0, "resource type")


def _attribute(node: ScopeTraversal) -> Diagnostic | None:
    if not node.steps:
        detail = (
            f'The "{node.root}" object cannot be accessed directly. Instead, access one of its'
            " attributes."
        )
        return error(_SUMMARY, detail, node.root_span.range)
    if not isinstance(node.steps[0], Attr):
        detail = f'The "{node.root}" object does not support this operation.'
        return error(_SUMMARY, detail, node.steps[0].span.range)
    return None


def _with_type(node: ScopeTraversal) -> Diagnostic | None:
    what = "data source" if node.root == "data" else "resource"
    if len(node.steps) < 2:
        detail = (
            f'The "{node.root}" object must be followed by two attribute names: the {what} type'
            " and the resource name."
        )
        return error(_SUMMARY, detail, node.span.range)
    if not isinstance(node.steps[0], Attr):
        detail = 'The "data" object does not support this operation.'
        return error(_SUMMARY, detail, node.steps[0].span.range)
    return _resource(node, 1, "data source" if node.root == "data" else "resource type")


def _resource(node: ScopeTraversal, place: int, what: str) -> Diagnostic | None:
    if len(node.steps) > place and isinstance(node.steps[place], Attr):
        return None
    detail = (
        f"A reference to a {what} must be followed by at least one attribute access, specifying"
        " the resource name."
    )
    where = node.steps[place].span if len(node.steps) > place else node.span
    return error(_SUMMARY, detail, where.range)
