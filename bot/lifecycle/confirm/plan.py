"""A stored plan, read as far as it may be: addresses and actions, and how many. PURE.

`tofu show -json` holds every value in plain text. What is not an address or an action is left
behind here, and goes no further.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.plan.prediction import Action, Counts, Prediction

_COUNTS = re.compile(
    r"^Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy"
    r"(?:, (\d+) to forget)?\.",
    re.MULTILINE,
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_NONE = Counts()
_NOTHING = "No changes. "
_ONLY_OUTPUTS = "You can apply this plan to save these new output values"


@dataclass(frozen=True, slots=True)
class Row:
    """What a plan does to one instance."""

    address: str
    action: Action


@dataclass(frozen=True, slots=True)
class Planned:
    """The rows of a plan that do something, by address, and its counts."""

    rows: tuple[Row, ...] = ()
    counts: Counts = _NONE


class NoPlan(ValueError):
    """It is not what `tofu show -json` prints; the message has nothing of its contents."""


def planned(text: bytes) -> Planned:
    """The plan in the JSON of `tofu show -json`; raises `NoPlan`."""
    try:
        document = json.loads(text)
        changes = document.get("resource_changes") or []
        rows = [(item.get("mode") != "data", _row(item)) for item in changes]
        imports = sum(bool(item["change"].get("importing")) for item in changes)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoPlan("it is no plan in JSON") from None
    actions = [row.action for managed, row in rows if managed]
    return Planned(_sorted(row for _, row in rows), counts_of(actions, imports))


def predicted(prediction: Prediction) -> Planned:
    """The same of a prediction."""
    rows = (Row(change.address, change.action) for change in prediction.changes)
    return Planned(_sorted(rows), prediction.counts)


def counted(text: str) -> Counts | None:
    """The counts in the plan that people read; None where it has none."""
    text = _COLOURS.sub("", text)
    found = _COUNTS.search(text)
    if found is None:
        nothing = _NOTHING in text or _ONLY_OUTPUTS in text
        return Counts() if nothing else None
    imported, add, change, destroy, forget = (int(group or 0) for group in found.groups())
    return Counts(add, change, destroy, imported, forget)


def _row(item: Mapping[str, Any]) -> Row:
    return Row(str(item["address"]), Action("/".join(item["change"]["actions"])))


def _sorted(rows: Iterable[Row]) -> tuple[Row, ...]:
    told = (row for row in rows if row.action is not Action.NO_OP)
    return tuple(sorted(told, key=lambda row: row.address))


def counts_of(actions: list[Action], imported: int) -> Counts:
    """What these actions come to, as the tool counts."""
    return Counts(
        add=sum(action is Action.CREATE or action.replaces for action in actions),
        change=sum(action is Action.UPDATE for action in actions),
        destroy=sum(action.destroys for action in actions),
        imported=imported,
        forget=sum(action is Action.FORGET for action in actions),
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """One address in both plans; None where a plan does nothing to it."""

    address: str
    predicted: Action | None
    planned: Action | None

    @property
    def differs(self) -> bool:
        """Whether the two say different things of it."""
        return self.predicted is not self.planned


def side_by_side(one: Planned, other: Planned) -> tuple[Beside, ...]:
    """All that either does something to; what differs comes first."""
    return tuple(sorted(_beside(one, other), key=lambda row: (not row.differs, row.address)))


def _beside(one: Planned, other: Planned) -> Iterator[Beside]:
    here = {row.address: row.action for row in one.rows}
    there = {row.address: row.action for row in other.rows}
    for address in here.keys() | there.keys():
        yield Beside(address, here.get(address), there.get(address))
