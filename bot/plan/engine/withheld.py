"""The instances of blocks and calls, but for those that would tell a Secret's value.

Above `expansion` in `bot.plan.engine`. A key that is made of one is not told, nor how many there
are. That there is one or none may be told, and what is there already: that a plan does so.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from bot.plan.address import key_text
from bot.plan.engine.expansion import Instances, NotGiven, counted, each
from bot.plan.evaluate.confidential import WITHHELD
from bot.plan.evaluate.scope import Found
from bot.plan.syntax.nodes import Expression
from bot.plan.values import CLOSED, CONFIDENTIAL, LEAVES, NO_MARKS, Marks, Value


class Keys(Struct):
    """`there` are the addresses of what is there already; `withheld` those that are not told.

    `uncertain` hears in words what cannot be told.
    """

    there: Iterable[str]
    uncertain: list[str]
    withheld: set[str] = field(default_factory=set)
    _marks: dict[str, Marks] = field(default_factory=dict)

    def marks(self, address: str) -> Marks:
        """What marks the keys of a block's or call's instances, and so all of them together."""
        return self._marks.get(address, NO_MARKS)

    def instances(
        self, node: Expression, value: Value, found: Found, address: str, *, count: bool
    ) -> Instances | None:
        """What `count`, or else `for_each`, gives; None after an error, or where it is not told."""
        self._marks[address] = value.marks & CONFIDENTIAL
        closed = bool(value.marks & (CLOSED | LEAVES))
        try:
            instances = (counted if count else each)(node, value, found, address)
        except NotGiven:
            self._hush(address, closed=closed)
            return None
        if closed:
            found[:] = [replace(item, detail=WITHHELD) for item in found]
            if not self._tells_little(address, instances or {}):
                self._hush(address, closed=True)
                return None
        return instances

    def _hush(self, address: str, *, closed: bool) -> None:
        if closed:
            self.withheld.add(address)
        why = "a Secret's value, and is not shown" if closed else "a value that is not given"
        self.uncertain.append(f"how many {address} there are hangs on {why}")

    def _tells_little(self, address: str, instances: Instances) -> bool:
        if not instances or list(instances) == [0]:
            return True
        there = tuple(self.there)
        return all(
            any(one == own or one.startswith(f"{own}.") for one in there)
            for own in (f"{address}{key_text(key)}" for key in instances)
        )
