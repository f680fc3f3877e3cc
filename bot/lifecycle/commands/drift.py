"""`/lotus drift`: Git, state and Airbyte against each other, in one table."""

from __future__ import annotations

from collections.abc import Iterator

from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need, PlatformSeen
from bot.lifecycle.stability.drift import Difference, drift, extra
from bot.lifecycle.stability.secrets import secret_change, secret_words
from bot.model.github import Permission
from bot.render.markdown import code, plain

_ROWS = 100


def _answer(call: Call) -> Answer:
    platform = call.seen.platform
    if platform is None:
        return refused("There is nothing to compare.")
    found = (*drift(platform.tips, platform.now), *extra(platform.now))
    said = [*_secrets(platform), *_table(found), *_unseen(platform)]
    if not found:
        said.insert(0, "Git, the states and Airbyte agree." if _whole(platform) else _PARTLY)
    return Answer("\n\n".join(said))


_PARTLY = "In what I could look at, nothing differs."


def _whole(platform: PlatformSeen) -> bool:
    problems = [tip.problem for tip in platform.tips if tip.problem]
    return not problems and not platform.now.problems


def _table(found: tuple[Difference, ...]) -> Iterator[str]:
    if not found:
        return
    rows = ["| resource | id | between | what |", "| --- " * 4 + "|"]
    rows += [_row(item) for item in found[:_ROWS]]
    yield "\n".join(rows)
    if len(found) > _ROWS:
        yield f"… and {len(found) - _ROWS} more."


def _row(item: Difference) -> str:
    cells = (code(item.address), code(item.id) if item.id else "", item.between, item.words)
    return f"| {' | '.join(cells)} |"


def _secrets(platform: PlatformSeen) -> Iterator[str]:
    for tip in platform.tips:
        change = secret_change(tip)
        if change is not None:
            yield f"**{plain(tip.title)}**: {secret_words(change)}"


def _unseen(platform: PlatformSeen) -> Iterator[str]:
    """What could not be compared: silence would look like agreement."""
    lines = [f"- {plain(problem)}" for problem in platform.now.problems]
    lines += [f"- {plain(tip.title)}: {plain(tip.problem)}" for tip in platform.tips if tip.problem]
    if lines:
        yield "Not compared:\n" + "\n".join(lines)


DRIFT = Command(
    "drift",
    Permission.READ,
    "Git, state and Airbyte against each other",
    _answer,
    frozenset({Need.PLATFORM, Need.TIPS}),
)
