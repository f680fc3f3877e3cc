"""Stream files by the name that people use, `<source>/<stream>`. PURE."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.lifecycle.backfill import FlaggedConnection
from bot.lifecycle.commands.command import CommandObserved
from bot.lifecycle.commands.parts import Checkout
from bot.lifecycle.effects import OpenPullRequest
from bot.lifecycle.flag_edit import Refusal, set_backfill
from bot.lifecycle.operations import CommitToBranch
from bot.render.markdown import code, plain


@dataclass(frozen=True, slots=True)
class StreamPath:
    """A stream file in a checkout."""

    checkout: Checkout
    path: str


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit comes to: new bytes by path, what stays as it is, and what cannot be done."""

    edits: Mapping[str, bytes]
    same: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def find_stream(checkouts: Sequence[Checkout], name: str) -> StreamPath | str:
    """The file that a module reads for `<source>/<stream>`; or, in Markdown, why there is none."""
    found: dict[str, StreamPath] = {}
    unread = ""
    for checkout in checkouts:
        for path in sorted(checkout.files):
            if not _is_called(path, checkout.files[path], name):
                continue
            if path in checkout.reads:
                found.setdefault(path, StreamPath(checkout, path))
            else:
                unread = path
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        return f"{code(name)} can be several: {', '.join(map(code, found))}"
    if unread:
        return f"{code(unread)} is not read by the module, so a flag in it does nothing"
    return f"there is no stream {code(name)}: write `<source>/<stream>`, as its folder and file"


def flagged_with(item: FlaggedConnection, paths: Iterable[str]) -> bool:
    """Whether one of these files sets a flag of this connection."""
    return bool({flag.path for flag in item.flags} & set(paths))


def set_flags(streams: Iterable[StreamPath], value: bool) -> Edited:
    """The files with just the flag's word changed."""
    edits, same, problems = {}, [], []
    for stream in streams:
        content = stream.checkout.files[stream.path]
        edited = set_backfill(content, value)
        if isinstance(edited, Refusal):
            place = f"{stream.path}:{edited.line}"
            problems.append(f"{code(place)}: {plain(edited.message)}")
        elif edited == content:
            same.append(stream.path)
        else:
            edits[stream.path] = edited
    return Edited(edits, tuple(same), tuple(problems))


def as_change(
    seen: CommandObserved, checkout: Checkout, edits: Mapping[str, bytes], title: str
) -> CommitToBranch | OpenPullRequest | str:
    """The edits as a commit on the pull request, else as a pull request; or why neither can be.

    The branch's name is derived from the comment, so that a second one cannot arise.
    """
    if checkout.from_fork:
        return "The branch of this pull request is in a fork, where I cannot write."
    if checkout.branch != checkout.made.branch:
        return CommitToBranch(
            checkout.repository, checkout.branch, checkout.sha, dict(edits), title
        )
    return OpenPullRequest(
        repository=checkout.repository,
        branch=f"lotus/asked/{seen.comment.id}",
        base=checkout.branch,
        base_sha=checkout.sha,
        edits=dict(edits),
        title=title,
        body=f"Asked for in #{seen.number}.",
    )


def told(change: CommitToBranch | OpenPullRequest) -> str:
    """Where the change is to be found."""
    if isinstance(change, CommitToBranch):
        return f"Committed to {code(change.branch)}."
    return f"The pull request from {code(change.branch)} has it."


def _is_called(path: str, content: bytes, name: str) -> bool:
    folder, _, file = path.rpartition("/")
    source, _, stream = name.rpartition("/")
    if source and folder.rpartition("/")[2] != source:
        return False
    if file.startswith("_") or not file.endswith(".json"):
        return False
    return stream in (file.removesuffix(".json"), _stream_in(content))


def _stream_in(content: bytes) -> str:
    try:
        found = json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return ""
    stream = found.get("stream") if isinstance(found, dict) else None
    return stream if isinstance(stream, str) else ""
