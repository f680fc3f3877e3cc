"""`/lotus plan`: the pull request's prediction, once more, and then the controller's own plan.

It is over when the comment says how the two compare, so that the reaction is worth a look.
"""

from __future__ import annotations

from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.confirm import Confirmation, Stage
from bot.lifecycle.confirm.remembered import remembered
from bot.lifecycle.effects import Requeue
from bot.lifecycle.preview import marker_name
from bot.model.github import Permission

_AGAIN = 4.0
_NOTHING = "This pull request changes nothing that a Terraform object here applies."


def _answer(call: Call) -> Answer:
    seen = call.seen.pull_request
    wanted = [m.object_name for m in seen.modules if m.confirm is not None] if seen else []
    if seen is None or not wanted:
        problems = [m.problem for m in seen.modules if m.problem] if seen else []
        return refused("\n".join(problems) or _NOTHING)
    name = marker_name(seen.pull_request)
    told = remembered((c.body for c in call.seen.replies), name, call.confirmation.signer)
    records = [told.get(item) for item in wanted]
    if any(record is None or record.asked_by < call.seen.comment.id for record in records):
        return Answer(predict=True, again=Requeue(_AGAIN, "a confirmation begins"))
    return _ended([record for record in records if record is not None])


def _ended(records: list[Confirmation]) -> Answer:
    """The comment has the rest."""
    if not all(record.stage.over for record in records):
        return Answer(again=Requeue(_AGAIN, "being confirmed"))
    words = [record.words for record in records if record.stage is Stage.REFUSED]
    return Answer("\n".join(words), well=all(record.stage.well for record in records))


PLAN = Command(
    "plan",
    Permission.WRITE,
    "predict this pull request again, and confirm it with the controller's own plan",
    _answer,
    needs=frozenset({Need.CONFIRMATION}),
    only_on_pull_request="What a pass over the branch itself would change is told by "
    "`/lotus drift`; `/lotus reconcile` makes one.",
)
