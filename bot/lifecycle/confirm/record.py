"""How far a confirmation is, and how our comment remembers it. PURE.

The record stands in the comment's signed marker, bound to the head that was planned: of another
head nothing is shown. It is a cache; where it is lost, the plan is made again when asked for.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bot.lifecycle.confirm.plan import Beside
from bot.plan.prediction import Action

ROWS = 30
WORDS = 1_500
_MOST_BYTES = 64 * 1024


class Stage(StrEnum):
    """Where a confirmation stands."""

    WAITING = "waiting"
    RUNNING = "running"
    CONFIRMED = "as predicted"
    DIFFERENT = "not as predicted"
    FAILED = "failed"
    REFUSED = "refused"
    SUPERSEDED = "superseded"

    @property
    def over(self) -> bool:
        """Whether nothing more will become of it."""
        return self not in (Stage.WAITING, Stage.RUNNING)

    @property
    def well(self) -> bool:
        """Whether the controller's plan was made and compared."""
        return self in (Stage.CONFIRMED, Stage.DIFFERENT)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`head` is the commit that it is bound to, `asked_by` who wanted it (`model.plan_copy`).

    `rows` are both plans side by side, at most `ROWS` of them, `left_out` how many more there are;
    `counts` are the controller's. `words` are its own where it failed, or ours where it was
    refused. `fingerprint` names what was predicted of the head. `certain`: the prediction was.
    """

    head: str
    asked_by: int
    stage: Stage
    words: str = ""
    counts: str = ""
    rows: tuple[Beside, ...] = ()
    left_out: int = 0
    fingerprint: str = ""
    certain: bool = True

    def is_of(self, head: str) -> bool:
        """Whether it may be shown at this head: it is of it, or says that it is not."""
        return self.head == head or self.stage is Stage.SUPERSEDED


def packed(confirmation: Confirmation) -> str:
    """As the marker has it."""
    kept = replace(confirmation, words=confirmation.words[:WORDS])
    document = {
        "head": kept.head,
        "asked_by": kept.asked_by,
        "stage": kept.stage.value,
        "words": kept.words,
        "counts": kept.counts,
        "rows": [[row.address, row.predicted, row.planned] for row in kept.rows[:ROWS]],
        "left_out": kept.left_out,
        "fingerprint": kept.fingerprint,
        "certain": kept.certain,
    }
    return base64.b64encode(zlib.compress(json.dumps(document).encode(), 9)).decode()


def unpacked(text: object) -> Confirmation | None:
    """The reverse; None for what is none."""
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(str(text)), _MOST_BYTES)
        return _confirmation(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, binascii.Error):
        return None


def _confirmation(document: Mapping[str, Any]) -> Confirmation:
    rows = tuple(
        Beside(str(address), _action(one), _action(other))
        for address, one, other in document["rows"]
    )
    return Confirmation(
        head=str(document["head"]),
        asked_by=int(document["asked_by"]),
        stage=Stage(document["stage"]),
        words=str(document["words"]),
        counts=str(document["counts"]),
        rows=rows,
        left_out=int(document["left_out"]),
        fingerprint=str(document["fingerprint"]),
        certain=bool(document["certain"]),
    )


def _action(word: object) -> Action | None:
    return Action(word) if isinstance(word, str) else None
