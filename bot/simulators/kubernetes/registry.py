"""Creating, reading, changing and deleting: the API's verbs over the store, without HTTP.

Each write decides first and stores last, so that a refusal leaves everything as it was; with
`dry_run` nothing is stored at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.simulators.kubernetes import kinds, objects, patches, refusals
from bot.simulators.kubernetes.kinds import Kind
from bot.simulators.kubernetes.ownership import Writer, applied, fields, recorded
from bot.simulators.kubernetes.selectors import Test
from bot.simulators.kubernetes.store import Json, Place, Store, place_of

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


class Registry:
    """The objects of one cluster; `now` is the time that they are stamped with."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self.store = store
        self._now = now

    def read(self, kind: Kind, place: Place) -> Json:
        """One object; raises `Refusal` 404."""
        found = self.store.get(kind, place)
        if found is None:
            raise refusals.not_found(kind, place[1])
        return found

    def create(
        self, kind: Kind, namespace: str, body: Any, writer: Writer, *, dry_run: bool = False
    ) -> Json:
        """A new object; raises `Refusal` 400, 403, 404, 409 and 422."""
        now = self._stamp()
        item = recorded(kind, None, objects.created(kind, namespace, body, now), writer, now)
        self._check_namespace(kind, place_of(item))
        if self.store.get(kind, place_of(item)) is not None:
            raise refusals.already_exists(kind, item["metadata"]["name"])
        return item if dry_run else self.store.write(kind, item)

    def update(
        self, kind: Kind, place: Place, body: Any, writer: Writer, *, dry_run: bool = False
    ) -> Json:
        """A PUT; raises `Refusal` 400, 404, 409 and 422."""
        held = self.read(kind, place)
        objects.check_version(kind, held, body, blind=kind.blind_update)
        return self._change(kind, held, body, writer, dry_run=dry_run)

    def patch(
        self,
        kind: Kind,
        place: Place,
        patch: Callable[[Json], Any],
        writer: Writer,
        *,
        dry_run: bool = False,
    ) -> Json:
        """A PATCH: `patch` makes the new object of the held one. Raises as `update` does."""
        held = self.read(kind, place)
        body = patch(held)
        objects.check_version(kind, held, body, blind=True)
        return self._change(kind, held, body, writer, dry_run=dry_run)

    def delete(
        self, kind: Kind, place: Place, preconditions: Any = None, *, dry_run: bool = False
    ) -> tuple[Json, bool]:
        """The object as it is then, and whether it is gone; raises `Refusal` 404 and 409.

        Nobody collects dependents: that is a controller's work, and none runs here.
        """
        held = self.read(kind, place)
        objects.check_preconditions(kind, held, preconditions)
        if not objects.is_kept(held):
            return (held if dry_run else self.store.remove(kind, held)), True
        if "deletionTimestamp" in held["metadata"]:
            return held, False
        item = objects.deleting(held, self._stamp())
        return (item if dry_run else self.store.write(kind, item)), False

    def delete_all(self, kind: Kind, selected: Test, *, dry_run: bool) -> list[Json]:
        """deletecollection: the objects as they are then."""
        found = [place for place, item in self.store.all(kind).items() if selected(item)]
        return [self.delete(kind, place, dry_run=dry_run)[0] for place in found]

    def _change(self, kind: Kind, held: Json, body: Any, writer: Writer, *, dry_run: bool) -> Json:
        change = objects.with_status if writer.subresource == "status" else objects.replaced
        item = recorded(kind, held, change(kind, held, body), writer, self._stamp())
        if item == held:
            return held  # what changes nothing is no write
        if dry_run:
            return item
        if "deletionTimestamp" in item["metadata"] and not objects.is_kept(item):
            return self.store.remove(kind, item)
        return self.store.write(kind, item)

    def _check_namespace(self, kind: Kind, place: Place) -> None:
        if not kind.namespaced:
            return
        namespace = self.read(kinds.NAMESPACE, ("", place[0]))
        if "deletionTimestamp" in namespace["metadata"]:
            why = f"unable to create new content in namespace {place[0]}"
            raise refusals.forbidden(kind, place[1], f"{why} because it is being terminated")

    def _stamp(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%SZ")


def patching(kind: Kind, media: str, body: Any, writer: Writer) -> Callable[[Json], Any]:
    """What a patch of a media type does to an object; raises `Refusal` 400 and 415."""
    if media == JSON_PATCH:
        return lambda held: patches.patched(held, body)
    if not isinstance(body, dict):
        raise refusals.bad_request("the patch is no object")
    if media == MERGE:
        return lambda held: patches.merged(held, body)
    if media == APPLY:
        item = objects.typed(kind, body)
        return lambda held: applied(held, item, writer)
    if media == STRATEGIC and not kind.custom:
        return lambda held: patches.strategic(held, body)
    accepted = (JSON_PATCH, MERGE, *(() if kind.custom else (STRATEGIC,)), APPLY)
    raise refusals.unsupported(accepted)


def applying(kind: Kind, body: Any, writer: Writer) -> Writer:
    """The writer as one who applies this body; raises `Refusal` 400."""
    return replace(writer, applied=frozenset(fields(objects.typed(kind, body))))
