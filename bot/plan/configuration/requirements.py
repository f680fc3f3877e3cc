"""`terraform` and `provider` blocks into nouns: which providers a module requires and configures.

Above `arguments` in `bot.plan.configuration`.
"""

from __future__ import annotations

import re

from bot.plan.configuration.arguments import (
    escaped,
    expression_of,
    reserved,
    static_list,
    static_map,
    text,
    traversal,
)
from bot.plan.configuration.content import Found, Shape, content, just_attributes, partial_content
from bot.plan.configuration.module import Module, ProviderBlock
from bot.plan.configuration.names import NOT_A_NAME, is_name, provider_named
from bot.plan.diagnostics import Range, error, failed, warning
from bot.plan.evaluate.constants import constant_value
from bot.plan.places import place
from bot.plan.syntax.nodes import (
    Attr,
    Attribute,
    Block,
    Body,
    Expression,
    ObjectCons,
)
from bot.plan.values import STRING, ConversionError, convert

_TERRAFORM = Shape(
    ("required_version", "experiments", "language"),
    blocks={
        "backend": ("type",), "cloud": (), "required_providers": (), "provider_meta": ("provider",),
        "encryption": (),
    },
)  # fmt: skip
_RESERVED = ("count", "depends_on", "source")
_PROVIDER = Shape(
    ("alias", "version", "for_each", *_RESERVED), blocks={"_": (), "lifecycle": (), "locals": ()}
)
_ONE = r"\s*(?:=|!=|>|<|>=|<=|~>)?\s*v?\d+(?:\.\d+)*(?:-[0-9A-Za-z.~-]+)?(?:\+[0-9A-Za-z.~-]+)?\s*"
_CONSTRAINT = re.compile(f"{_ONE}(?:,{_ONE})*")
_VERSION = "Invalid version constraint"
_NO_CONSTRAINT = "This string does not use correct version constraint syntax."
_OBJECT = "Invalid required_providers object"


def terraform(block: Block, module: Module) -> None:
    """A `terraform` block."""
    found = module.diagnostics
    blocks = content(block.body, _TERRAFORM, found)
    required = block.body.attributes.get("required_version")
    if required is not None:
        _version(required, found)
    for inner in blocks:
        match inner.type:
            case "required_providers":
                _required_providers(inner, module)
            case "backend":
                _backend(inner, module)
            case "cloud":
                _cloud(inner, module)
            case "provider_meta":
                _provider_meta(inner, found)
    if module.backend is not None and module.cloud is not None and blocks:
        _both(module.backend, module.cloud, module)


def _backend(block: Block, module: Module) -> None:
    if module.backend is None:
        module.backend = block
        return
    detail = (
        "A module may have only one backend configuration. The backend was previously configured at"
        f" {place(module.backend.header_span.range, module.root)}."
    )
    where = block.header_span.range
    module.diagnostics.append(error("Duplicate backend configuration", detail, where))


def _cloud(block: Block, module: Module) -> None:
    if module.cloud is None:
        module.cloud = block
        return
    detail = (
        "A module may have only one 'cloud' block configuring a cloud backend. A cloud backend was"
        f" previously configured at {place(module.cloud.header_span.range, module.root)}."
    )
    where = block.header_span.range
    module.diagnostics.append(error("Duplicate cloud configurations", detail, where))


def _both(backend: Block, cloud: Block, module: Module) -> None:
    detail = (
        "A module may declare either one 'cloud' block configuring a cloud backend OR one 'backend'"
        " block configuring a state backend. A cloud backend is configured at"
        f" {place(cloud.header_span.range, module.root)}; a backend is configured at"
        f" {place(backend.header_span.range, module.root)}. Remove the backend block to configure a"
        " cloud backend."
    )
    summary = "Both a backend and a cloud configuration are present"
    module.diagnostics.append(error(summary, detail, backend.header_span.range))


def _provider_meta(block: Block, found: Found) -> None:
    for attribute in just_attributes(block.body, found).values():
        found += constant_value(attribute.expression)[1]
    provider_named(block.labels[0], block.header_span.range, found)


