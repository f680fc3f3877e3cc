"""`/lotus secrets refresh`: a changed credential, brought to Airbyte and tried there (TICKET-004).

A runner that outlives its passes is renewed, a pass of each object is asked for and followed, and
then Airbyte checks every source and destination with what it has now.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.commands.reconcile import passes
from bot.lifecycle.effects import Requeue
from bot.lifecycle.operations import RenewRunner
from bot.lifecycle.stability.checked import check_words
from bot.lifecycle.stability.secrets import secret_change, secret_words
from bot.lifecycle.stability.tip import Tip
from bot.model.github import Permission
from bot.render.markdown import plain


def _answer(call: Call) -> Answer:
    renewed = tuple(_frozen(call))
    if renewed:
        again = Requeue(call.seen.escalate, "the runner is renewed")
        return Answer(effects=renewed, again=again)
    passed = passes(call)
    if passed.again is not None:
        return passed
    if not passed.well:
        return refused(f"The pass did not go well, so nothing was checked:\n\n{passed.text}")
    checked = [check_words(item) for item in call.seen.checks]
    left = [f"- {plain(tip.title)}: {words}" for tip, words in _left(call)]
    said = [passed.text, "\n".join(checked or ["- Airbyte was not asked."]), *left]
    well = not left and all(item.accepted for item in call.seen.checks)
    return Answer("\n\n".join(said), well and bool(checked))


def _then(call: Call) -> frozenset[Need]:
    """The checks mean something only after the passes."""
    over = not any(_frozen(call)) and passes(call).again is None
    return frozenset({Need.CHECKS, Need.PLATFORM, Need.TIPS}) if over else frozenset()


def _frozen(call: Call) -> Iterator[RenewRunner]:
    """Runners that still have the environment of before the comment."""
    asked_at = call.seen.comment.created_at
    kept = {
        item.rollout.deployment.terraform.name
        for item in call.seen.ladder
        if item.rollout.deployment.terraform.keeps_runner
    }
    for lock in call.seen.locks:
        since = lock.lock.pod_since
        if lock.name in kept and since is not None and since < asked_at and not lock.lock.passing:
            yield RenewRunner(lock.name.namespace, lock.lock.runner, asked_at)


def _left(call: Call) -> Iterator[tuple[Tip, str]]:
    """What has not reached Airbyte even so."""
    for tip in call.seen.platform.tips if call.seen.platform else ():
        change = secret_change(tip)
        if change is not None:
            yield tip, secret_words(change)


SECRETS_REFRESH = Command(
    "secrets refresh",
    Permission.WRITE,
    "a changed credential: renew the runner, make a pass, let Airbyte try it",
    _answer,
    frozenset({Need.LADDER, Need.LOCKS}),
    then=_then,
)
