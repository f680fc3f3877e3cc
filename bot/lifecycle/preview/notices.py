"""What to attend to, worst first, and what each flag brings about. PURE.

Each with its consequence and its remedy. What stood on the base already is not this pull
request's news: it is told once, elsewhere (`bot.lifecycle.quieting`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.lifecycle.catalogs import StaleCatalog
from bot.lifecycle.next_step import next_step
from bot.lifecycle.observed import FlagSeen, ModuleSeen, PullRequestObserved, offered
from bot.lifecycle.reach import Firing, Reach
from bot.lifecycle.remedy import lines
from bot.lifecycle.repository_settings import FILE as SETTINGS_FILE
from bot.lifecycle.rollout import Stand, Standing
from bot.lifecycle.saved_states import Kept, argument, replaced_connections
from bot.plan.prediction import Action, Prediction
from bot.render.changes import FIRING
from bot.render.comment import Backfill, Notice, Place
from bot.render.markdown import code, plain

_SEVERAL = 10
_LOST = "Sync state lost"
_TITLES = {(True, False): "No sync state", (False, True): "Sync state", (False, False): _LOST}


def notices(module: ModuleSeen, seen: PullRequestObserved) -> Iterator[Notice]:
    """Worst first."""
    if module.after is not None and module.after.standing.stand.needs_person:
        yield failure(module.after.standing)
    if seen.conflict:
        yield Notice("Conflict", "It cannot be merged as it is; this is the head alone.")
    first = seen.modules[:1] == (module,)
    for problem in seen.settings_problems if first else ():
        yield Notice("Settings", f"{plain(problem)}. It keeps its default.", Place(SETTINGS_FILE))
    if first:
        yield from _state_files(seen.committed_state)
    prediction = module.prediction
    if prediction is None or not prediction.ok:
        return
    yield from _refused(module)
    yield from _losses(prediction)
    yield from _sync_states(module)
    yield from _loops(module)
    yield from _odd_flags(module, seen)
    yield from _perpetual(module)
    for stale in module.stale:
        yield _stale(stale)
    for reason in prediction.uncertain[:5]:
        yield Notice("Uncertain", plain(reason))


def backfills(module: ModuleSeen) -> Iterator[Backfill]:
    """Every flag with each connection that it is about.

    One that stood on the base and does nothing now is not this pull request's.
    """
    told: set[tuple[str, Firing]] = set()
    for seen in module.flags:
        place = Place(seen.flag.path, seen.flag.line)
        if seen.is_new and not seen.reaches:
            yield Backfill(place, seen.flag.stream, "", note=_nothing(seen))
        for reach in seen.reaches:
            fires = reach.firing is Firing.FIRES
            if not seen.is_new and not fires:
                continue
            found = Backfill(place, seen.flag.stream, reach.connection, fires=fires)
            if (reach.connection, reach.firing) in told:
                yield replace(found, note="It is the same reset.")
                continue
            told.add((reach.connection, reach.firing))
            note = _note(seen, reach, landed=module.after is not None)
            cost = reach.cost if fires else ""
            yield replace(found, streams=reach.streams, cost=cost, note=note)


def failure(now: Standing) -> Notice:
    """The apply did not come to its end by itself."""
    titles = {
        Stand.FAILED: "The apply failed",
        Stand.SOURCE_FAILED: "Flux cannot fetch the commit",
        Stand.APPROVAL: "Waiting for approval",
        Stand.SUSPENDED: "Suspended",
        Stand.BLOCKED: "Blocked",
        Stand.STALLED: "Stalled",
        Stand.IGNORED: "The controller does not take the commit up",
        Stand.UNFETCHED: "Flux does not fetch the commit",
        Stand.REPLACED: "The commit is no longer on the branch",
    }
    title = titles.get(now.stand, "It needs a person")
    return Notice(title, next_step(now), block=now.words)


def _state_files(paths: tuple[str, ...]) -> Iterator[Notice]:
    for path in paths[:_SEVERAL]:
        text = "State must never be committed: it makes a second truth. Remove it."
        yield Notice("State file", text, Place(path))
    if len(paths) > _SEVERAL:
        yield Notice("State files", f"There are {len(paths) - _SEVERAL} more of them.")


def _refused(module: ModuleSeen) -> Iterator[Notice]:
    for item in module.refused[:_SEVERAL]:
        text = (
            f"{code(item.connection)}, stream {code(item.change.stream)}: {item.change.words}. "
            "The plan is fine, and the apply would fail (422)."
        )
        yield Notice("Airbyte would refuse it", text, Place(item.path) if item.path else None)


def _losses(prediction: Prediction) -> Iterator[Notice]:
    gone = [c for c in prediction.changes if c.action is Action.DELETE and c.type not in FIRING]
    if gone:
        names = ", ".join(code(change.address) for change in gone[:10])
        more = f" and {len(gone) - 10} more" if len(gone) > 10 else ""
        yield Notice("Destroyed", f"{names}{more}.")


def _sync_states(module: ModuleSeen) -> Iterator[Notice]:
    """Before the apply, and after it: the state can be given back by a command, and only so."""
    kept = {item.address: item for item in module.kept}
    landed = module.after is not None and module.after.standing.stand.done
    back = offered(module)
    for address in replaced_connections(module.prediction)[:5]:
        item = kept.get(address)
        words = (
            _replaced(address, item, offered=address in back)
            if landed
            else _to_be_replaced(address, item)
        )
        title = _TITLES[item.nothing, item.given] if item is not None else _LOST
        yield Notice(title, f"{code(address)} {words}")


def _to_be_replaced(address: str, kept: Kept | None) -> str:
    if kept is not None and kept.nothing:
        return "is replaced. It remembers nothing of its syncs, so nothing of that is lost."
    lost = "is replaced and loses its sync state: the next sync reads everything again."
    back = code(f"/lotus keep-state {argument(address)}")
    if kept is not None and kept.saved:
        return f"{lost} The state is saved: {back} gives it back after the merge."
    saved = f" It is not saved: {plain(kept.problem)}." if kept is not None and kept.problem else ""
    return f"{lost}{saved} After the merge {back} looks for it at the deleted connection."


def _replaced(address: str, kept: Kept | None, *, offered: bool) -> str:
    if kept is not None and kept.given:
        return "was replaced and was given its sync state back: it goes on where the old one was."
    if not offered:
        return "was replaced and began without its sync state: its first sync reads everything."
    lost = "was replaced and begins without its sync state."
    back = code(f"/lotus keep-state {argument(address)}")
    return f"{lost} It is saved: {back} gives it back, until a sync of the new one has succeeded."


def _loops(module: ModuleSeen) -> Iterator[Notice]:
    for flag in module.flags:
        for reach in flag.reaches:
            if reach.again:
                text = (
                    f"{code(reach.connection)} is updated by every pass of the controller, and "
                    f"with {code(flag.flag.stream)} flagged each of those passes resets it again, "
                    f"cancelling the sync that runs. {_end_of_loop(module, reach.connection)}"
                )
                yield Notice("Reset loop", text, Place(flag.flag.path, flag.flag.line))


def _end_of_loop(module: ModuleSeen, connection: str) -> str:
    written = [item for item in module.drift if item.address == connection]
    if not written:
        return (
            "`/lotus catalog` commits its catalog in the quiet form; else I break the loop after "
            "its first reset."
        )
    return "I break the loop after its first reset. What makes it: " + " · ".join(lines(written))


def _odd_flags(module: ModuleSeen, seen: PullRequestObserved) -> Iterator[Notice]:
    for odd in module.odd_flags:
        taken = {True: " The module takes it for set.", False: " The module takes it for not set."}
        text = f"{plain(odd.message)}.{taken.get(odd.taken, '') if odd.taken is not None else ''}"
        yield Notice("Unreadable flag", text, Place(odd.path, odd.line))
    read = {flag.flag.path for other in seen.modules for flag in other.flags}
    for flag in module.unread:
        if flag.path not in read:
            text = (
                f"{code(flag.stream)} is flagged in a file that no module reads, though it stands "
                "beside stream files: nothing comes of it."
            )
            yield Notice("Flag that nobody reads", text, Place(flag.path, flag.line))


def _perpetual(module: ModuleSeen) -> Iterator[Notice]:
    """What this pull request brings about; a loop was told already."""
    looping = {reach.connection for flag in module.flags for reach in flag.reaches if reach.again}
    new = module.perpetual - module.perpetual_before - looping
    written = [item for item in module.drift if item.address in new]
    named = sorted(new - {item.address for item in written})
    if named:
        names = ", ".join(code(name) for name in named[:5])
        text = (
            f"{names}: every pass would update it, for ever, for its catalog reads back otherwise "
            "than it is written. `/lotus catalog` commits it in the quiet form."
        )
        yield Notice("Perpetual update", text)
    if written:
        text = "Every pass would update what reads back otherwise than it is written: "
        first = written[0].at
        place = Place(first.file, first.start.line) if first else None
        yield Notice("Perpetual update", text + " · ".join(lines(written)), place)


def _stale(stale: StaleCatalog) -> Notice:
    if stale.unreadable:
        said = "; ".join(plain(item, 200) for item in stale.unreadable[:3])
        text = f"Its stream files cannot be read, so it cannot be generated: {said}."
        return Notice("Catalog not generated", text, Place(stale.path))
    shown = [f"{code(item.stream)}: {item.words}" for item in stale.changes[:_SEVERAL]]
    more = len(stale.changes) - len(shown)
    words = " · ".join(shown) + (f" · and {more} more" if more > 0 else "")
    text = (
        f"Stream files changed and it did not, so nothing of this reaches Airbyte: {words}. "
        "`/lotus catalog` commits it."
    )
    return Notice("Catalog not regenerated", text, Place(stale.path))


def _nothing(seen: FlagSeen) -> str:
    if seen.flag.quoted:
        return (
            '`"true"` is a string here, and the module does not take it for true: nothing fires. '
            "Write `true` without quotes."
        )
    return "nothing in the module fires by it: no reset will come of it."


def _note(seen: FlagSeen, reach: Reach, *, landed: bool) -> str:
    """Why it does not fire, or need not; else whether it is set for long."""
    if reach.firing is Firing.STANDS:
        names = ", ".join(code(trigger) for trigger in reach.triggers[:3])
        return (
            f"**It does not fire**: {names} stands already, and fires only when it is made. "
            "Set the flag again once all flags of this connection were `false`."
        )
    if reach.fresh:
        return "The connection is made anew, so there is nothing to reset: it reads everything."
    if not seen.is_new:
        return "The flag is set on the base already, and this change fires its reset again."
    if landed or reach.again:
        return ""
    return "When all of it has arrived, I open the pull request that sets the flag back."
