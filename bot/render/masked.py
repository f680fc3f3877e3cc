"""A prediction with what nobody may see marked sensitive, before it becomes a document. PURE.

The provider does not mark an Airbyte source's configuration, which holds its credentials, and
values that were given from outside are nobody's to print. Both are marked here, and
`bot.render.document` then writes no marked value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from bot.plan.files import Files
from bot.plan.prediction import OutputChange, Prediction, ResourceChange
from bot.plan.providers import provider
from bot.plan.values import SENSITIVE, Value, all_marks
from bot.render.plain_text import SHORTEST_SECRET, without

_PROVIDER = "airbyte_"
SETTINGS = frozenset({"connection_configuration", "configuration"})
_VALUES = (".tfvars", ".tfvars.json")


class Unquoted(Struct, frozen=True):
    """A `Files` for snippets: files of values are not there, for their lines are values."""

    files: Files

    def paths(self) -> Iterable[str]:
        """As in the repository."""
        return self.files.paths()

    def read(self, path: str) -> bytes | None:
        """None for a file of values."""
        return None if path.endswith(_VALUES) else self.files.read(path)

    def identity(self, path: str) -> str | None:
        """As in the repository."""
        return self.files.identity(path)

    def links(self) -> Iterable[str]:
        """As in the repository."""
        return self.files.links()

    def link(self, path: str) -> str | None:
        """As in the repository."""
        return self.files.link(path)


def masked(prediction: Prediction, hidden: frozenset[str]) -> Prediction:
    """The same prediction; `hidden` are texts that mark whatever holds them."""
    return replace(
        prediction,
        changes=tuple(_change(change, hidden) for change in prediction.changes),
        outputs=tuple(_output(output, hidden) for output in prediction.outputs),
        diagnostics=tuple(
            replace(item, detail=without(item.detail, hidden)) for item in prediction.diagnostics
        ),
    )


def secrets(prediction: Prediction) -> frozenset[str]:
    """The texts that are sensitive somewhere: a computed copy or an old value is not marked.

    Those of an Airbyte source's configuration are among them, for nobody says which are secret.
    """
    found: set[str] = set()
    for change in prediction.changes:
        names, before, after = _sensitive(change), _members(change.before), _members(change.after)
        for name in before.keys() | after.keys():
            pair = (before.get(name), after.get(name))
            found.update(_marked(*pair, inside=name in names))
    for output in prediction.outputs:
        found.update(_marked(output.before, output.after, inside=False))
    return frozenset(text for text in found if len(text) >= SHORTEST_SECRET)


def _marked(one: Value | None, other: Value | None, *, inside: bool) -> Iterator[str]:
    """The texts of two values where either is marked."""
    present = [value for value in (one, other) if value is not None]
    if not inside and not any(map(all_marks, present)):
        return
    inside = inside or any(value.marks for value in present)
    for value in present:
        if inside and isinstance(value.raw, str):
            yield from _texts(value.raw)
    mine, theirs = _members(one), _members(other)
    for key in mine.keys() | theirs.keys():
        yield from _marked(mine.get(key), theirs.get(key), inside=inside)


def _texts(text: str) -> Iterator[str]:
    """A text and, where it is JSON, the texts in it."""
    yield text
    try:
        waiting = [json.loads(text)] if text.startswith(("{", "[")) else []
    except (ValueError, RecursionError):
        return
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, (dict, list)):
            waiting += node.values() if isinstance(node, dict) else node


def _members(value: Value | None) -> dict[str | int, Value]:
    """An object's or a list's elements by their key or position."""
    raw = value.raw if value is not None else None
    if isinstance(raw, tuple):
        return dict(enumerate(raw))
    return dict(raw.items()) if isinstance(raw, dict) else {}


def _change(change: ResourceChange, hidden: frozenset[str]) -> ResourceChange:
    settings = _sensitive(change)
    return replace(
        change,
        before=_object(change.before, settings, hidden),
        after=_object(change.after, settings, hidden),
        causes=tuple(replace(each, text=without(each.text, hidden)) for each in change.causes),
    )


def _sensitive(change: ResourceChange) -> frozenset[str]:
    """The attributes that are secrets by the provider's schema, or by what they are for."""
    facts = provider(change.provider)
    table = (facts.resources if change.mode == "managed" else facts.data_sources) if facts else {}
    type_ = table.get(change.type)
    rules = type_.attributes.items() if type_ is not None else ()
    names = frozenset(name for name, rule in rules if rule.sensitive)
    return names | SETTINGS if change.type.startswith(_PROVIDER) else names


def _output(output: OutputChange, hidden: frozenset[str]) -> OutputChange:
    before = _value(output.before, hidden) if output.before is not None else None
    after = _value(output.after, hidden) if output.after is not None else None
    return replace(output, before=before, after=after)


def _object(value: Value | None, settings: frozenset[str], hidden: frozenset[str]) -> Value | None:
    if value is None or not isinstance(value.raw, dict):
        return value
    attributes = {
        name: item.with_marks(SENSITIVE)
        if name in settings and not item.is_null
        else _value(item, hidden)
        for name, item in value.raw.items()
    }
    return Value(value.type, attributes, value.marks)


def _value(value: Value, hidden: frozenset[str]) -> Value:
    raw = value.raw
    if not hidden or raw is None:
        return value
    if isinstance(raw, str):
        return value if without(raw, hidden) == raw else value.with_marks(SENSITIVE)
    if isinstance(raw, dict):
        inner = {key: _value(item, hidden) for key, item in raw.items()}
        return Value(value.type, inner, value.marks)
    if isinstance(raw, tuple):
        return Value(value.type, tuple(_value(item, hidden) for item in raw), value.marks)
    return value
