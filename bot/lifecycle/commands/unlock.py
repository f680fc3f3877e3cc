"""`/lotus unlock`: frees a state's lock whose holder is gone.

That a runner is gone can be seen. Whether a person's machine still works cannot: then the one who
asks has to confirm that it does not.
"""

from __future__ import annotations

from bot.lifecycle.commands.command import PREFIX, Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need, ObjectLock
from bot.lifecycle.operations import ReleaseLock
from bot.lifecycle.stability.locks import Held, held
from bot.model.github import Permission
from bot.render.comment import duration
from bot.render.markdown import code, plain


def _answer(call: Call) -> Answer:
    unknown = [item for item in call.seen.locks if item.problem]
    if unknown:
        lines = [f"- {code(str(item.name))}: {plain(item.problem)}" for item in unknown]
        return refused("The locks are not known:\n\n" + "\n".join(lines))
    locked = [item for item in call.seen.locks if held(item.lock) is not Held.FREE]
    if not locked:
        return Answer("No state is locked.")
    busy = [item for item in locked if held(item.lock) is Held.AT_WORK]
    unsure = [item for item in locked if held(item.lock) is Held.UNKNOWN]
    if unsure and not call.confirmation.holds(_ids(unsure), ""):
        return _ask(call, unsure)
    free = [item for item in locked if item not in busy]
    effects = tuple(ReleaseLock(i.name.namespace, i.lease, i.lock.id) for i in free)
    lines = [f"- {code(str(item.name))}: freed, it was held {_words(call, item)}" for item in free]
    lines += [f"- {code(str(item.name))}: its holder is at work, it stays" for item in busy]
    return Answer("\n".join(lines), bool(free), effects)


def _ask(call: Call, unsure: list[ObjectLock]) -> Answer:
    """Nobody but a person can know; the phrase holds for these locks only."""
    phrase = call.confirmation.phrase(_ids(unsure), "")
    lines = "\n".join(f"- {code(str(i.name))}: held {_words(call, i)}" for i in unsure)
    return Answer(
        f"{lines}\n\nI cannot see whether that is still at work. Freeing the lock of one who works "
        "lets two write the same state. If you are sure that it is gone, write within 15 "
        f"minutes:\n\n```\n{PREFIX} unlock confirm {phrase}\n```",
        well=False,
    )


def _ids(locked: list[ObjectLock]) -> tuple[str, ...]:
    return tuple(f"{item.name} {item.lock.id}" for item in locked)


def _words(call: Call, item: ObjectLock) -> str:
    info = item.lock.info
    said = f"by {code(info.who, 80)}" if info.who else "by nobody who says so"
    if info.created is not None:
        said += f" for {duration((call.seen.now - info.created).total_seconds())}"
    return said


UNLOCK = Command(
    "unlock",
    Permission.ADMIN,
    "free a state's lock whose holder is gone",
    _answer,
    frozenset({Need.LOCKS}),
)
