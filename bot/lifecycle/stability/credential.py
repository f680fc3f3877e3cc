"""A changed credential, from its being noticed to Airbyte's word on it (TICKET-004). PURE.

Told of once, on the commit that is applied, before anything acts; a pass is asked for where the
repository's settings let it; and when that, or any other, has brought it to Airbyte, what the check
says there ends the same comment. The comment is all that is remembered: which sources it is about,
and that it is over. A Secret that changes again is another one: its version is in the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.lifecycle import marker
from bot.lifecycle.effects import (
    CommentOnCommit,
    Decision,
    Effect,
    Requeue,
    UpdateCommitComment,
)
from bot.lifecycle.marker import Signer
from bot.lifecycle.next_step import next_step
from bot.lifecycle.operations import RenewRunner
from bot.lifecycle.reconcile import Target, decide_reconcile
from bot.lifecycle.repository_settings import Refresh
from bot.lifecycle.rollout import RolloutObserved, standing
from bot.lifecycle.saved_states import argument
from bot.lifecycle.stability.checked import Checked, check_words
from bot.lifecycle.stability.locks import LockSeen
from bot.lifecycle.stability.secrets import SecretChange, has_reached, secret_change, secret_words
from bot.lifecycle.stability.tip import Tip
from bot.model.github import Comment
from bot.render.markdown import code, fenced, plain, redacted

_TOLD, _FAILED = "lotus:secret:", "lotus:secret-failed:"
_ARRIVED = "A pass has brought it to Airbyte"
_SOON = 1.0  # seconds until what was told is acted on


@dataclass(frozen=True, slots=True)
class Notice:
    """A comment of ours that tells of a changed credential. `reached`: who lacks it."""

    name: str
    comment: Comment
    reached: tuple[str, ...]
    over: bool = False


@dataclass(frozen=True, slots=True)
class CredentialObserved:
    """`tip` None while a pass is not over. `version` names the Secrets as they are now.

    `comments`: ours on the tip, `earlier` on the commit before it. `lock`: with the runner that
    outlives its passes, None where none does. `checks`: by address, of what notices tell that are
    not over, as far as a state has it; None where no Airbyte is configured. `secrets` are true
    values, for redaction only.
    """

    repository: str
    rollout: RolloutObserved
    tip: Tip | None = None
    version: str = ""
    comments: tuple[Comment, ...] = ()
    earlier: tuple[Comment, ...] = ()
    lock: LockSeen | None = None
    checks: Mapping[str, Checked] | None = None
    refresh: Refresh = Refresh.IN_PLACE
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def notices(comments: Iterable[Comment], signer: Signer) -> tuple[Notice, ...]:
    """Those that these comments of ours are; one that a hand has signed anew is none."""
    found = []
    for comment in comments:
        read = marker.read(signer, comment.body)
        reached = read.data.get("reached") if read else None
        if read and read.name.startswith(_TOLD) and isinstance(reached, list):
            over = read.data.get("over") is True
            found.append(Notice(read.name, comment, tuple(str(item) for item in reached), over))
    return tuple(found)


def arrived(tip: Tip, told: Iterable[Notice]) -> tuple[Notice, ...]:
    """Those that are not over though Airbyte has what they told of: its check is due."""
    return tuple(item for item in told if not item.over and has_reached(tip, item.reached))


def decide_credential(seen: CredentialObserved, signer: Signer) -> Decision:
    """What is to be told, asked for, or ended; nothing, mostly."""
    if seen.tip is None:
        return Decision(tuple(_stuck(seen, notices(seen.comments, signer), signer)))
    told = notices((*seen.comments, *seen.earlier), signer)
    ends = tuple(_ended(seen, seen.tip, told, signer))
    change = secret_change(seen.tip)
    if change is None or not seen.tip.sha:
        return Decision(ends)
    step = _noticed(seen, seen.tip, change, told, signer)
    return Decision((*ends, *step.effects), step.requeue)


def _noticed(
    seen: CredentialObserved, tip: Tip, change: SecretChange, told: Iterable[Notice], signer: Signer
) -> Decision:
    name = _name(tip, change, seen.version)
    notice = next((item for item in told if item.name == name), None)
    hurried = _is_hurried(change, seen.refresh)
    if notice is None:
        reached = [item.address for item in change.reached]
        said = redacted(_text(tip, change, seen.rollout, hurried=hurried), seen.secrets)
        body = _body(signer, name, reached, said)
        effect = CommentOnCommit(tip.repository, tip.sha, marker.start(name), body)
        return Decision((effect,), Requeue(_SOON if hurried else None, "a credential changed"))
    if notice.over or not hurried:
        return Decision()
    return _asked_for(seen, change, notice, signer)


def _asked_for(
    seen: CredentialObserved, change: SecretChange, notice: Notice, signer: Signer
) -> Decision:
    """A pass that began after the notice; one that brought nothing is told of, and not repeated."""
    rollout, since = seen.rollout, notice.comment.created_at
    lock = seen.lock
    if lock is not None and _is_frozen(lock, since):
        place = rollout.deployment.terraform.name.namespace
        renewed = RenewRunner(place, lock.runner, since)
        return Decision((renewed,), Requeue(rollout.escalate, "the runner is renewed"))
    step = decide_reconcile(Target(rollout), since, rollout.now, rollout.escalate)
    if not step.report:
        return step.decision
    lacking = ", ".join(code(item.address) for item in change.reached)
    words = f"A pass was asked for, and {lacking} lacks it even so. {step.report}"
    failed = _failed(seen, notice, "lacking", words, signer)
    return Decision((*failed, _over(seen, notice, words, signer)))


def _is_frozen(lock: LockSeen, since: datetime) -> bool:
    """Whether the runner still has the environment of before."""
    return lock.pod_since is not None and lock.pod_since < since and not lock.passing


def _is_hurried(change: SecretChange, refresh: Refresh) -> bool:
    match refresh:
        case Refresh.ALWAYS:
            return True
        case Refresh.NEVER:
            return False
        case Refresh.IN_PLACE:
            return change.in_place


# Its end


def _ended(
    seen: CredentialObserved, tip: Tip, told: Iterable[Notice], signer: Signer
) -> Iterator[Effect]:
    """What Airbyte says of it; a check that cannot be made now is made with a later look."""
    for notice in arrived(tip, told):
        if seen.checks is None:
            yield _over(seen, notice, f"{_ARRIVED}; no Airbyte is configured to check it.", signer)
            continue
        found = [seen.checks[address] for address in notice.reached if address in seen.checks]
        if any(item.check is None for item in found):
            continue
        words = "\n".join([f"{_ARRIVED}:\n", *map(check_words, found)])
        if any(item.refused for item in found):
            yield from _failed(seen, notice, "refused", words, signer)
        yield _over(seen, notice, words, signer)


def _stuck(seen: CredentialObserved, told: Iterable[Notice], signer: Signer) -> Iterator[Effect]:
    """A pass that does not come to its end by itself. Told once; when it goes on, so does this."""
    now = standing(seen.rollout)
    if not now.stand.needs_person:
        return
    for notice in told:
        if not notice.over:
            parts = (f"The pass: {now.stand.value}. {next_step(now)}".rstrip(), fenced(now.words))
            yield from _failed(seen, notice, "stuck", "\n\n".join(parts), signer)


def _failed(
    seen: CredentialObserved, notice: Notice, kind: str, words: str, signer: Signer
) -> Iterator[Effect]:
    """A comment of its own, once for each kind of failure, for only that notifies."""
    name = f"{_FAILED}{notice.name.removeprefix(_TOLD)}:{kind}"
    if any(marker.start(name) in comment.body for comment in seen.comments):
        return
    title = plain(seen.rollout.deployment.title)
    said = redacted(f"**⚠ {title}: the changed credential.** {words}", seen.secrets)
    body = f"{marker.line(signer, name, {})}\n{said}"
    yield CommentOnCommit(seen.repository, seen.rollout.wanted, marker.start(name), body)


def _over(
    seen: CredentialObserved, notice: Notice, words: str, signer: Signer
) -> UpdateCommitComment:
    """The notice as it stands, and how it ended."""
    before = notice.comment.body.replace("\r\n", "\n").partition("\n")[2].rstrip()
    said = redacted(f"{before}\n\n{words}", seen.secrets)
    body = _body(signer, notice.name, list(notice.reached), said, over=True)
    return UpdateCommitComment(seen.repository, notice.comment.id, body)


# Words


def _name(tip: Tip, change: SecretChange, version: str) -> str:
    reached = " ".join(sorted(item.address for item in change.reached))
    return _TOLD + marker.fingerprint(f"{tip.holder} {reached} {version}")


def _body(signer: Signer, name: str, reached: list[str], text: str, *, over: bool = False) -> str:
    return f"{marker.line(signer, name, {'reached': reached, 'over': over})}\n{text}"


def _text(tip: Tip, change: SecretChange, rollout: RolloutObserved, *, hurried: bool) -> str:
    return (
        f"**{plain(tip.title)}**: {secret_words(change)}\n\n{_what_next(change, rollout, hurried)}"
    )


def _what_next(change: SecretChange, rollout: RolloutObserved, hurried: bool) -> str:
    """Who brings it to Airbyte, and when."""
    if hurried:
        return "I ask for a pass now, and tell here what Airbyte's check says of it."
    automatic = rollout.deployment.terraform.approve_plan == "auto"
    passes = (
        "The controller's next pass brings it to Airbyte by itself (`/lotus suspend` holds it back)"
        if automatic
        else "The controller's next plan of it waits for approval"
    )
    now = "`/lotus secrets refresh`, on any issue or pull request, asks for one now."
    back = ""
    if change.replaced:
        name = argument(change.replaced[0].address)
        back = f" Afterwards `/lotus keep-state {name}` gives the new connection its sync state."
    return f"{passes}, and I ask for none: {now}{back} What Airbyte's check says is told here."
