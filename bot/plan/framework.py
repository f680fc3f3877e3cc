"""How a provider plans one object: from its state and its configuration to what it will be.

Above `bot.plan.providers`. First the core's proposal (what is not configured and computed keeps
its value), then the provider framework's rules: defaults, what becomes unknown on an update, what
forces a replacement
(https://developer.hashicorp.com/terraform/plugin/framework/resources/plan-modification).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from bot.plan.path_order import path_order
from bot.plan.prediction import Path
from bot.plan.providers import Attribute, Nesting, Replace, ResourceType
from bot.plan.values import (
    Origin,
    Unknown,
    Value,
    all_opaque,
    boolean,
    compare,
    null,
    number,
    opaque,
    string,
)
from bot.plan.values.memo import Memo

Attributes = Mapping[str, Attribute]
Where = tuple[str, str]
"""An object's address and the top attribute that something is nested in."""


class Planned(Struct, frozen=True):
    """The object as planned; `changed` is None where nobody can tell; paths force replacement.

    `doubt` says why an update may be a replacement after all.
    """

    after: Value
    changed: bool | None
    replace: tuple[Path, ...] = ()
    doubt: str = ""


def plan_new(type_: ResourceType, config: Value, address: str) -> Planned:
    """A new object: what is computed and not configured is known after the apply."""
    config = _with_twins(type_, config)
    proposed = _proposed(type_.attributes, None, config)
    after = _unknowns(type_.attributes, proposed, config, None, address)
    return Planned(_typed_outputs(type_, after, new=True), True)


def plan_existing(type_: ResourceType, prior: Value, config: Value, address: str) -> Planned:
    """An object that exists: unchanged, updated, or (with `replace`) to be made anew."""
    config = _with_twins(type_, config)
    proposed = _with_defaults(type_.attributes, _proposed(type_.attributes, prior, config), config)
    changed = differs(prior, proposed)
    if changed is False:
        return Planned(prior, False)
    after = _unknowns(type_.attributes, proposed, config, prior, address)
    after = _outputs(type_, prior, proposed, _typed_outputs(type_, after, new=False))
    paths, doubtful = _replaced(type_, prior, after, config)
    return Planned(after, changed, paths, "" if paths else _doubt(type_, doubtful))


def _with_twins(type_: ResourceType, config: Value) -> Value:
    """The configuration with both names of one flag, as the provider completes it."""
    if type_.twins is None:
        return config
    given = _raw(config)
    one, other = (given[name] for name in type_.twins)
    flag = boolean(True) if one.is_null and other.is_null else other if one.is_null else one
    return Value(config.type, given | dict.fromkeys(type_.twins, flag), config.marks)


def differs(prior: Value, after: Value) -> bool | None:
    """Whether a plan would show a change; None where only an unknown constant stands between."""
    same = compare(prior, after)
    if same is not None:
        return not same
    return None if _only_opaque(after) else True


def _only_opaque(value: Value) -> bool:
    """Whether nothing in it waits for the apply: what is unknown was only not given."""
    return value.is_wholly_known or all_opaque(value)


def _raw(value: Value | None) -> dict[str, Value]:
    return value.raw if value is not None and isinstance(value.raw, dict) else {}


def _proposed(attributes: Attributes, prior: Value | None, config: Value) -> Value:
    before, given = _raw(prior), _raw(config)
    made = {
        name: _proposed_attribute(each, before.get(name), given.get(name, null(each.type)))
        for name, each in attributes.items()
    }
    return Value(config.type, made)


def _proposed_attribute(rule: Attribute, prior: Value | None, given: Value) -> Value:
    if given.is_null:
        keeps = rule.computed and prior is not None
        return prior if keeps and prior is not None else given
    if rule.nesting is None or not given.is_known:
        return given
    if isinstance(given.raw, (tuple, dict)) and len(given.raw) > _LARGE:
        return _proposed_nested(rule, prior, given)
    known = _PROPOSED.get(rule, prior, given)
    return known or _PROPOSED.put(_proposed_nested(rule, prior, given), rule, prior, given)


_PROPOSED: Memo[Value] = Memo()
_LARGE = 64
"""Elements beyond which a container is hardly there again as it is; its elements are."""
_ELEMENTS: Memo[Value] = Memo()


