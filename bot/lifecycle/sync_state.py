"""What a connection remembers of its syncs, and which part of it another one can go on from. PURE.

The shapes are `state/get`'s (`facts/airbyte.md`): a state for each stream, or one for all of them
with a part for each stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.model.airbyte import StreamName, SyncState

NOT_SET = "not_set"


def fitting(state: SyncState, streams: Iterable[StreamName]) -> dict[str, Any] | None:
    """The state without the streams that are not among these; None where nothing is left.

    A legacy state is one blob of the source's, which cannot be taken apart: None.
    """
    wanted, document = set(streams), state.document
    if state.kind == "stream":
        kept = _kept(document.get("streamState"), wanted)
        return {"stateType": "stream", "streamState": kept} if kept else None
    whole = document.get("globalState")
    if state.kind != "global" or not isinstance(whole, Mapping):
        return None
    kept = _kept(whole.get("streamStates"), wanted)
    return {"stateType": "global", "globalState": {**whole, "streamStates": kept}} if kept else None


def remembered(state: SyncState) -> tuple[StreamName, ...]:
    """The streams that it remembers something of."""
    whole = state.document.get("globalState")
    shared = whole.get("streamStates") if isinstance(whole, Mapping) else None
    found = (_stream(entry) for entry in _list(state.document.get("streamState")) + _list(shared))
    return tuple(name for name in found if name is not None)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _kept(entries: Any, wanted: set[StreamName]) -> list[Any]:
    return [entry for entry in _list(entries) if _stream(entry) in wanted]


def _stream(entry: Any) -> StreamName | None:
    descriptor = entry.get("streamDescriptor") if isinstance(entry, Mapping) else None
    if not isinstance(descriptor, Mapping) or not descriptor.get("name"):
        return None
    return StreamName(str(descriptor["name"]), str(descriptor.get("namespace") or ""))