def _version(attribute: Attribute, found: Found) -> None:
    """What is no version constraint is said."""
    value, problems = constant_value(attribute.expression)
    found += problems
    if problems:
        return
    where = attribute.expression.span.range
    try:
        raw = convert(value, STRING).raw
    except ConversionError:
        detail = f"A string value is required for {attribute.name}."
        found.append(error(_VERSION, detail, where))
        return
    if isinstance(raw, str) and not _CONSTRAINT.fullmatch(raw):
        found.append(error(_VERSION, _NO_CONSTRAINT, where))


def _required_providers(block: Block, module: Module) -> None:
    found: Found = []
    sources: dict[str, str] = {}
    aliases: dict[str, str] = {}
    attributes = just_attributes(block.body, found)
    for name, attribute in attributes.items() if not failed(found) else ():
        _required(name, attribute, found)
        sources[name] = _source(attribute, name)
        aliases |= dict.fromkeys(_wanted(attribute), sources[name])
    module.diagnostics += found
    first = module.requirements
    if first is not None and not module.overriding:
        detail = (
            "A module may have only one required providers configuration. The required providers"
            f" were previously configured at {place(first.header_span.range, module.root)}."
        )
        where = block.header_span.range
        summary = "Duplicate required providers configuration"
        module.diagnostics.append(error(summary, detail, where))
        return
    module.requirements = block
    module.providers.update(sources)
    module.aliases.update(aliases)


def _required(name: str, attribute: Attribute, found: Found) -> None:
    """One required provider: a version constraint alone, or an object."""
    node = attribute.expression
    value, problems = constant_value(node)
    if not problems and not isinstance(value.raw, (dict, tuple)):
        _version(attribute, found)
        return
    if not provider_named(name, node.span.range, found):
        return
    problems = []
    pairs = static_map(node, problems)
    if problems:
        detail = "required_providers entries must be strings or objects."
        found.append(error(_OBJECT, detail, node.span.range))
    for key, item in pairs:
        key_value, problems = constant_value(key.wrapped)
        word = key.keyword or key_value.raw
        if key.keyword is None and problems:
            found += problems
        elif not _known(name, word, item, found):
            detail = (
                'required_providers objects can only contain "version", "source" and'
                ' "configuration_aliases" attributes. To configure a provider, use a "provider"'
                " block."
            )
            found.append(error(_OBJECT, detail, key.span.range))
            return


def _known(name: str, word: object, node: Expression, found: Found) -> bool:
    where = node.span.range
    if word == "configuration_aliases":
        _aliases(name, node, found)
        return True
    value, problems = constant_value(node)
    raw = value.raw if not problems and isinstance(value.raw, str) else None
    if word == "version":
        if raw is None or not _CONSTRAINT.fullmatch(raw):
            detail = _NO_CONSTRAINT if raw is not None else "Version must be specified as a string."
            found.append(error(_VERSION, detail, where))
    elif word == "source":
        if raw is None:
            found.append(error("Invalid source", "Source must be specified as a string.", where))
        else:
            _address(raw, where, found)
    return word in ("version", "source")


def _address(source: str, where: Range, found: Found) -> None:
    """A source has one, two or three parts, each of which is a name."""
    parts = source.split("/")
    if not source or len(parts) > 3:
        detail = 'The "source" attribute must be in the format "[hostname/][namespace/]name"'
        found.append(error("Invalid provider source string", detail, where))


def _aliases(name: str, node: Expression, found: Found) -> None:
    attribute = Attribute("configuration_aliases", node, node.span, node.span)
    for item in static_list(attribute, found):
        named = traversal(item, found)
        if named is None:
            continue
        summary = "Invalid configuration_aliases value"
        if len(named.steps) > 1 or not all(isinstance(step, Attr) for step in named.steps):
            detail = (
                "Configuration aliases can only contain references to local provider configuration"
                " names in the format of provider.alias"
            )
            found.append(error(summary, detail, node.span.range))
        elif named.root != name:
            detail = (
                f'Configuration aliases must be prefixed with the provider name. Expected "{name}",'
                f' but found "{named.root}".'
            )
            found.append(error(summary, detail, node.span.range))


