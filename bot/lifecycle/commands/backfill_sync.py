"""`/lotus backfill sync`: starts the sync that does not come by itself after a reset."""

from __future__ import annotations

from bot.lifecycle.backfill import FlaggedConnection, Stage, progress
from bot.lifecycle.commands.backfill_cancel import running
from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.operations import StartSync
from bot.model.github import Permission
from bot.render.markdown import code

_DUE = (Stage.WAITING, Stage.NEVER_BY_ITSELF, Stage.SYNC_FAILED, Stage.SYNC_CANCELLED)


def _answer(call: Call) -> Answer:
    wanted = call.one("connection")
    flagged = [item for ladder in call.seen.ladder for item in ladder.backfills]
    if wanted:
        flagged = [item for item in flagged if _is_called(item, wanted)]
    if not flagged:
        named = f"on {code(wanted, 80)} " if wanted else ""
        return refused(f"No `backfill` flag is set {named}on what is applied.")
    due = [item for item in flagged if _is_due(item)]
    lines = [f"- {code(item.address)}: {progress(item).stage.value}" for item in flagged]
    if not due:
        return refused("No sync is due:\n\n" + "\n".join(lines))
    effects = tuple(_start(item) for item in due)
    names = ", ".join(code(item.address) for item in due)
    return Answer(f"Started a sync of {names}.", effects=effects)


def _is_called(item: FlaggedConnection, wanted: str) -> bool:
    return wanted in (item.address, item.address.rpartition(".")[2])


def _is_due(item: FlaggedConnection) -> bool:
    """Nothing runs: a sync would be refused, or cancelled by the reset."""
    return bool(item.connection) and not running(item) and progress(item).stage in _DUE


def _start(item: FlaggedConnection) -> StartSync:
    assert item.connection is not None
    return StartSync(item.connection.id, max((job.id for job in item.jobs), default=0))


BACKFILL_SYNC = Command(
    "backfill sync [<connection>]",
    Permission.WRITE,
    "start the sync that a backfill waits for",
    _answer,
    frozenset({Need.LADDER}),
)
