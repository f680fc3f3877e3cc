"""How a command is answered, whichever it is: once, for who may, with a reaction. PURE.

👀 when it is seen, 🚀 or 😕 when it is over: the reaction is the proof, and so is our reply, for
what was to be done is done before either. It is run for who wrote it, with the permission that they
have now; a comment that was edited is not run, for REST does not tell who edited it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.lifecycle import marker
from bot.lifecycle.commands.command import PREFIX, Answer, Call, CommandObserved
from bot.lifecycle.commands.confirmation import Confirmation
from bot.lifecycle.commands.help import help_text, who
from bot.lifecycle.commands.parsing import Asked, asked_of
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.commands.table import TABLE
from bot.lifecycle.effects import CreateComment, Decision, Effect, React
from bot.lifecycle.marker import Marker, Signer
from bot.model.github import Comment, Permission, Reaction
from bot.render.markdown import LIMIT, code, plain, redacted

_TOO_OLD = timedelta(hours=1)
_SEEN, _DONE, _REFUSED = "eyes", "rocket", "confused"
_BARE = Marker("", {})
_CUT = "\n\n… and more than a comment can hold."


@dataclass(frozen=True, slots=True)
class CommandDecision:
    """What to do; `predict`: the pull request is to be predicted and told again first."""

    decision: Decision
    predict: bool = False


def asked(body: str) -> tuple[Asked, ...]:
    """The commands of a comment, in order; () where there are none."""
    return asked_of(TABLE, body)


def table() -> str:
    """The help, generated from the table."""
    return help_text(TABLE)


def needed(seen: CommandObserved) -> frozenset[Need]:
    """What has to be observed still before it is decided; nothing for what is refused anyway."""
    found = asked(seen.comment.body)
    if not found or found[0].command is None or _answered(seen) or _refusal(seen, found[0]):
        return frozenset()
    return found[0].command.needs


def greeting(seen: CommandObserved) -> tuple[Effect, ...]:
    """👀, before anything is looked at that takes a while."""
    return () if _has_seen(seen) or not needed(seen) else (_react(seen, _SEEN),)


def needed_then(seen: CommandObserved, signer: Signer) -> frozenset[Need]:
    """What has to be observed besides, now that the first part was."""
    command = asked(seen.comment.body)[0].command if needed(seen) else None
    if command is None or command.then is None:
        return frozenset()
    return command.then(_call(seen, signer, asked(seen.comment.body)[0])) - command.needs


def decide_command(seen: CommandObserved, signer: Signer) -> CommandDecision:
    """The answer, once: nothing where a reaction of ours says that it was given."""
    found = asked(seen.comment.body)
    if not found or is_answered(seen.reactions):
        return CommandDecision(Decision())
    replied = _replied(seen)
    if replied is not None:
        well = (marker.read(signer, replied.body) or _BARE).data.get("well", True)
        return CommandDecision(Decision((_react(seen, _DONE if well else _REFUSED),)))
    refusal, command = _refusal(seen, found[0]), found[0].command
    if refusal or command is None:
        return CommandDecision(_over(seen, signer, Answer(refusal, well=False)))
    answer = command.answer(_call(seen, signer, found[0]))
    if answer.again is None:
        return CommandDecision(_over(seen, signer, answer), answer.predict)
    return CommandDecision(Decision(answer.effects, answer.again), answer.predict)


def not_done(seen: CommandObserved, signer: Signer, why: str) -> Decision:
    """Its end where something outside said no, in words: asking again would change nothing."""
    return _over(seen, signer, Answer(f"That could not be done: {plain(why)}", well=False))


def not_seen(seen: CommandObserved, signer: Signer, why: str) -> Decision:
    """Where GitHub takes no reaction, nothing would say that it was run already: it is not."""
    words = f"I may not react to this comment, so I did not run it: {plain(why)}"
    return Decision(tuple(_reply(seen, signer, words, well=False)))


def not_marked(seen: CommandObserved, signer: Signer, why: str) -> Decision:
    """It is over, and GitHub took no reaction that says so: words, or it would be run again."""
    words = f"This is over; I may not react to the comment, so I say it here: {plain(why)}"
    return Decision(tuple(_reply(seen, signer, words)))


def reply_name(comment_id: int) -> str:
    """What finds our answer to a comment."""
    return f"lotus:reply:{comment_id}"


def _call(seen: CommandObserved, signer: Signer, found: Asked) -> Call:
    comment = seen.comment
    name = f"{seen.repository} {found.command.name if found.command else ''}"
    confirmation = Confirmation(signer, name, comment.author, comment.created_at, found.phrase)
    return Call(seen, found.arguments, confirmation, TABLE)


def _over(seen: CommandObserved, signer: Signer, answer: Answer) -> Decision:
    """Its end: what is still to be done, the words, and the reaction that says it was answered."""
    words = _reply(seen, signer, answer.text, well=answer.well) if answer.text else ()
    reaction = _react(seen, _DONE if answer.well else _REFUSED)
    return Decision((*answer.effects, *words, reaction))


def _refusal(seen: CommandObserved, found: Asked) -> str:
    """Why it is not run, "" where it is."""
    command = found.command
    if seen.comment.updated_at > seen.comment.created_at:
        return "This comment was edited, so I do not run it. Write the command in a new one."
    if command is None:
        return _unknown(found.words)
    if not _has_seen(seen) and seen.now - seen.comment.created_at > _TOO_OLD:
        return "I see this only now, more than an hour later, and did not run it. Write it again."
    permission = command.permission
    if seen.public and permission is Permission.READ:
        permission = Permission.WRITE  # what tells of the platform is not for the whole world
    if not seen.permission.allows(permission):
        return f"`{PREFIX} {command.usage}` needs the permission to {who(permission)} here."
    if not seen.served and not command.everywhere:
        if not seen.beside:
            return (
                "No Terraform object in the cluster applies this repository, so there is nothing "
                "to do."
            )
        if not command.of_unfollowed:
            return (
                f"What applies this repository cannot be followed: `{PREFIX} status` says why, and "
                "what helps."
            )
    if command.only_on_pull_request and not seen.is_pull_request:
        said = f"`{PREFIX} {command.usage}` works on a pull request."
        return f"{said} {command.only_on_pull_request}"
    return ""


def _unknown(words: str) -> str:
    first = words.split()[0] if words.split() else ""
    names = list(dict.fromkeys(row.name.split()[0] for row in TABLE))
    near = difflib.get_close_matches(first.lower(), names, 1)
    guess = f" Did you mean `{PREFIX} {near[0]}`?" if near else ""
    said = f"{code(first, 40)} is no command of mine." if first else "That is half a command."
    if first.lower() in names:
        said, guess = f"{code(words, 80)} is not how it is written.", ""
    return f"{said}{guess}\n\n{table()}"


def is_answered(reactions: Iterable[Reaction]) -> bool:
    """Whether these reactions of ours say that it is over."""
    return any(item.content in (_DONE, _REFUSED) for item in reactions)


def _answered(seen: CommandObserved) -> bool:
    return is_answered(seen.reactions) or _replied(seen) is not None


def _replied(seen: CommandObserved) -> Comment | None:
    name = marker.start(reply_name(seen.comment.id))
    return next((reply for reply in seen.replies if name in reply.body), None)


def _has_seen(seen: CommandObserved) -> bool:
    return any(item.content == _SEEN for item in seen.reactions)


def _reply(
    seen: CommandObserved, signer: Signer, text: str, *, well: bool = True
) -> Iterator[Effect]:
    """Words, once: a crash between the reply and the reaction must not say them twice."""
    if _replied(seen) is not None:
        return
    name = reply_name(seen.comment.id)
    said = redacted(text, seen.secrets)
    if len(said) > LIMIT - 1000:
        said = said[: LIMIT - 1000].rpartition("\n")[0] + _CUT
    body = f"{marker.line(signer, name, {'well': well})}\n{said}"
    yield CreateComment(seen.repository, seen.number, marker.start(name), body)


def _react(seen: CommandObserved, content: str) -> React:
    return React(seen.repository, seen.comment.id, content)
