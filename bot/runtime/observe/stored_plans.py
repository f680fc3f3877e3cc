"""Reading the plans that the controller stores: in JSON and for people, whole or in parts.

By name, never by list: a plan is `tfplan-<workspace>-<name>`, `.json` behind it in a Secret, and
where it is longer than 1 MiB its parts end in `-0`, `-1`… (`facts/tofu-controller.md`). The binary
form is the tool's own and read by nobody here. What is kept of a plan has no value in it.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.clients.errors import ClientError, Forbidden, NotFound, Unavailable
from bot.clients.kubernetes.plan_copies import Kept, PlanCopies
from bot.lifecycle.confirm import StoredPlan
from bot.lifecycle.confirm.plan import NoPlan, counted, planned
from bot.model.plan_copy import CHUNKS, chunked
from bot.plan.prediction import Counts

_KEY, _PLAN_ID = "tfplan", "savedPlan"
_CHUNK = "infra.contrib.fluxcd.io/plan-chunk"
_TOO_MANY = f"more than the {CHUNKS} parts that are named"
_MOST_BYTES = 256 * 2**20  # unpacked; a "gzip bomb" ends here

Read = Callable[[str, str], Awaitable[Kept]]


class Unreadable(Exception):
    """A stored plan that is there and cannot be read; the message is for people."""


@dataclass(frozen=True, slots=True)
class Text:
    """A stored plan, put together; `plan_id` is the plan that it is of, `parts` how many it has."""

    plan_id: str
    text: bytes = field(repr=False)
    parts: int = 1


async def json_plan(
    copies: PlanCopies, namespace: str, name: str, plan_id: str
) -> StoredPlan | None:
    """The plan `plan_id` in JSON, as far as it may be kept; None where it is not there yet.

    `name` is `<workspace>-<object>`. Raises `Unavailable` where nobody answers.
    """
    try:
        found = await _together(copies.secret, namespace, f"tfplan-{name}.json")
        if found is None or found.plan_id != plan_id:
            return None
        return StoredPlan(planned(found.text))
    except (Unreadable, NoPlan) as error:
        return StoredPlan(None, str(error))
    except Unavailable:
        raise
    except ClientError as error:
        return StoredPlan(None, str(error))


async def applied_counts(
    copies: PlanCopies, namespace: str, name: str, form: str, plan_id: str
) -> Counts | str:
    """What the plan `plan_id`, which was applied, counted; or, in words, why it is not known.

    `form` is the object's `storeReadablePlan`: nothing is guessed from anything else.
    """
    if form not in ("human", "json"):
        return "no readable plan is stored (`storeReadablePlan`)"
    try:
        if form == "json":
            return await _counts_of_json(copies, namespace, name, plan_id)
        found = await _together(copies.config_map, namespace, f"tfplan-{name}")
        if found is None or found.plan_id != plan_id:
            return "the stored plan is another one"
        counts = counted(found.text.decode(errors="replace"))
        if counts is None and found.parts == CHUNKS:
            return f"the stored plan has {_TOO_MANY}"
        return counts if counts is not None else "the stored plan has no counts"
    except Unreadable as error:
        return str(error)
    except Forbidden as error:
        return f"the stored plan may not be read: {error} (`lotus doctor`)"


async def _counts_of_json(
    copies: PlanCopies, namespace: str, name: str, plan_id: str
) -> Counts | str:
    found = await json_plan(copies, namespace, name, plan_id)
    if found is None:
        return "the stored plan is another one"
    return found.plan.counts if found.plan is not None else found.problem


async def _together(read: Read, namespace: str, name: str) -> Text | None:
    """The whole, or its parts in order; None where there is neither."""
    whole, *parts = chunked(name)
    found = await _kept(read, namespace, whole)
    if found is not None:
        return _text([found], f"{namespace}/{name}")
    kept: list[Kept] = []
    for part in parts:
        each = await _kept(read, namespace, part)
        if each is None:
            break
        kept.append(each)
    return _text(kept, f"{namespace}/{name}") if kept else None


async def _kept(read: Read, namespace: str, name: str) -> Kept | None:
    try:
        return await read(namespace, name)
    except NotFound:
        return None


def _text(kept: list[Kept], what: str) -> Text:
    """Parts of two plans, or in another order, come of a write that is under way."""
    ids = {each.annotations.get(_PLAN_ID, "") for each in kept}
    places = [each.annotations.get(_CHUNK, "0") for each in kept]
    if len(ids) > 1 or places != [str(index) for index in range(len(kept))]:
        raise Unreadable(f"{what} is in parts that do not belong together")
    packed = b"".join(each.data.get(_KEY, b"") for each in kept)
    if not packed:
        raise Unreadable(f"{what} has no key {_KEY}")
    return Text(ids.pop(), _unpacked(packed, what, len(kept)), len(kept))


def _unpacked(packed: bytes, what: str, parts: int) -> bytes:
    if packed[:2] != b"\x1f\x8b":
        return packed
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            text = stream.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        why = f"has {_TOO_MANY}" if parts == CHUNKS else "is no gzip, or not whole"
        raise Unreadable(f"{what} {why}") from None
    if len(text) > _MOST_BYTES:
        raise Unreadable(f"{what} is larger than {_MOST_BYTES} bytes")
    return text