def _wanted(attribute: Attribute) -> list[str]:
    """The configurations that a required provider's `configuration_aliases` name."""
    item = _property(attribute, "configuration_aliases")
    if item is None:
        return []
    listed = static_list(Attribute(attribute.name, item, item.span, item.span), [])
    named = [traversal(each, []) for each in listed]
    return [
        f"{each.root}.{each.steps[0].name}"
        for each in named
        if each is not None and len(each.steps) == 1 and isinstance(each.steps[0], Attr)
    ]


def _source(attribute: Attribute, name: str) -> str:
    item = _property(attribute, "source")
    source = constant_value(item)[0].raw if item is not None else None
    if isinstance(source, str):
        parts = source.split("/")
        return source if source.startswith("terraform.io") else "/".join(parts[-2:])
    return f"hashicorp/{name}"


def _property(attribute: Attribute, name: str) -> Expression | None:
    """One property of a required provider; aliases beside it name what has no value."""
    node = attribute.expression
    for key, item in static_map(node, []) if isinstance(node, ObjectCons) else ():
        if name in (key.keyword, constant_value(key.wrapped)[0].raw):
            return item
    return None


def provider(block: Block, module: Module) -> None:
    """A `provider` block."""
    found, name = module.diagnostics, block.labels[0]
    blocks = partial_content(block.body, _PROVIDER, found)
    if not provider_named(name, block.header_span.range, found):
        return
    attributes = dict(block.body.attributes)
    meta = {each: attributes.pop(each, None) for each in _PROVIDER.arguments}
    alias = _alias(meta["alias"], found)
    _old_version(meta["version"], found)
    for_each = meta["for_each"]
    if for_each is not None and not alias:
        detail = "The for_each argument is allowed only for provider configurations with an alias."
        where = for_each.expression.span.range
        found.append(error('Alias required when using "for_each"', detail, where))
    for each in _RESERVED:
        _reserved_argument(meta[each], found)
    attributes.update(escaped(blocks, "provider-specific", "provider", module))
    for inner in blocks:
        if inner.type != "_":
            reserved(inner, "provider", found)
    rest = tuple(each for each in block.body.blocks if each.type not in _PROVIDER.blocks)
    body = Body(attributes, rest, block.body.span, block.body.end_span, json=block.body.json)
    made = ProviderBlock(name, alias, body, block.header_span, expression_of(for_each))
    _add_provider(made, module)


def _alias(attribute: Attribute | None, found: Found) -> str:
    if attribute is None:
        return ""
    alias = text(attribute, found) or ""
    if not is_name(alias):
        detail = f"An alias must be a valid name. {NOT_A_NAME}"
        found.append(error("Invalid provider configuration alias", detail))
    return alias


def _old_version(attribute: Attribute | None, found: Found) -> None:
    if attribute is None:
        return
    detail = (
        "OpenTofu 0.13 and earlier allowed provider version constraints inside the provider"
        " configuration block, but that is now deprecated and will be removed in a future version"
        " of OpenTofu. To silence this warning, move the provider version constraint into the"
        " required_providers block."
    )
    summary = "Version constraints inside provider configuration blocks are deprecated"
    found.append(warning(summary, detail, attribute.expression.span.range))
    _version(attribute, found)


def _reserved_argument(attribute: Attribute | None, found: Found) -> None:
    if attribute is not None:
        detail = (
            f'The provider argument name "{attribute.name}" is reserved for use by OpenTofu in a'
            " future version."
        )
        where = attribute.name_span.range
        found.append(error("Reserved argument name in provider block", detail, where))


def _add_provider(made: ProviderBlock, module: Module) -> None:
    for first in module.provider_blocks:
        if (first.name, first.alias) != (made.name, made.alias):
            continue
        at = place(first.span.range, module.root)
        detail = (
            f'A default (non-aliased) provider configuration for "{first.name}" was already given'
            f' at {at}. If multiple configurations are required, set the "alias" argument for'
            " alternative configurations."
        )
        if first.alias:
            detail = (
                f'A provider configuration for "{first.name}" with alias "{first.alias}" was'
                f" already given at {at}. Each configuration for the same provider must have a"
                " distinct alias."
            )
        where = made.span.range
        module.diagnostics.append(error("Duplicate provider configuration", detail, where))
        return
    module.provider_blocks.append(made)
