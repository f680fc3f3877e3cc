"""The confirmations that our comment on a pull request remembers. PURE."""

from __future__ import annotations

from collections.abc import Iterable

from bot.lifecycle import marker
from bot.lifecycle.confirm.record import Confirmation, unpacked
from bot.lifecycle.marker import Signer

FIELD = "confirm"


def remembered(bodies: Iterable[str], name: str, signer: Signer) -> dict[str, Confirmation]:
    """By Terraform object (`namespace/name`), of the first comment with the marker `name`."""
    for body in bodies:
        found = marker.read(signer, body)
        if found is None or found.name != name:
            continue
        records = found.data.get(FIELD)
        items = records.items() if isinstance(records, dict) else ()
        each = ((key, unpacked(text)) for key, text in items)
        return {key: record for key, record in each if record is not None}
    return {}
