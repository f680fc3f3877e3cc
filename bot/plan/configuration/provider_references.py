"""References to provider configurations: `provider = aws.west`, `providers = { aws = aws.west }`.

Above `arguments` in `bot.plan.configuration`.
"""

from __future__ import annotations

from msgspec import Struct

from bot.plan.configuration.arguments import static_map, traversal_of, unquoted
from bot.plan.configuration.content import Found
from bot.plan.configuration.module import Module
from bot.plan.configuration.names import provider_named
from bot.plan.diagnostics import Range, error, failed
from bot.plan.places import place
from bot.plan.syntax.nodes import Attr, Attribute, Expression, Index, ObjectKey, Step, Template

_SUMMARY = "Invalid provider configuration reference"
_STANDS = (
    "Provider name must either stand alone or be followed by a period and then a configuration"
    " alias."
)


class ProviderReference(Struct, frozen=True):
    """A provider's local name, and its alias where it has one."""

    name: str
    alias: str

    def __str__(self) -> str:
        return f"{self.name}.{self.alias}" if self.alias else self.name


def provider_reference(
    attribute: Attribute | None, argument: str, found: Found
) -> ProviderReference | None:
    """What a `provider` argument refers to; what is no such reference is said."""
    return referred(attribute.expression, argument, found) if attribute is not None else None


def referred(node: Expression, argument: str, found: Found) -> ProviderReference | None:
    """The provider that an expression refers to; None where it is no reference, which is said."""
    if isinstance(node, ObjectKey):
        node = node.wrapped
    keyed = isinstance(node, Index)
    if isinstance(node, Index):
        node = node.collection
    before = len(found)
    quoted = isinstance(node, Template)
    named = traversal_of(unquoted(node, found))
    if named is None or len(named.steps) > (1 if keyed else 2):
        found.append(error(_SUMMARY, _no_reference(argument, quoted), node.span.range))
        return None
    if not provider_named(named.root, named.root_span.range, found) or failed(found[before:]):
        return None
    alias, *key = [*named.steps, None][:2] if named.steps else [None]
    if alias is None:
        _key_needs_alias(keyed, node.span.range, found)
        return ProviderReference(named.root, "")
    wrong: list[Step] = [step for step in (alias,) if not isinstance(step, Attr)]
    wrong += [step for step in key if isinstance(step, Attr)]
    if wrong:
        found.append(error(_SUMMARY, _STANDS, wrong[0].span.range))
    return ProviderReference(named.root, alias.name if isinstance(alias, Attr) else "")


def _no_reference(argument: str, quoted: bool) -> str:
    if quoted:
        return "A provider configuration reference must not be given in quotes."
    return (
        f"The {argument} argument requires a provider type name, optionally followed by a period"
        " and then a configuration alias and optional instance key."
    )


def _key_needs_alias(keyed: bool, where: Range, found: Found) -> None:
    if keyed:
        detail = (
            "Provider assignment requires an alias when specifying an instance key, in the form of"
            " provider.name[instance_key]"
        )
        found.append(error(_SUMMARY, detail, where))


def passed_providers(attribute: Attribute | None, module: Module) -> tuple[str, ...]:
    """The local names that a call gives providers to; each may be given once."""
    if attribute is None:
        return ()
    found = module.diagnostics
    seen: dict[str, str] = {}
    for key, value in static_map(attribute.expression, found):
        inner, outer = referred(key, "providers", found), referred(value, "providers", found)
        if inner is None or outer is None:
            continue
        if str(inner) in seen:
            detail = (
                f"A provider configuration was already passed to {inner} at {seen[str(inner)]}."
                " Each child provider configuration can be assigned only once."
            )
            found.append(error("Duplicate provider address", detail, value.span.range))
            continue
        seen[str(inner)] = place(key.span.to(value.span).range, module.root)
    return tuple(seen)


def not_given(module: Module, found: Found) -> None:
    """The configurations that modules want to be given, and are not, all the way down."""
    for call in module.calls.values():
        child = module.children.get(call.name)
        if child is None:
            continue
        not_given(child, found)
        own = {f"{each.name}.{each.alias}" for each in child.provider_blocks}
        for name in sorted(child.aliases.keys() - own - set(call.providers)):
            detail = (
                "The child module requires an additional configuration for provider"
                f' {child.aliases[name]}, with the local name "{name}".\n\nRefer to the module\'s'
                " documentation to understand the intended purpose of this additional provider"
                f' configuration, and then add an entry for {name} in the "providers" meta-argument'
                " in the module block to choose which provider configuration the module should use"
                " for that purpose."
            )
            summary = "Missing required provider configuration"
            found.append(error(summary, detail, call.span.range))
