"""A pressed button: written down as the command that it means, and from there on a command. PURE.

GitHub keeps nothing of a press: its delivery is all that there is of it, and names who pressed. So
the press is first written where everybody sees it, as a comment of ours that holds the command,
signed for the person. Meaning, permission, refusal and reactions are then the command's own.

A doubled delivery has the same id, and the id is in the comment's marker: it finds the comment. A
second press while the first is not answered is the same wish. A press that is lost has brought
nothing about, and its button stands as it stood: press it again. Where GitHub's list knows that the
delivery failed, the sweep makes it good within the hour; without webhooks no press ever arrives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.lifecycle import marker
from bot.lifecycle.buttons import COMMANDS
from bot.lifecycle.commands.command import PREFIX
from bot.lifecycle.effects import CreateComment, Decision
from bot.lifecycle.keys import PressKey
from bot.lifecycle.marker import Signer
from bot.model.github import Comment
from bot.render.markdown import code

_NAME = "lotus:press:"


@dataclass(frozen=True, slots=True)
class PressObserved:
    """`number` is the pull request that the check is on, `counts` the commit that it counts for.

    `written`: the comment that this press is written down in, if it is. `waits`: an earlier press
    of the same button is not answered yet.
    """

    key: PressKey
    number: int
    counts: str
    written: int | None = None
    waits: bool = False


def decide_press(seen: PressObserved, signer: Signer) -> Decision:
    """The comment; nothing where it is there, or where the same was asked and is not answered."""
    key = seen.key
    if seen.written is not None or seen.waits or key.button not in COMMANDS:
        return Decision()
    text = _text(seen)
    data = {
        "by": key.login,
        "check": key.check,
        "button": key.button,
        "text": marker.fingerprint(text),
    }
    name = _NAME + key.delivery
    body = f"{marker.line(signer, name, data)}\n{text}"
    return Decision((CreateComment(key.repository, seen.number, marker.start(name), body),))


def meant(comment: Comment, login: str, signer: Signer) -> Comment:
    """The comment, as of the person who pressed where it is a press that we (`login`) wrote down.

    One that says anything else than we wrote is left as ours, and ours are no commands.
    """
    data = _data(comment, signer) if comment.author == login else None
    if data is None:
        return comment
    return replace(comment, author=str(data["by"]))


def written(ours: Iterable[Comment], key: PressKey) -> Comment | None:
    """Where this press is written down."""
    start = marker.start(_NAME + key.delivery)
    return next((comment for comment in ours if start in comment.body), None)


def latest(ours: Iterable[Comment], key: PressKey, signer: Signer) -> Comment | None:
    """Where the newest press of the same button of the same check is written down."""
    found = None
    for comment in ours:
        data = _data(comment, signer)
        if data and (data.get("check"), data.get("button")) == (key.check, key.button):
            found = comment
    return found


def _text(seen: PressObserved) -> str:
    key = seen.key
    button, words = COMMANDS[key.button]
    pressed = f"{code(key.login)} pressed **{button.label}** at {code(key.sha[:10])}"
    if key.sha != seen.counts:
        return f"{pressed}. Nothing was done: it is {code(seen.counts[:10])} that counts now."
    return f"{pressed}:\n\n{PREFIX} {words}"


def _data(comment: Comment, signer: Signer) -> dict[str, object] | None:
    found = marker.read(signer, comment.body)
    if found is None or not found.name.startswith(_NAME):
        return None
    text = comment.body.replace("\r\n", "\n").partition("\n")[2].rstrip()
    return dict(found.data) if found.data.get("text") == marker.fingerprint(text) else None
