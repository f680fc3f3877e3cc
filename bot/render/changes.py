"""A resource's change in the words that people use. PURE.

Values of settings are never shown: a source's configuration is a JSON string that holds
credentials and is not marked sensitive. What is shown by value is a connection's own plain
attributes (status, schedule, ...), and only where they are known and not sensitive.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from bot.plan.prediction import Action, ResourceChange
from bot.plan.values.number import Number, number_text
from bot.plan.values.value import Mark, Unknown, Value, all_marks, is_secret
from bot.render.markdown import code
from bot.render.streams import differences, streams

FIRING = frozenset({"null_resource", "terraform_data"})
"""What only fires: its destruction is counted, and alarms nobody."""

_SIGNS = {
    Action.NO_OP: " ",
    Action.READ: "<=",
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.DELETE: "-",
    Action.DELETE_CREATE: "±",
    Action.CREATE_DELETE: "±",
    Action.FORGET: ".",
}
_SHOWN = frozenset(
    {
        "name",
        "status",
        "schedule",
        "schedule_type",
        "schedule_data",
        "prefix",
        "namespace_definition",
        "namespace_format",
        "notify_schema_changes",
        "non_breaking_changes_preference",
        "geography",
    }
)
_JSON_SETTINGS = frozenset({"connection_configuration", "configuration"})
_CATALOGS = frozenset({"sync_catalog", "configurations"})
_SEVERAL = 8


def sign(change: ResourceChange) -> str:
    """`+`, `~`, `-`, `±`."""
    return _SIGNS[change.action]


def words(change: ResourceChange) -> str:
    """What changes, as Markdown for a table cell."""
    said = list(_words(change))
    if change.uncertain:
        said.append(f"uncertain: {code(change.uncertain)}")
    shown = said[:_SEVERAL]
    if len(said) > _SEVERAL:
        shown.append(f"and {len(said) - _SEVERAL} more")
    return " · ".join(shown)


def _words(change: ResourceChange) -> Iterator[str]:
    if change.previous_address:
        yield f"moved from {code(change.previous_address)}"
    if change.importing:
        yield f"imported, id {code(change.importing)}"
    match change.action:
        case Action.CREATE:
            yield "runs its provisioner" if change.type in FIRING else "new"
        case Action.DELETE:
            yield "removed, nothing runs" if change.type in FIRING else "destroyed"
        case Action.FORGET:
            yield "left alone from now on, not destroyed"
        case Action.DELETE_CREATE | Action.CREATE_DELETE:
            yield from _replaced(change)
        case Action.UPDATE if change.before is not None:  # None: imported, and nobody has read it
            yield from _updated(change)
        case Action.UPDATE | Action.NO_OP | Action.READ:
            return


def _replaced(change: ResourceChange) -> Iterator[str]:
    paths = ", ".join(code(".".join(str(part) for part in path)) for path in change.replace_paths)
    yield f"replaced, because {paths} changes" if paths else "replaced"
    if change.type not in FIRING:
        yield from _updated(change, told=frozenset(str(path[0]) for path in change.replace_paths))


def _updated(change: ResourceChange, told: frozenset[str] = frozenset()) -> Iterator[str]:
    before, after = _attributes(change.before), _attributes(change.after)
    said = False
    for name in sorted((before.keys() | after.keys()) - told):
        for text in _attribute(name, before.get(name), after.get(name)):
            said = True
            yield text
    if not said and change.action is Action.UPDATE:
        yield "only the form of its values"


def _attribute(name: str, old: Value | None, new: Value | None) -> Iterator[str]:
    if _follows(old, new):
        return
    if name in _CATALOGS:
        yield from _catalog(old, new)
    elif name in _JSON_SETTINGS:
        yield from _settings(old, new)
    elif name in _SHOWN:
        yield from _plain(name, old, new)
    else:
        yield f"{code(name)} changes"


def _plain(name: str, old: Value | None, new: Value | None) -> Iterator[str]:
    """An attribute whose values may be told; of an object, the members that differ."""
    label = name.removesuffix("_data").replace("_", " ")
    before, after = _attributes(old), _attributes(new)
    pair = (_rhythm(old), _rhythm(new)) if before and after else (_short(old), _short(new))
    if all(pair):
        yield f"{label} {pair[0]} → {pair[1]}"
    elif before and after:
        for member in sorted(before.keys() | after.keys()):
            if not _follows(before.get(member), after.get(member)):
                yield from _plain(f"{label} {member}", before.get(member), after.get(member))
    else:
        yield f"{code(name)} changes"


def _rhythm(value: Value | None) -> str:
    """How often a connection runs: `6 hours`, or a cron expression; "" where it is neither."""
    members = dict(_leaves(value))
    units, unit = members.get("units"), members.get("time_unit")
    if units and unit:
        return code(f"{units} {unit}")
    cron = members.get("cron_expression", "")
    return code(f"{cron} {members.get('cron_time_zone', '')}".strip()) if cron else ""


def _leaves(value: Value | None) -> Iterator[tuple[str, str]]:
    """The members of an object and of those in it, by their own names, where they may be told."""
    for name, item in _attributes(value).items():
        if isinstance(item.raw, dict):
            yield from _leaves(item)
        elif not item.is_null and (text := _told(item)):
            yield name, text


def _follows(old: Value | None, new: Value | None) -> bool:
    """Whether nothing differs but what the apply tells: that is a consequence, not a change."""
    if old == new or (new is not None and isinstance(new.raw, Unknown) and not new.raw.opaque):
        return True
    one, other = (old.raw, new.raw) if old is not None and new is not None else (None, None)
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_follows(one.get(key), other.get(key)) for key in one.keys() | other.keys())
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return all(map(_follows, one, other))
    return False


def _catalog(old: Value | None, new: Value | None) -> Iterator[str]:
    before, after = streams(old), streams(new)
    if new is not None and is_secret(new):
        before = None  # its names may be made of a Secret's value
    if before is None or after is None:
        yield "its catalog changes"
        return
    changed = differences(before, after)
    yield from changed or ["only the form of its catalog"]


def _settings(old: Value | None, new: Value | None) -> Iterator[str]:
    before, after = _object(old), _object(new)
    if new is not None and Mark.CLOSED in new.marks:
        before = None  # its names may be made of a Secret's value
    if before is None or after is None:
        yield "its settings change"
        return
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"+ setting {code(name)}"
        elif name not in after:
            yield f"- setting {code(name)}"
        elif before[name] != after[name]:
            yield f"setting {code(name)} changes"


def _object(value: Value | None) -> dict[str, object] | None:
    """A JSON object in a string; None where it cannot be known."""
    if value is None or not isinstance(value.raw, str):
        return None
    try:
        found = json.loads(value.raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _short(value: Value | None) -> str:
    """A plain known value that may be shown, "" for any other."""
    if value is None or value.raw is None:
        return "none"
    text = _told(value)
    return code(text, 60) if text is not None else ""


def _told(value: Value) -> str | None:
    """The text of a plain value; None where it is marked, unknown or no plain value."""
    if all_marks(value):
        return None
    if isinstance(value.raw, bool):
        return str(value.raw).lower()
    if isinstance(value.raw, str):
        return value.raw
    return number_text(value.raw) if isinstance(value.raw, Number) else None


def _attributes(value: Value | None) -> dict[str, Value]:
    return value.raw if value is not None and isinstance(value.raw, dict) else {}
