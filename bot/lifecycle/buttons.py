"""The buttons of the checks: each is a command of the table, in one press. PURE.

A button stands only where pressing it would help. GitHub shows three at most, and to people with
write; who presses one is asked for the command's permission all the same.
https://docs.github.com/rest/guides/using-the-rest-api-to-interact-with-checks
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from bot.lifecycle.effects import Button
from bot.lifecycle.observed import ModuleSeen, rung
from bot.render.comment import Rung

CONFIRM = Button("confirm", "Confirm", "Let the controller plan this commit")
CATALOG = Button("catalog", "Regenerate catalog", "Commit the catalogs in the quiet form")
REFRESH = Button("refresh", "Refresh", "Fetch and apply the branch's tip now")

COMMANDS: Mapping[str, tuple[Button, str]] = MappingProxyType(
    {
        CONFIRM.identifier: (CONFIRM, "plan"),
        CATALOG.identifier: (CATALOG, "catalog"),
        REFRESH.identifier: (REFRESH, "reconcile"),
    }
)
"""The words of the command that each button stands for."""


def plan_buttons(modules: tuple[ModuleSeen, ...], *, from_fork: bool) -> tuple[Button, ...]:
    """What helps before the merge; a fork's code is neither planned nor committed to."""
    return tuple(_offered(modules, from_fork=from_fork))


def _offered(modules: tuple[ModuleSeen, ...], *, from_fork: bool) -> Iterator[Button]:
    if not from_fork and any(_is_to_be_confirmed(module) for module in modules):
        yield CONFIRM
    if not from_fork and any(module.stale for module in modules):
        yield CATALOG
    if not any(module.perpetual_before for module in modules):  # there each pass costs a reset
        yield REFRESH


def _is_to_be_confirmed(module: ModuleSeen) -> bool:
    prediction = module.prediction
    if prediction is None or rung(module) is Rung.CONFIRMED:
        return False
    if module.confirmation is not None and not module.confirmation.stage.over:
        return False
    return bool(prediction.changes or prediction.uncertain) or not prediction.ok
