"""What is observed of a pull request before anything is decided, and how far it has come. PURE."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.lifecycle import backfill
from bot.lifecycle.arrival import ChangedConnection, Landing, ObjectAfter, landing
from bot.lifecycle.backfill import FlaggedConnection, Stage, progress
from bot.lifecycle.catalogs import Refused, StaleCatalog
from bot.lifecycle.confirm import Confirmation, ConfirmObserved
from bot.lifecycle.confirm.words import covers, disputes
from bot.lifecycle.flags import OddFlag, StreamFlag
from bot.lifecycle.reach import Reach
from bot.lifecycle.remedy import ByHand
from bot.lifecycle.rollout import Standing
from bot.lifecycle.saved_states import Kept, SavingObserved
from bot.model.github import CheckRun, PullRequest, PullRequestState
from bot.model.github import Comment as Posted
from bot.plan.prediction import Prediction
from bot.render.comment import Rung


@dataclass(frozen=True, slots=True)
class FlagSeen:
    """A flag at the head. `is_new`: this pull request sets it. `reaches`: what it brings about."""

    flag: StreamFlag
    is_new: bool
    reaches: tuple[Reach, ...] = ()

    @property
    def connections(self) -> tuple[str, ...]:
        """The connections that it is about."""
        return tuple(reach.connection for reach in self.reaches)


@dataclass(frozen=True, slots=True)
class AfterMerge:
    """What became of the merge in one Terraform object.

    `changed`: connections that it changed and did not flag. `objects`: what it made and removed.
    `landed_by`: the apply was over by then; passes move that, so the first is remembered.
    `counted`: what the plan that was applied counted, in words; "" where that was not asked.
    `uncounted`: why it is not known.
    """

    standing: Standing
    fetched_at: datetime | None = None
    applied_at: datetime | None = None
    landed_by: datetime | None = None
    backfills: tuple[FlaggedConnection, ...] = ()
    changed: tuple[ChangedConnection, ...] = ()
    objects: tuple[ObjectAfter, ...] = ()
    counted: str = ""
    uncounted: str = ""

    @property
    def arrived(self) -> bool:
        """Whether all data that is waited for is there; where none is, there is nothing to wait."""
        flagged = all(progress(item).stage is Stage.DONE for item in self.backfills)
        return flagged and all(landing(item)[0].over for item in self.changed)

    def has_synced(self, address: str) -> bool:
        """Whether a sync of this connection has succeeded since, as far as that is followed."""
        if any(i.address == address and progress(i).stage is Stage.DONE for i in self.backfills):
            return True
        syncs = (item for item in self.changed if item.address == address)
        return any(landing(item)[0] is Landing.ARRIVED for item in syncs)

    @property
    def over(self) -> bool:
        """Whether nothing more will become of it."""
        looked = not any(item.problem for item in self.objects)
        landed = all(landing(item)[0].over for item in self.changed)
        return looked and landed and all(backfill.is_over(item) for item in self.backfills)

    @property
    def waits(self) -> bool:
        """Whether any data is waited for, or was."""
        return bool(self.backfills) or any(landing(i)[1] is not None for i in self.changed)


@dataclass(frozen=True, slots=True)
class ModuleSeen:
    """One Terraform object's module at the head. `perpetual`: what every pass would update.

    `perpetual_before`: what every pass updates on the base already. `unread`: flags in changed
    files that look like stream files and that the module does not read. `stale`, `refused`: what
    is wrong with its catalogs. `basis`: lines on what the prediction rests on, for the footer.
    `object_name` is `namespace/name`. `confirm`: what its confirmation is decided from, where one
    is wanted; `confirmation`: what is to be told of it. `saving`: what sync states may have to be
    saved; `kept`: what became of them. `drift`: where that of `perpetual` is written which
    `/lotus catalog` does not write.
    """

    title: str
    prediction: Prediction | None = None
    problem: str = ""
    flags: tuple[FlagSeen, ...] = ()
    odd_flags: tuple[OddFlag, ...] = ()
    perpetual: frozenset[str] = frozenset()
    basis: tuple[str, ...] = ()
    after: AfterMerge | None = None
    perpetual_before: frozenset[str] = frozenset()
    unread: tuple[StreamFlag, ...] = ()
    stale: tuple[StaleCatalog, ...] = ()
    refused: tuple[Refused, ...] = ()
    object_name: str = ""
    confirm: ConfirmObserved | None = None
    confirmation: Confirmation | None = None
    saving: SavingObserved | None = None
    kept: tuple[Kept, ...] = ()
    drift: tuple[ByHand, ...] = ()


@dataclass(frozen=True, slots=True)
class PullRequestObserved:
    """`ours`: all comments of ours with a marker, oldest first. `checks`: ours on head and merge.

    `secrets` are true values, for redaction only. `undoes` says, for a follow-up of ours, what.
    `settings_problems`: what is wrong in the `.lotus.yaml` that it brings.
    `news`: somebody asked, so a comment that was deleted comes back. `said`: names of alarms.
    """

    pull_request: PullRequest
    base_tip: str
    modules: tuple[ModuleSeen, ...]
    ours: tuple[Posted, ...]
    checks: tuple[CheckRun, ...]
    files_url: str
    conflict: bool = False
    committed_state: tuple[str, ...] = ()
    settings_problems: tuple[str, ...] = ()
    undoes: str = ""
    news: bool = False
    said: frozenset[str] = frozenset()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    poll: float = 30.0


def rung(module: ModuleSeen) -> Rung:
    """How far this object has come with it."""
    after = module.after
    if after is None:
        return _before_merge(module)
    if after.standing.stand.needs_person:
        return Rung.FAILED
    if not after.standing.stand.done:
        return Rung.WAITING
    if not after.standing.stand.applies:
        return Rung.NOT_APPLIED
    return Rung.ARRIVED if after.waits and after.arrived else Rung.APPLIED


def _before_merge(module: ModuleSeen) -> Rung:
    """Confirmed is what the controller planned alike, as long as that is what is predicted."""
    confirmation = module.confirmation
    if confirmation is None:
        return Rung.PREDICTED
    if covers(confirmation, module.prediction):
        return Rung.CONFIRMED
    return Rung.DISPUTED if disputes(confirmation) else Rung.PREDICTED


def is_over(seen: PullRequestObserved) -> bool:
    """Whether nothing more will become of it: applied, and nothing is waited for any more."""
    if seen.pull_request.state is not PullRequestState.MERGED:
        return seen.pull_request.state is PullRequestState.CLOSED
    for module in seen.modules:
        after = module.after
        if after is None or not after.standing.stand.done:
            return False
        if not after.over:
            return False
    return True


def is_told(seen: PullRequestObserved) -> bool:
    """Whether nothing more will be said of it: over, no follow-up waits to be merged, and no
    sync state to be given back.
    """
    return (
        is_over(seen)
        and not any(
            item.state is PullRequestState.OPEN
            for module in seen.modules
            for flagged in (module.after.backfills if module.after else ())
            for item in flagged.follow_ups
        )
        and not any(offered(module) for module in seen.modules)
    )


def offered(module: ModuleSeen) -> tuple[str, ...]:
    """The connections that can be given their sync state back: saved, and of use still."""
    after = module.after
    if after is None or not after.standing.stand.done:
        return ()
    return tuple(i.address for i in module.kept if i.saved and not after.has_synced(i.address))
