"""What etcd and the watch cache hold: objects, one counter, and what happened since.

Objects are never changed in place: what is stored, told or remembered stays as it was, so that
readers may keep it. Knows nothing of the rules for writing.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.simulators.kubernetes import refusals
from bot.simulators.kubernetes.kinds import Kind

Json = dict[str, Any]
Place = tuple[str, str]
"""Namespace ("" for a cluster's own) and name."""

_REMEMBERED = 5000  # events of a kind; older ones are forgotten as by a compaction


@dataclass(frozen=True, slots=True)
class Happening:
    """One write. `before` is None for a creation; `item` of a deletion is the last that was."""

    revision: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    item: Json
    before: Json | None


@dataclass(eq=False, slots=True)
class Subscription:
    """Happenings of one kind after a revision; `bell` rings for each, and when it is `ended`."""

    waiting: deque[Happening]
    after: int
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def end(self) -> None:
        """No more will come."""
        self.ended = True
        self.bell.set()


class Store:
    """All objects of all kinds; every write counts `revision` up by one."""

    def __init__(self) -> None:
        self.revision = 1
        self._compacted = 0
        self._objects: dict[Kind, dict[Place, Json]] = defaultdict(dict)
        self._past: dict[Kind, list[Happening]] = defaultdict(list)
        self._forgotten: dict[Kind, int] = defaultdict(int)
        self._subscriptions: dict[Kind, set[Subscription]] = defaultdict(set)

    def get(self, kind: Kind, place: Place) -> Json | None:
        """One object."""
        return self._objects[kind].get(place)

    def all(self, kind: Kind) -> dict[Place, Json]:
        """All of a kind, in the order of their places."""
        return dict(sorted(self._objects[kind].items()))

    def any(self, kind: Kind) -> bool:
        """Whether there is one."""
        return bool(self._objects[kind])

    def at(self, kind: Kind, revision: int) -> dict[Place, Json]:
        """All of a kind as they were; raises `Refusal` 410 where that is forgotten."""
        then = dict(self._objects[kind])
        for happening in reversed(self.since(kind, revision)):
            if happening.before is None:
                then.pop(place_of(happening.item), None)
            else:
                then[place_of(happening.item)] = happening.before
        return dict(sorted(then.items()))

    def since(self, kind: Kind, revision: int) -> list[Happening]:
        """What happened after a revision; raises `Refusal` 410 where that is forgotten."""
        oldest = max(self._compacted, self._forgotten[kind])
        if revision < oldest:
            raise refusals.expired(f"too old resource version: {revision} ({oldest})")
        past = self._past[kind]
        return past[bisect_right(past, revision, key=lambda happening: happening.revision) :]

    def write(self, kind: Kind, item: Json) -> Json:
        """Store an object, new or changed; as it is then, with its resourceVersion."""
        place = place_of(item)
        before = self._objects[kind].get(place)
        stored = self._stamped(item)
        self._objects[kind][place] = stored
        self._tell(
            kind, Happening(self.revision, "MODIFIED" if before else "ADDED", stored, before)
        )
        return stored

    def remove(self, kind: Kind, item: Json) -> Json:
        """Drop an object; as it last was, with the resourceVersion of its end."""
        before = self._objects[kind].pop(place_of(item))
        last = self._stamped(item)
        self._tell(kind, Happening(self.revision, "DELETED", last, before))
        return last

    def subscribe(self, kind: Kind, revision: int | None) -> Subscription:
        """What happens after a revision (None: from now on); `unsubscribe` when done.

        Raises `Refusal` 410; one that was never given out is waited for, as the real one does.
        """
        after = self.revision if revision is None else revision
        subscription = Subscription(deque(self.since(kind, after)), after)
        if subscription.waiting:
            subscription.bell.set()
        self._subscriptions[kind].add(subscription)
        return subscription

    def unsubscribe(self, kind: Kind, subscription: Subscription) -> None:
        """Nobody listens any more."""
        self._subscriptions[kind].discard(subscription)

    def end_subscriptions(self) -> int:
        """End them all; how many there were."""
        ended = [one for group in self._subscriptions.values() for one in group if not one.ended]
        for subscription in ended:
            subscription.end()
        return len(ended)

    def compact(self) -> None:
        """Forget what happened: every resourceVersion given out so far is answered with 410."""
        self.revision += 1
        self._compacted = self.revision
        self._past.clear()

    def _stamped(self, item: Json) -> Json:
        self.revision += 1
        return {**item, "metadata": {**item["metadata"], "resourceVersion": str(self.revision)}}

    def _tell(self, kind: Kind, happening: Happening) -> None:
        past = self._past[kind]
        past.append(happening)
        if len(past) > _REMEMBERED:
            self._forgotten[kind] = past[_REMEMBERED // 2].revision
            del past[: _REMEMBERED // 2 + 1]
        for subscription in self._subscriptions[kind]:
            if happening.revision > subscription.after:
                subscription.waiting.append(happening)
                subscription.bell.set()


def place_of(item: Json) -> Place:
    """Where an object is."""
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]
