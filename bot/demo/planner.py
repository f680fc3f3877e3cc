"""The bot's evaluator as the simulated controller's planner.

Meets `bot.simulators.flux.planning.Planner`. What a plan leaves unknown is known once what it
depends on is applied: the module is then evaluated again, against what there is by then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from bot.plan.address import Resource
from bot.plan.diagnostics import Diagnostic, Severity
from bot.plan.files import Files, Snapshot
from bot.plan.predict import Cache, Request, predict
from bot.plan.prediction import Action, Prediction, ResourceChange
from bot.plan.provisioners import local_exec
from bot.plan.state import State, Stored, parse_module, parse_state
from bot.plan.values import Value, type_json
from bot.plan.values.json import Json as Document
from bot.plan.values.json import to_json
from bot.simulators.flux import planning
from bot.simulators.flux.planning import Applied, Change, Json, Output, Plan

_ACTIONS: Mapping[Action, tuple[planning.Action, ...]] = {
    Action.NO_OP: ("no-op",),
    Action.READ: ("read",),
    Action.CREATE: ("create",),
    Action.UPDATE: ("update",),
    Action.DELETE: ("delete",),
    Action.DELETE_CREATE: ("delete", "create"),
    Action.CREATE_DELETE: ("create", "delete"),
    Action.FORGET: ("forget",),
}


class EvaluatorPlanner:
    """One for the demo; parsed files are kept from plan to plan."""

    def __init__(self) -> None:
        self._cache = Cache()

    async def plan(self, request: planning.Request) -> Plan:
        """The prediction, as a plan that can be carried out."""
        asked = Request(
            Snapshot(dict(request.files)),
            request.module,
            state=_state(request.state),
            variables=request.variables,
            var_files=tuple((path, request.files[path]) for path in request.var_files),
            cache=self._cache,
        )
        prediction = predict(asked)
        if not prediction.ok:
            return Plan(error=_error_text(prediction, asked.files, request.module))
        return Plan(
            tuple(_change(change, prediction) for change in prediction.changes),
            _Resolver(asked, prediction),
            outputs_change=any(o.action is not Action.NO_OP for o in prediction.outputs),
        )


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Evaluates again, against what is applied by now."""

    request: Request
    planned: Prediction

    def attributes(self, address: str, applied: Applied) -> Json:
        """What is configured of it, known by now."""
        prediction = predict(self._now(applied))
        if not prediction.ok:
            text = _error_text(prediction, self.request.files, self.request.module)
            raise planning.PlanFailed(text, "apply")
        for change in prediction.changes:
            if change.address == address and change.after is not None:
                return _known(change.after)
        raise planning.PlanFailed(f"Error: {address} is not planned any more", "apply")

    def provisioners(self, address: str, applied: Applied) -> tuple[str, ...]:
        """Its commands, with `self` known."""
        return local_exec(self._now(applied), address)

    def outputs(self, applied: Applied) -> Mapping[str, Output]:
        """Every root output, known by now."""
        prediction = predict(self._now(applied))
        return {
            output.name: Output(
                _plain(to_json(output.after)),
                type_json(output.after.type),
                output.after.is_sensitive,
            )
            for output in prediction.outputs
            if output.after is not None and output.after.is_wholly_known
        }

    def _now(self, applied: Applied) -> Request:
        known = {change.address: change for change in self.planned.changes}
        stored = [
            Stored(_instance(known[address]), known[address].provider, attributes)
            for address, attributes in applied.items()
            if address in known
        ]
        outputs = self.request.state.outputs if self.request.state else {}
        return replace(self.request, state=State(tuple(stored), outputs))


def _instance(change: ResourceChange) -> Any:
    module = parse_module(change.module_address)
    return Resource(module, change.mode, change.type, change.name).instance(change.index)


def _state(document: Json | None) -> State | None:
    return parse_state(json.dumps(document)) if document is not None else State()


def _change(change: ResourceChange, prediction: Prediction) -> Change:
    resource = change.address.rpartition("[")[0] if change.index is not None else change.address
    return Change(
        address=change.address,
        type=change.type,
        name=change.name,
        actions=_ACTIONS[change.action],
        before=_known(change.before) if change.before is not None else None,
        after=_known(change.after) if change.after is not None else None,
        after_unknown=_unknown(change.after),
        index=change.index,
        module=change.module_address,
        mode="data" if change.mode == "data" else "managed",
        provider=change.provider,
        reason=change.reason,
        replace_paths=change.replace_paths,
        dependencies=tuple(sorted(prediction.references.get(resource, ()))),
        sensitive=_sensitive(change.after),
    )


def _known(value: Value) -> Json:
    """The attributes as a state has them; what is unknown is left out, at every depth."""
    raw = value.raw if isinstance(value.raw, dict) else {}
    return {name: _document(item) for name, item in raw.items() if item.is_known}


def _document(value: Value) -> Any:
    if isinstance(value.raw, dict):
        return _known(value)
    if isinstance(value.raw, tuple):
        return [_document(item) for item in value.raw if item.is_known]
    return _plain(to_json(value))


def _unknown(value: Value | None) -> Json:
    raw = value.raw if value is not None and isinstance(value.raw, dict) else {}
    return {name: True for name, item in raw.items() if not item.is_wholly_known}


def _sensitive(value: Value | None) -> tuple[str, ...]:
    raw = value.raw if value is not None and isinstance(value.raw, dict) else {}
    return tuple(sorted(name for name, item in raw.items() if item.is_sensitive))


def _plain(document: Document) -> Any:
    """A Decimal as a number of JSON."""
    if isinstance(document, Decimal):
        return int(document) if document == document.to_integral_value() else float(document)
    return document


def _error_text(prediction: Prediction, files: Files, module: str) -> str:
    """As the tool prints it: summary, place, the line, the detail."""
    errors = [d for d in prediction.diagnostics if d.severity is Severity.ERROR]
    return "\n\n".join(_diagnostic_text(item, files, module) for item in errors)


def _diagnostic_text(item: Diagnostic, files: Files, module: str) -> str:
    parts = [f"Error: {item.summary}"]
    if item.subject is not None:
        name = item.subject.file.removeprefix(f"{module}/" if module else "")
        line = item.subject.start.line
        source = (files.read(item.subject.file) or b"").decode(errors="replace").splitlines()
        shown = source[line - 1] if 0 < line <= len(source) else ""
        parts.append(f"  on {name} line {line}:\n  {line}: {shown}")
    if item.detail:
        parts.append(item.detail)
    return "\n\n".join(parts)
