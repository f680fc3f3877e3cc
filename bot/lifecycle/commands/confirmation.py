"""The phrase that confirms a command that cannot be undone. PURE.

An HMAC over what is to be done, to what, by whom, with which state, and until when: it fits
nothing else, nobody else and no other time, and needs to be remembered nowhere.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.lifecycle.marker import Signer

_VALID = timedelta(minutes=15)
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What `person` wrote at `at`: `given` follows the word `confirm`, "" where that is absent."""

    signer: Signer
    command: str
    person: str
    at: datetime
    given: str = ""

    def phrase(self, ids: Iterable[str], state: str, step: int = 1) -> str:
        """What has to be written to confirm it, within a quarter of an hour."""
        until = int((self.at + _VALID).timestamp())
        return f"{until}-{self._mark(ids, state, step, until)}"

    def holds(self, ids: Iterable[str], state: str, step: int = 1) -> bool:
        """Whether what was given confirms just this, and was written in time."""
        until, _, mark = self.given.partition("-")
        if not (until.isascii() and until.isdigit() and len(until) <= _DIGITS):
            return False
        expected = self._mark(ids, state, step, int(until))
        in_time = self.at.timestamp() <= int(until)
        return hmac.compare_digest(expected.encode(), mark.encode()) and in_time

    def _mark(self, ids: Iterable[str], state: str, step: int, until: int) -> str:
        parts = ("confirm", self.command, *sorted(ids), self.person, state, str(step), str(until))
        return self.signer.sign("\n".join(parts))[:_DIGITS]
