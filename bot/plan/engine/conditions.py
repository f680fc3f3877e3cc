"""What a module demands: validations, pre- and postconditions, `check` blocks.

Beside `planner` in `bot.plan.engine`
(https://opentofu.org/docs/language/expressions/custom-conditions/).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.plan.configuration.module import Check, Output, Variable
from bot.plan.diagnostics import Diagnostic, Range, Severity, error, failed, warning
from bot.plan.evaluate import Scope, evaluate
from bot.plan.places import place
from bot.plan.values import BOOL, STRING, ConversionError, Mark, Value, all_marks, convert

if TYPE_CHECKING:
    from bot.plan.engine.planner import Planner

_HIDDEN = "The error message included a sensitive value, so it will not be displayed."
_REFERS = (
    "The error expression used to explain this condition refers to sensitive values. OpenTofu will"
    " not display the resulting message.\n\nYou can correct this by removing references to"
    " sensitive values, or by carefully using the nonsensitive() function if the expression will"
    " not reveal the sensitive data."
)
_EXPOSED = (
    "To reduce the risk of accidentally exporting sensitive data that was intended to be only"
    " internal, OpenTofu requires that any root module output containing sensitive data be"
    " explicitly marked as sensitive, to confirm your intent.\n\nIf you do intend to export this"
    " data, annotate the output value as sensitive by adding the following argument:\n"
    "    sensitive = true"
)
_LATER = (
    "The condition could not be evaluated at this time, a result will be known when this plan is"
    " applied."
)


def conditions(checks: tuple[Check, ...], scope: Scope, kind: str, found: list[Diagnostic]) -> bool:
    """Whether none of a block's pre- or postconditions fails; failures go to `found`."""
    good = True
    for check in checks:
        if check.condition is None:
            continue
        if holds(check, scope, "condition", found) is False:
            good = False
            text = message(check, scope, found)
            found.append(error(f"{kind} failed", text, check.condition.span.range))
    return good


def holds(check: Check, scope: Scope, noun: str, found: list[Diagnostic]) -> bool | None:
    """Whether a condition holds; None where it is not known yet, or wrong, which is said."""
    if check.condition is None:
        return None
    value, problems = evaluate(check.condition, scope)
    found += problems
    if failed(problems) or not value.is_known:
        return None
    summary = f"Invalid {noun} result"
    where = check.condition.span.range
    if value.is_null:
        words = "Validation condition" if noun != "condition" else "Condition"
        detail = f"{words} expression must return either true or false, not null."
        found.append(error(summary, detail, where))
        return None
    try:
        raw = convert(value, BOOL).raw
    except ConversionError as problem:
        words = "validation condition" if noun != "condition" else "condition"
        found.append(error(summary, f"Invalid {words} result value: {problem}.", where))
        return None
    return raw if isinstance(raw, bool) else None


def message(check: Check, scope: Scope, found: list[Diagnostic]) -> str:
    """The error message of a condition that failed, as far as it can be told."""
    nothing = "Failed to evaluate condition error message."
    if check.message is None:
        return nothing
    value, problems = evaluate(check.message, scope)
    found += problems
    if failed(problems):
        return nothing
    marks = all_marks(value)
    if marks and Mark.SENSITIVE not in marks:
        return _HIDDEN
    if marks:
        where = check.message.span.range
        found.append(error("Error message refers to sensitive values", _REFERS, where))
        return _HIDDEN
    try:
        raw = convert(value, STRING).raw
    except ConversionError as problem:
        detail = f"Unsuitable value for error message: {problem}."
        found.append(error("Invalid error message", detail, check.message.span.range))
        return nothing
    return (raw.strip() if isinstance(raw, str) else "") or nothing


def validations(
    variable: Variable, scope: Scope, where: Range, root: str, found: list[Diagnostic]
) -> bool:
    """Whether a variable's value passes its validation rules; `where` is what gave the value."""
    good = True
    for rule in variable.validations:
        verdict = holds(rule, scope, "variable validation", found)
        if verdict is False:
            good = False
            text = message(rule, scope, found)
            at = place(rule.span.range, root)
            detail = f"{text}\n\nThis was checked by the validation rule at {at}."
            found.append(error("Invalid value for variable", detail, where))
    return good


def check_blocks(planner: Planner) -> None:
    """`check` blocks: one that fails, or cannot be told yet, is a warning."""
    for module in planner.all_modules():
        for block in module.module.checks:
            scope = module.scope(module.within(f"check.{block.name}"))
            for check in block.asserts:
                planner.say(_asserted(check, scope))


def _asserted(check: Check, scope: Scope) -> list[Diagnostic]:
    if check.condition is None:
        return []
    found: list[Diagnostic] = []
    verdict = holds(check, scope, "condition", found)
    where = check.condition.span.range
    if verdict is False:
        text = message(check, scope, found)
        found.append(warning("Check block assertion failed", text, where))
    elif verdict is None and not found:
        found.append(warning("Check block assertion known after apply", _LATER, where))
    return [Diagnostic(Severity.WARNING, f.summary, f.detail, f.subject) for f in found]


def exposed(planner: Planner) -> None:
    """Root outputs that hold something sensitive and do not say so."""
    for output in planner.root.module.outputs.values():
        planner.say(exposure(output, planner.root.output(output.name)))


def exposure(output: Output, value: Value) -> list[Diagnostic]:
    """An output that holds something sensitive has to say so."""
    if output.sensitive or Mark.SENSITIVE not in all_marks(value):
        return []
    return [error("Output refers to sensitive values", _EXPOSED, output.span.range)]


def output_conditions(planner: Planner) -> None:
    """The preconditions of outputs, of every module instance."""
    for module in planner.all_modules():
        for output in module.module.outputs.values():
            if output.preconditions:
                found: list[Diagnostic] = []
                scope = module.scope(module.within(f"output.{output.name}"))
                conditions(output.preconditions, scope, "Module output value precondition", found)
                planner.say(found)