def _proposed_nested(rule: Attribute, prior: Value | None, given: Value) -> Value:
    raw = given.raw
    if rule.nesting is Nesting.SINGLE:
        inner = prior if prior is not None and not prior.is_null else None
        made = _proposed(rule.attributes, inner, given)
        return Value(given.type, made.raw, given.marks)
    if isinstance(raw, dict):
        olds = _raw(prior)
        items = {k: _proposed_element(rule, olds.get(k), item) for k, item in raw.items()}
        return Value(given.type, items, given.marks)
    old = prior.raw if prior is not None and isinstance(prior.raw, tuple) else ()
    if rule.nesting is Nesting.SET or not isinstance(raw, tuple):
        old = ()
    elements = raw if isinstance(raw, tuple) else ()
    aligned = [
        _proposed_element(rule, old[i] if i < len(old) else None, item)
        for i, item in enumerate(elements)
    ]
    return Value(given.type, tuple(aligned), given.marks)


def _proposed_element(rule: Attribute, old: Value | None, item: Value) -> Value:
    if not isinstance(item.raw, dict):
        return item
    known = _ELEMENTS.get(rule, old, item)
    return known or _ELEMENTS.put(_proposed(rule.attributes, old, item), rule, old, item)


def _with_defaults(attributes: Attributes, proposed: Value, config: Value) -> Value:
    given, raw = _raw(config), dict(_raw(proposed))
    for name, rule in attributes.items():
        if rule.default is not None and (name not in given or given[name].is_null):
            raw[name] = _constant(rule.default)
    return Value(proposed.type, raw, proposed.marks)


def _constant(default: str | int | bool) -> Value:
    if isinstance(default, bool):
        return boolean(default)
    return number(default) if isinstance(default, int) else string(default)


def _unknowns(
    attributes: Attributes, proposed: Value, config: Value, prior: Value | None, address: str
) -> Value:
    """What is computed and not configured is unknown, unless it keeps its value."""
    given, before = _raw(config), _raw(prior)
    made = {}
    for name, value in _raw(proposed).items():
        rule = attributes.get(name)
        if rule is None:
            made[name] = value
        else:
            old = before.get(name)
            made[name] = _unknown(rule, value, given.get(name), old, (address, name))
    return Value(proposed.type, made, proposed.marks)


def _unknown(
    rule: Attribute, value: Value, given: Value | None, old: Value | None, where: Where
) -> Value:
    if given is None or given.is_null:
        if rule.default is not None:
            return _constant(rule.default)
        if not rule.computed or (rule.keeps and old is not None and not old.is_null):
            return value
        if not rule.told and old is not None:
            return opaque(rule.type, f"{'.'.join(where)}, after an update")
        return _later(rule, where)
    if rule.nesting in (None, Nesting.MAP) or not rule.filled:
        return value
    return _nested_once(rule, value, given, old, where)


@lru_cache(maxsize=20_000)
def _later(rule: Attribute, where: Where) -> Value:
    """Known after the apply: the same value wherever it is said of the same attribute."""
    return Value(rule.type, Unknown(frozenset({Origin(*where)}), rule.never_null))


_NESTED: Memo[dict[Where, Value]] = Memo()


def _nested_once(
    rule: Attribute, value: Value, given: Value, old: Value | None, where: Where
) -> Value:
    """As `_nested`, once for the same part of the same object."""
    if isinstance(value.raw, (tuple, dict)) and len(value.raw) > _LARGE:
        return _nested(rule, value, given, old, where)
    inputs = (rule, given) if rule.filled_anew else (rule, given, value, old)
    known = _NESTED.get(*inputs)
    if known is None:
        known = _NESTED.put({}, *inputs)
    if where not in known:
        known[where] = _nested(rule, value, given, old, where)
    return known[where]


def _nested(rule: Attribute, value: Value, given: Value, old: Value | None, where: Where) -> Value:
    """A nested object, or each of a sequence."""
    if isinstance(value.raw, tuple) and isinstance(given.raw, tuple):
        olds = old.raw if old is not None and isinstance(old.raw, tuple) else ()
        items = [
            _nested_once(rule, item, given.raw[i], olds[i] if i < len(olds) else None, where)
            for i, item in enumerate(value.raw)
        ]
        return Value(value.type, tuple(items), value.marks)
    if not isinstance(value.raw, dict):
        return value
    before, configured, made = _raw(old), _raw(given), dict(value.raw)
    for name, inner in rule.filled:
        if name in made:
            item, was = configured.get(name), before.get(name)
            made[name] = _unknown(inner, made[name], item, was, where)
    return Value(value.type, made, value.marks)


