"""A `Prediction` as one JSON document, in the shape of `tofu show -json` and `tofu validate -json`.

PURE. The shape is OpenTofu's JSON output format (https://opentofu.org/docs/internals/json-format/);
what that format has no word for stands under `lotus`. Values that are marked sensitive are never
written out: where the tool would print one, `SENSITIVE` stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

from bot.plan.diagnostics import Diagnostic, Position, Range, Severity
from bot.plan.files import Files
from bot.plan.prediction import Action, OutputChange, Prediction, ResourceChange
from bot.plan.values import Unknown, Value, type_json
from bot.plan.values.number import number_text

Json = None | bool | int | str | Decimal | Sequence["Json"] | Mapping[str, "Json"]

SENSITIVE = "(sensitive value)"
_REGISTRY = "registry.opentofu.org"
_HEADER = re.compile(r'(\w[\w-]*)((?:[ \t]+(?:"[^"]*"|\w[\w-]*))*)[ \t]*\{')
_LABEL = re.compile(r'"[^"]*"')

_ACTIONS: Mapping[Action, tuple[str, ...]] = {
    Action.NO_OP: ("no-op",),
    Action.READ: ("read",),
    Action.CREATE: ("create",),
    Action.UPDATE: ("update",),
    Action.DELETE: ("delete",),
    Action.DELETE_CREATE: ("delete", "create"),
    Action.CREATE_DELETE: ("create", "delete"),
    Action.FORGET: ("forget",),
}


def document(prediction: Prediction, files: Files) -> dict[str, Json]:
    """The whole prediction; `files` give the snippets. File names are relative to the module."""
    failing = [item for item in prediction.diagnostics if item.severity is Severity.ERROR]
    return {
        "format_version": "1.2",
        "errored": bool(failing),
        "planned_values": {"outputs": _planned_outputs(prediction)},
        "resource_changes": [resource_change(change) for change in prediction.changes],
        "output_changes": {output.name: _output_change(output) for output in prediction.outputs},
        "diagnostics": [
            diagnostic(item, prediction.module, files) for item in prediction.diagnostics
        ],
        "lotus": _beyond(prediction),
    }


def resource_change(change: ResourceChange) -> dict[str, Json]:
    """One instance, as an element of `resource_changes`."""
    shown: dict[str, Json] = {"address": change.address}
    if change.previous_address:
        shown["previous_address"] = change.previous_address
    if change.module_address:
        shown["module_address"] = change.module_address
    shown |= {"mode": change.mode, "type": change.type, "name": change.name}
    if change.index is not None:
        shown["index"] = change.index
    shown["provider_name"] = _provider(change.provider)
    if change.deposed:
        shown["deposed"] = change.deposed
    shown["change"] = _change(change.action, change.before, change.after) | _beside(change)
    if change.reason:
        shown["action_reason"] = change.reason
    return shown


def diagnostic(item: Diagnostic, module: str, files: Files) -> dict[str, Json]:
    """One finding, as `tofu validate -json` has it."""
    shown: dict[str, Json] = {
        "severity": item.severity.value,
        "summary": item.summary,
        "detail": item.detail,
    }
    if item.address:
        shown["address"] = item.address
    if item.subject:
        shown["range"] = _range(item.subject, module)
        content = files.read(item.subject.file)
        if content is not None:
            shown["snippet"] = _snippet(item.subject, content)
    return shown


def within(path: str, module: str) -> str:
    """`path` (from the repository's root) as the module's folder sees it."""
    parts, base = path.split("/"), module.split("/") if module not in ("", ".") else []
    while parts and base and parts[0] == base[0]:
        parts, base = parts[1:], base[1:]
    return "/".join([".."] * len(base) + parts)


def known(value: Value | None) -> Json:
    """The known part: unknown attributes are left out, unknown elements are null."""
    if value is None or isinstance(value.raw, Unknown):
        return None
    if value.marks:
        return SENSITIVE
    raw = value.raw
    if isinstance(raw, dict):
        return {key: known(item) for key, item in raw.items() if not isinstance(item.raw, Unknown)}
    if isinstance(raw, tuple):
        return [known(item) for item in raw]
    return raw if raw is None or isinstance(raw, (str, bool)) else Decimal(number_text(raw))


def unknown(value: Value | None) -> Json:
    """`true` where the value is known after apply; containers only where they hold such."""
    if value is None:
        return {}
    raw = value.raw
    if isinstance(raw, Unknown):
        return True
    if isinstance(raw, dict):
        inner = {key: unknown(item) for key, item in raw.items()}
        return {key: item for key, item in inner.items() if item is not False}
    return [unknown(item) for item in raw] if isinstance(raw, tuple) else False


def sensitive(value: Value | None) -> Json:
    """`true` where the value is marked sensitive."""
    if value is None:
        return False
    if value.marks:
        return True
    raw = value.raw
    if isinstance(raw, dict):
        inner = {key: sensitive(item) for key, item in raw.items()}
        return {key: item for key, item in inner.items() if item is not False}
    return [sensitive(item) for item in raw] if isinstance(raw, tuple) else False


def _provider(source: str) -> str:
    """A provider's whole address; one without a host is from OpenTofu's registry."""
    return source if source.count("/") != 1 else f"{_REGISTRY}/{source}"


def _change(action: Action, before: Value | None, after: Value | None) -> dict[str, Json]:
    return {
        "actions": list(_ACTIONS[action]),
        "before": known(before),
        "after": known(after),
        "after_unknown": {} if after is not None and after.is_wholly_known else unknown(after),
        "before_sensitive": sensitive(before),
        "after_sensitive": sensitive(after),
    }


def _beside(change: ResourceChange) -> dict[str, Json]:
    """What a change has only sometimes."""
    shown: dict[str, Json] = {}
    if change.replace_paths:
        shown["replace_paths"] = [list(path) for path in change.replace_paths]
    if change.importing:
        shown["importing"] = {"id": change.importing}
    return shown


def _output_change(output: OutputChange) -> dict[str, Json]:
    """As of a resource, but that `after` is missing where it is unknown, and no object is none."""
    shown = _change(output.action, output.before, output.after)
    if output.after is None:
        shown["after_unknown"] = False
    elif isinstance(output.after.raw, Unknown):
        del shown["after"]
    elif output.after.is_wholly_known:
        shown["after_unknown"] = False
    return shown


def _planned_outputs(prediction: Prediction) -> dict[str, Json]:
    planned: dict[str, Json] = {}
    for output in prediction.outputs:
        if output.after is not None:
            planned[output.name] = _planned_output(output.after)
    return planned


def _planned_output(value: Value) -> dict[str, Json]:
    shown: dict[str, Json] = {"sensitive": bool(value.marks)}
    if not isinstance(value.raw, Unknown):
        shown |= {"type": cast(Json, type_json(value.type)), "value": known(value)}
    return shown


def _range(subject: Range, module: str) -> dict[str, Json]:
    return {
        "filename": within(subject.file, module),
        "start": _position(subject.start),
        "end": _position(subject.end),
    }


def _position(position: Position) -> dict[str, Json]:
    return {"line": position.line, "column": position.column, "byte": position.byte}


def enclosing_block(lines: Sequence[str], number: int) -> str | None:
    """The top-level block around a line (from 1), as its header has it: `resource "x" "y"`.

    By the usual shape: a header begins its line, and so does the closing brace.
    """
    for line in reversed(lines[:number]):
        if header := _HEADER.match(line):
            return " ".join([header[1], *_LABEL.findall(header[2])])
        if line.startswith("}"):
            return None
    return None


def _snippet(subject: Range, content: bytes) -> dict[str, Json]:
    lines = content.decode(errors="replace").splitlines()
    first, last = subject.start.line, max(subject.start.line, subject.end.line)
    code = lines[first - 1 : last]
    start = min(subject.start.column - 1, len(code[0]) if code else 0)
    before_last = sum(len(line) + 1 for line in code[:-1])
    return {
        "context": enclosing_block(lines, first),
        "code": "\n".join(code),
        "start_line": first,
        "highlight_start_offset": start,
        "highlight_end_offset": max(start, before_last + subject.end.column - 1),
        "values": [],
    }


def _beyond(prediction: Prediction) -> dict[str, Json]:
    """What the tool's format has no word for: certainty, causes and inputs."""
    return {
        "module": prediction.module,
        "counts": {
            "add": prediction.counts.add,
            "change": prediction.counts.change,
            "destroy": prediction.counts.destroy,
        },
        "uncertain": list(prediction.uncertain),
        "assumptions": list(prediction.assumptions),
        "uncertain_changes": {
            change.address: change.uncertain for change in prediction.changes if change.uncertain
        },
        "causes": {
            change.address: [cause.text for cause in change.causes]
            for change in prediction.changes
            if change.causes
        },
        "reads": sorted({read.path for read in prediction.reads}),
        "globs": list(prediction.globs),
    }
