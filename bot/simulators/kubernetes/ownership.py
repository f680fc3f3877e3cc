"""Who set which field: managedFields, and what a server-side apply does by them.

Pure. A field is a path through maps; a list is one field, whatever its type says (the real API
server looks into lists of named things). https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.simulators.kubernetes.kinds import Kind
from bot.simulators.kubernetes.patches import merged
from bot.simulators.kubernetes.refusals import Refusal

Json = dict[str, Any]
Path = tuple[str, ...]

_OWNED_METADATA = frozenset({"annotations", "finalizers", "labels", "ownerReferences"})


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the field manager, and to which subresource ("": the object itself).

    `applied`: the fields that an apply sets; None for every other write. `force`: take them over.
    """

    manager: str
    subresource: str = ""
    applied: frozenset[Path] | None = None
    force: bool = False

    @property
    def operation(self) -> str:
        return "Update" if self.applied is None else "Apply"


def fields(item: Mapping[str, Any]) -> dict[Path, Any]:
    """Every field of an object that can be owned, with its value."""
    metadata = {k: v for k, v in item["metadata"].items() if k in _OWNED_METADATA}
    rest = {k: v for k, v in item.items() if k not in ("apiVersion", "kind", "metadata")}
    return dict(_leaves((), {**rest, **({"metadata": metadata} if metadata else {})}))


def recorded(kind: Kind, held: Json | None, item: Json, writer: Writer, now: str) -> Json:
    """The object with its managedFields as they are after this write."""
    before, after = fields(held) if held else {}, fields(item)
    changed = {path for path, value in after.items() if before.get(path, _Absent) != value}
    touched = changed | (before.keys() - after.keys())
    entries = held["metadata"].get("managedFields", []) if held else []
    kept = [entry if _is(entry, writer) else _without(entry, touched) for entry in entries]
    mine = next((entry for entry in entries if _is(entry, writer)), None)
    known = _owned(mine) if mine else frozenset()
    owns = ((known | changed) if writer.applied is None else writer.applied) & after.keys()
    if owns != known or (touched and writer.applied is None):
        kept = [entry for entry in kept if not _is(entry, writer)]
        kept.append(_entry(kind, writer, owns, now))
    kept = [entry for entry in kept if entry["fieldsV1"]]
    metadata = {**item["metadata"], **({"managedFields": kept} if kept else {})}
    return {**item, "metadata": metadata}


def applied(held: Json, body: Json, writer: Writer) -> Any:
    """What an apply makes of an object; raises `Refusal` 409 where others set it differently.

    What this manager applied before and applies no more goes, unless somebody else has it too.
    """
    mine: frozenset[Path] = frozenset()
    others: dict[Path, str] = {}
    for entry in held["metadata"].get("managedFields", ()):
        if _is(entry, writer):
            mine = _owned(entry)
        else:
            others |= dict.fromkeys(_owned(entry), entry["manager"])
    if not writer.force:
        _check_conflicts(
            fields(held), fields({**body, "metadata": body.get("metadata", {})}), others
        )
    result: Any = held
    for path in mine - (writer.applied or frozenset()) - others.keys():
        result = merged(result, _nested(path, None))
    return merged(result, body)


def _check_conflicts(
    held: Mapping[Path, Any], wanted: Mapping[Path, Any], others: Mapping[Path, str]
) -> None:
    clashes = [path for path, value in wanted.items() if path in others and held.get(path) != value]
    if not clashes:
        return
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "{others[path]}"',
            "field": "." + ".".join(path),
        }
        for path in clashes
    ]
    shown = "; ".join(f"{cause['message']}: {cause['field']}" for cause in causes)
    message = f"Apply failed with {len(clashes)} conflict(s): {shown}"
    raise Refusal(409, "Conflict", message, {"causes": causes})


class _Absent:
    """No value at all, not even None."""


def _leaves(path: Path, value: Any) -> list[tuple[Path, Any]]:
    if isinstance(value, Mapping) and (value or not path):
        return [leaf for key, each in value.items() for leaf in _leaves((*path, key), each)]
    return [(path, value)]


def _is(entry: Mapping[str, Any], writer: Writer) -> bool:
    named = (entry["manager"], entry["operation"], entry.get("subresource", ""))
    return named == (writer.manager, writer.operation, writer.subresource)


def _entry(kind: Kind, writer: Writer, owns: frozenset[Path] | set[Path], now: str) -> Json:
    return {
        "manager": writer.manager,
        "operation": writer.operation,
        "apiVersion": kind.api_version(),
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": _tree(sorted(owns)),
        **({"subresource": writer.subresource} if writer.subresource else {}),
    }


def _without(entry: Json, touched: set[Path]) -> Json:
    owned = _owned(entry)
    return {**entry, "fieldsV1": _tree(sorted(owned - touched))} if owned & touched else entry


def _tree(paths: Sequence[Path]) -> Json:
    tree: Json = {}
    for path in paths:
        branch = tree
        for key in path:
            branch = branch.setdefault(f"f:{key}", {})
    return tree


def _owned(entry: Mapping[str, Any]) -> frozenset[Path]:
    leaves = _leaves((), entry["fieldsV1"])
    return frozenset(tuple(key.removeprefix("f:") for key in path) for path, _ in leaves if path)


def _nested(path: Path, value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value