def _typed_outputs(type_: ResourceType, after: Value, *, new: bool) -> Value:
    """`terraform_data`: `output` is of `input`'s type; of a new one without it, null."""
    if not type_.output_of:
        return after
    raw = dict(_raw(after))
    for computed, source in type_.output_of.items():
        given, made = raw[source], raw[computed]
        if isinstance(made.raw, Unknown):
            raw[computed] = null() if new and given.is_null else Value(given.type, made.raw)
    return Value(after.type, raw, after.marks)


def _outputs(type_: ResourceType, prior: Value, proposed: Value, after: Value) -> Value:
    """`terraform_data`: `output` stays where `input` does."""
    raw, before, now = dict(_raw(after)), _raw(prior), _raw(proposed)
    for computed, source in type_.output_of.items():
        if compare(before.get(source, null()), now.get(source, null())) is True:
            raw[computed] = before.get(computed, null())
    return Value(after.type, raw, after.marks)


def _replaced(
    type_: ResourceType, prior: Value, after: Value, config: Value
) -> tuple[tuple[Path, ...], list[str]]:
    """The paths that force replacement, in the tool's order, and the names of those that may."""
    before, now, given = _raw(prior), _raw(after), _raw(config)
    paths: list[str] = []
    doubtful: list[str] = []
    for name, rule in type_.attributes.items():
        if rule.replace is Replace.NEVER or name not in now:
            continue
        changed = differs(before.get(name, null(rule.type)), now[name])
        if changed is False or not _forces(rule, before.get(name), now[name], given.get(name)):
            continue
        sure = changed is True and rule.replace is not Replace.UNKNOWN
        (paths if sure else doubtful).append(name)
    return tuple((name,) for name in sorted(paths, key=path_order)), doubtful


def _doubt(type_: ResourceType, names: list[str]) -> str:
    if not names:
        return ""
    listed = ", ".join(names)
    if any(type_.attributes[name].replace is Replace.UNKNOWN for name in names):
        return f"update, or replacement (of {listed}): this provider's rules are not known"
    return f"a replacement if {listed} changes, which hangs on a value that is not given"


def _forces(rule: Attribute, old: Value | None, new: Value, given: Value | None) -> bool:
    if rule.replace is Replace.IF_CONFIGURED:
        return given is not None and not given.is_null
    if rule.replace is Replace.NON_NULL_ELEMENTS:
        return _elements_change(_raw(old), new)
    return True


def _elements_change(old: Mapping[str, Value], new: Value) -> bool:
    """`RequiresReplaceIfValuesNotNull` of hashicorp's framework providers: a key goes, a value
    changes, or a key comes whose value is not null."""
    now = _raw(new)
    if not new.is_known and not old:
        return False
    if any(key not in now for key in old):
        return True
    return any(
        compare(old[key], item) is not True if key in old else not item.is_null
        for key, item in now.items()
    )


def opaque_state(type_: ResourceType | None, after: Value, address: str) -> Value:
    """What a state would hold after the apply: what is unknown is some constant of its own."""
    return _settled(after, address, type_)


def _settled(value: Value, name: str, type_: ResourceType | None = None) -> Value:
    raw = value.raw
    if isinstance(raw, Unknown):
        return value if raw.opaque else Value(value.type, _constant_of(name, value), value.marks)
    if type_ is None and value.is_wholly_known:
        return value
    if isinstance(raw, dict):
        sources = type_.output_of if type_ is not None else {}
        made = {key: _settled(item, f"{name}.{key}") for key, item in raw.items()}
        for computed, source in sources.items():
            if source in made:
                made[computed] = made[source].unmarked_deep()[0]
        return Value(value.type, made, value.marks)
    if isinstance(raw, tuple):
        items = tuple(_settled_element(item, f"{name}[{i}]") for i, item in enumerate(raw))
        return Value(value.type, items, value.marks)
    return value


_SETTLED: Memo[dict[str, Value]] = Memo()


def _settled_element(item: Value, name: str) -> Value:
    if item.is_wholly_known:
        return item
    known = _SETTLED.get(item)
    if known is None:
        known = _SETTLED.put({}, item)
    if name not in known:
        known[name] = _settled(item, name)
    return known[name]


def _constant_of(name: str, value: Value) -> Unknown:
    del value
    return Unknown(frozenset({Origin(name, reason="as if applied")}), True, f"applied:{name}")
