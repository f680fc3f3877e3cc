"""`/lotus orphans adopt`: an orphan becomes code, by an import block, in a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from bot.lifecycle.adoption import adopted
from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.orphans import proven
from bot.lifecycle.commands.parts import Checkout, Need
from bot.lifecycle.commands.streams import as_change, told
from bot.lifecycle.stability.inventory import AirbyteObject, Holder, Kind
from bot.model.github import Permission
from bot.render.markdown import code, plain


def _answer(call: Call) -> Answer:
    identity = call.one("id").lower()
    found = proven(call, (identity,))
    if isinstance(found, Answer):
        return found
    orphan = found.by_id.get(identity)
    if orphan is None:
        return refused(f"{code(identity)} is no orphan (`/lotus orphans` lists them).")
    item = orphan.item
    if item.kind is not Kind.CONNECTION:
        return refused(
            f"{plain(item.name)} is a {item.kind.value}: the provider can import connections "
            "only. Declare it anew, or delete it."
        )
    place = _place(call, item)
    return place if isinstance(place, Answer) else _adopt(call, item, *place)


def _adopt(call: Call, item: AirbyteObject, checkout: Checkout, holder: Holder) -> Answer:
    addresses = {
        each.id: each.address for each in holder.resources if "module." not in each.address
    }
    taken = (*(each.address.partition(".")[2] for each in holder.resources), *_files(checkout))
    try:
        made = adopted(item.document, addresses, checkout.made.module, taken)
    except (ValueError, KeyError, TypeError, AttributeError):
        return refused(f"{code(item.id)}: what Airbyte says of it cannot be written as code.")
    title = f"Adopt {item.name[:60]} as {made.address}"
    change = as_change(call.seen, checkout, made.files, title)
    if isinstance(change, str):
        return refused(change)
    listed = ", ".join(code(path) for path in sorted(made.files))
    return Answer(
        f"{code(item.id)} becomes {code(made.address)}, in {listed}. {told(change)} Its plan has "
        "to show an import and nothing else.",
        effects=(change,),
    )


def _place(call: Call, item: AirbyteObject) -> tuple[Checkout, Holder] | Answer:
    """The module that holds an end of the connection; else the only one."""
    platform = call.seen.platform
    holders = {holder.name: holder for holder in platform.now.holders} if platform else {}
    all_of_them = [
        (checkout, holders[name])
        for checkout in call.seen.checkouts
        if (name := str(checkout.made.terraform.name)) in holders
    ]
    near = [pair for pair in all_of_them if set(item.ends) & pair[1].ids]
    found = near or all_of_them
    if len(found) == 1:
        return found[0]
    return refused("It cannot be told which Terraform object should have it.")


def _files(checkout: Checkout) -> Iterable[str]:
    """Names of files that would be overwritten."""
    folder = f"{checkout.made.module}/" if checkout.made.module else ""
    for path in checkout.paths:
        name = path.removeprefix(folder)
        if path.startswith(folder) and "/" not in name:
            yield name.removesuffix(".tf").removesuffix("_catalog.json")


ORPHANS_ADOPT = Command(
    "orphans adopt <id>",
    Permission.WRITE,
    "a pull request that imports an orphan, where the provider can",
    _answer,
    frozenset({Need.PLATFORM, Need.CHECKOUT}),
)
