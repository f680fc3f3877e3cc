"""`/lotus backfill`: sets the flag of streams, as a commit here or as a pull request."""

from __future__ import annotations

from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.commands.streams import StreamPath, as_change, find_stream, set_flags, told
from bot.model.github import Permission
from bot.render.markdown import code

_SEVERAL = 50


def streams_named(call: Call) -> tuple[StreamPath, ...] | Answer:
    """The files of the streams that were named, all in one checkout; else the refusal."""
    names = call.each("source/stream")
    if len(names) > _SEVERAL:
        return refused(f"That is too much at once: {_SEVERAL} streams at most.")
    found = [find_stream(call.seen.checkouts, name) for name in names]
    problems = [f"- {item}" for item in found if isinstance(item, str)]
    if problems:
        return refused("Nothing was changed:\n\n" + "\n".join(problems))
    return tuple(item for item in found if isinstance(item, StreamPath))


def with_flags(call: Call, streams: tuple[StreamPath, ...], value: bool) -> Answer:
    """The flags of these streams set to `value`, where they are not so already."""
    edited = set_flags(streams, value)
    word = "true" if value else "false"
    if edited.problems:
        lines = "\n".join(f"- {text}" for text in edited.problems)
        return refused(f"Nothing was changed:\n\n{lines}")
    if not edited.edits:
        return Answer(f"`backfill` is {word} there already.")
    title = f"Set backfill to {word} for {_listed(streams)}"
    change = as_change(call.seen, streams[0].checkout, edited.edits, title)
    if isinstance(change, str):
        return refused(change)
    files = ", ".join(code(path) for path in sorted(edited.edits))
    return Answer(f"`backfill` is set to {word} in {files}. {told(change)}", effects=(change,))


def _answer(call: Call) -> Answer:
    streams = streams_named(call)
    return streams if isinstance(streams, Answer) else with_flags(call, streams, True)


def _listed(streams: tuple[StreamPath, ...]) -> str:
    names = [stream.path.rpartition("/")[2].removesuffix(".json") for stream in streams]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


BACKFILL = Command(
    "backfill <source/stream>…",
    Permission.WRITE,
    "a pull request that sets the flag; on a pull request, a commit there",
    _answer,
    frozenset({Need.CHECKOUT}),
)
