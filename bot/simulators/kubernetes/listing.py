"""Lists, whole or by pages: every page of one list shows the same moment.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from bot.simulators.kubernetes.kinds import Kind
from bot.simulators.kubernetes.refusals import Refusal, bad_request, expired, too_new
from bot.simulators.kubernetes.selectors import Test
from bot.simulators.kubernetes.store import Json, Place, Store


@dataclass(frozen=True, slots=True)
class Page:
    """`limit` 0: all of it. `token`: where the last page ended.

    `revision`: not older than that, or with `exact` as it was then.
    """

    limit: int
    token: str
    revision: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A page's objects and the list's metadata."""

    items: list[Json]
    metadata: Json


def listed(store: Store, kind: Kind, selected: Test, page: Page) -> Found:
    """One page; raises `Refusal` 400, 410 and 504."""
    if page.revision > store.revision:
        raise too_new(page.revision, store.revision)
    revision, after = page.revision if page.exact else store.revision, None
    if page.token:
        revision, after = _unpacked(page.token)
    rest = [
        (place, item)
        for place, item in _then(store, kind, revision).items()
        if (after is None or place > after) and selected(item)
    ]
    metadata: Json = {"resourceVersion": str(revision), "continue": ""}
    if page.limit and len(rest) > page.limit:
        metadata["continue"] = _packed(revision, rest[page.limit - 1][0])
        metadata["remainingItemCount"] = len(rest) - page.limit
        rest = rest[: page.limit]
    return Found([item for _, item in rest], metadata)


def _then(store: Store, kind: Kind, revision: int) -> dict[Place, Json]:
    if revision == store.revision:
        return store.all(kind)
    try:
        return store.at(kind, revision)
    except Refusal as refusal:
        if refusal.code != 410:
            raise
        told = "The provided continue parameter is too old to display a consistent list result."
        raise expired(f"{told} You must start a new list without the continue parameter.") from None


def _packed(revision: int, place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps([revision, *place]).encode()).decode()


def _unpacked(token: str) -> tuple[int, Place]:
    try:
        revision, namespace, name = json.loads(base64.urlsafe_b64decode(token))
        return int(revision), (str(namespace), str(name))
    except (ValueError, TypeError):
        raise bad_request("continue key is not valid") from None
