"""Who waits for a place of the pool before us: the commands that are not answered, at GitHub.

Nothing is kept of it: after a crash, and for any number of replicas, the line is what it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.lifecycle.commands import asked
from bot.lifecycle.confirm import Slot
from bot.lifecycle.press import meant
from bot.model.cluster import ObjectName
from bot.model.github import Comment
from bot.runtime.observe.world import World

_BACK = timedelta(hours=1)  # an older command is not run any more, or is stuck
_STEP = 600  # seconds: each new moment is a new question, and no ETag is known of its answer
_ANSWERED = frozenset({"rocket", "confused"})


async def waiting(world: World, terraform: ObjectName, slots: Iterable[Slot]) -> tuple[int, ...]:
    """The commands, by their ids, that want a place in this object's namespace and have none.

    GitHub gives ids in the order in which comments are written, across repositories too.
    """
    held = {slot.intent.asked_by for slot in slots if slot.intent is not None}
    deployed = [
        m for m in world.platforms.all() if m.terraform.name.namespace == terraform.namespace
    ]
    found: set[int] = set()
    for name in sorted({made.repository for made in deployed}):
        repository = world.installations.find(name)
        if repository is None:
            continue
        reader = world.installations.reader(repository)
        comments = await reader.recent_comments(_since(world.clock.now()))
        found |= {comment.id for _, comment in comments if _waits(world, reader.name, comment)}
    return tuple(sorted(found - held))


def _waits(world: World, repository: str, comment: Comment) -> bool:
    edited = comment.updated_at > comment.created_at
    if edited or comment.reactions & _ANSWERED:
        return False
    person = meant(comment, world.login, world.signer.at(repository))
    found = asked(person.body) if not person.author.endswith("[bot]") else ()
    return bool(found) and found[0].command is not None and found[0].command.name == "plan"


def _since(now: datetime) -> datetime:
    return datetime.fromtimestamp(int((now - _BACK).timestamp()) // _STEP * _STEP, UTC)
