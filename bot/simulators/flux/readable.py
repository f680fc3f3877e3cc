"""A plan as `tofu show` prints it: for people, and as JSON. Pure.

A simulator: imports nothing of the bot. The JSON is as unredacted as the tool's
(https://opentofu.org/docs/internals/json-format/).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.simulators.flux.planning import Change, Json, Output, Plan
from bot.simulators.flux.state import TOOL

NO_CHANGES = """
No changes. Your infrastructure matches the configuration.

OpenTofu has compared your real infrastructure against your configuration
and found no differences, so no changes are needed.
"""
_HEAD = """
OpenTofu used the selected providers to generate the following execution
plan. Resource actions are indicated with the following symbols:
{symbols}

OpenTofu will perform the following actions:
"""
_ONLY_OUTPUTS = """
You can apply this plan to save these new output values to the OpenTofu
state, without changing any real infrastructure.
"""
_SIGNS = {
    ("create",): ("+", "create", "created"),
    ("update",): ("~", "update in-place", "updated in-place"),
    ("delete",): ("-", "destroy", "destroyed"),
    ("delete", "create"): ("-/+", "destroy and then create replacement", "replaced"),
    ("create", "delete"): ("+/-", "create replacement and then destroy", "replaced"),
    ("forget",): (".", "forget", "removed from the state"),
}


def counts(plan: Plan) -> tuple[int, int, int]:
    """To add, to change, to destroy; a replacement counts twice."""
    actions = [change.actions for change in plan.changes if change.mode == "managed"]
    return (
        sum("create" in each for each in actions),
        sum("update" in each for each in actions),
        sum("delete" in each for each in actions),
    )


def text(plan: Plan, state: Json | None = None) -> str:
    """What people read. A planner's own text goes first; `state` is what the outputs were."""
    if plan.text:
        return plan.text
    if not plan.has_changes:
        return NO_CHANGES
    outputs = _output_lines(_outputs(plan, state))
    changes = [change for change in plan.changes if change.actions in _SIGNS]
    if not changes:
        return outputs + _ONLY_OUTPUTS
    used = [sign for sign in _SIGNS if any(change.actions == sign for change in changes)]
    symbols = "\n".join(f"{_SIGNS[sign][0]:>3} {_SIGNS[sign][1]}" for sign in used)
    blocks = "\n".join(_block(change) for change in changes)
    add, change, destroy = counts(plan)
    tail = f"\nPlan: {add} to add, {change} to change, {destroy} to destroy.\n"
    return _HEAD.format(symbols=symbols) + "\n" + blocks + tail + outputs


def _output_lines(outputs: Json) -> str:
    """Nothing where no output is known to change."""
    if not outputs:
        return ""
    lines = ["", "Changes to Outputs:"]
    for name, each in outputs.items():
        old, new = (json.dumps(each[side], ensure_ascii=False) for side in ("before", "after"))
        if each["after_sensitive"]:
            old = new = "(sensitive value)"
        is_new = each["actions"] == ["create"]
        lines.append(f"  + {name} = {new}" if is_new else f"  ~ {name} = {old} -> {new}")
    return "\n".join([*lines, ""])


def _block(change: Change) -> str:
    sign, _, verb = _SIGNS[change.actions]
    must = "must be" if verb == "replaced" else "will be"
    if change.actions == ("forget",):
        must = "will be"
    lines = [f"  # {change.address} {must} {verb}"]
    lines.append(f'{sign:>3} resource "{change.type}" "{change.name}" {{')
    lines += [f"      {line}" for line in _attributes(change)]
    return "\n".join([*lines, "    }", ""])


def _attributes(change: Change) -> Iterator[str]:
    before, after = change.before or {}, change.after or {}
    unknown = {name for name, value in change.after_unknown.items() if value is True}
    for name in sorted({*before, *after, *unknown}):
        old = _value(change, name, before.get(name))
        new = "(known after apply)" if name in unknown else _value(change, name, after.get(name))
        if change.before is None:
            yield f"+ {name} = {new}"
        elif change.after is None:
            yield f"- {name} = {old} -> null"
        elif old != new or name in unknown:
            forced = any(path[:1] == (name,) for path in change.replace_paths)
            yield f"~ {name} = {old} -> {new}" + (" # forces replacement" if forced else "")


def _value(change: Change, name: str, value: Any) -> str:
    if name in change.sensitive:
        return "(sensitive value)"
    return json.dumps(value, ensure_ascii=False)


def document(plan: Plan, variables: Mapping[str, Any], state: Json | None) -> Json:
    """What `tofu show -json` prints, as far as anybody reads it."""
    return {
        "format_version": "1.2",
        "terraform_version": TOOL,
        "variables": {name: {"value": value} for name, value in variables.items()},
        "planned_values": {"root_module": {}},
        "resource_changes": [_change(change) for change in plan.changes],
        "output_changes": _outputs(plan, state),
        "errored": False,
    }


def _change(change: Change) -> Json:
    shown: Json = {"address": change.address}
    if change.module:
        shown["module_address"] = change.module
    shown |= {"mode": change.mode, "type": change.type, "name": change.name}
    if change.index is not None:
        shown["index"] = change.index
    sensitive = dict.fromkeys(change.sensitive, True)
    inner: Json = {
        "actions": list(change.actions),
        "before": change.before,
        "after": change.after,
        "after_unknown": change.after_unknown if change.after is not None else False,
        "before_sensitive": sensitive if change.before is not None else False,
        "after_sensitive": sensitive if change.after is not None else False,
    }
    if change.replace_paths:
        inner["replace_paths"] = [list(path) for path in change.replace_paths]
    shown |= {"provider_name": f"registry.opentofu.org/{change.provider}", "change": inner}
    return {**shown, "action_reason": change.reason} if change.reason else shown


def _outputs(plan: Plan, state: Json | None) -> Json:
    if not plan.outputs_change:
        return {}
    before = (state or {}).get("outputs") or {}
    known = {change.address: change.before for change in plan.changes if change.before is not None}
    after: Mapping[str, Output] = plan.resolver.outputs(known)
    return {
        name: {
            "actions": ["update" if name in before else "create"],
            "before": (before.get(name) or {}).get("value"),
            "after": output.value,
            "after_unknown": False,
            "before_sensitive": output.sensitive,
            "after_sensitive": output.sensitive,
        }
        for name, output in after.items()
        if (before.get(name) or {}).get("value") != output.value
    }
