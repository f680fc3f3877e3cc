"""The confirmations of a pull request: each a step further, told and remembered. PURE."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.lifecycle.confirm import Confirmation, decide_confirm, packed
from bot.lifecycle.confirm.remembered import remembered
from bot.lifecycle.effects import Effect
from bot.lifecycle.marker import Signer
from bot.lifecycle.observed import ModuleSeen, PullRequestObserved
from bot.model.github import PullRequestState


@dataclass(frozen=True, slots=True)
class Confirmed:
    """`seen` with what is to be told; `effects` come after the telling; `records`: the marker's."""

    seen: PullRequestObserved
    effects: tuple[Effect, ...] = ()
    after: float | None = None
    records: dict[str, str] = field(default_factory=dict)


def confirmed(seen: PullRequestObserved, name: str, signer: Signer) -> Confirmed:
    """`name` is that of the comment's marker. A confirmation that ended brings a comment back."""
    records = remembered((comment.body for comment in seen.ours), name, signer)
    modules: list[ModuleSeen] = []
    effects: list[Effect] = []
    waits: list[float] = []
    news = seen.news
    for module in seen.modules:
        key = module.object_name
        before = records.get(key)
        if module.confirm is not None:
            step = decide_confirm(module.confirm)
            effects += step.effects
            waits += [step.after] if step.after is not None else []
            if step.confirmation is not None:
                records[key] = step.confirmation
                news = news or step.confirmation != before
        modules.append(replace(module, confirmation=_shown(records.get(key), seen)))
    shown = replace(seen, modules=tuple(modules), news=news)
    kept = {key: packed(record) for key, record in records.items()}
    return Confirmed(shown, tuple(effects), min(waits, default=None), kept)


def _shown(record: Confirmation | None, seen: PullRequestObserved) -> Confirmation | None:
    """Bound to the head: of another commit, what it said is not left standing."""
    if record is None or seen.pull_request.state is not PullRequestState.OPEN:
        return None
    return record if record.is_of(seen.pull_request.head_sha) else None
