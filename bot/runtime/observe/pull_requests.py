"""Observing a pull request: its trees, its modules predicted, its comment and checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.clients.errors import ClientError, NotFound, TooMuch
from bot.clients.github.repository import RepositoryReader
from bot.lifecycle import marker
from bot.lifecycle.checks import APPLY_CHECK, PLAN_CHECK
from bot.lifecycle.confirm.remembered import remembered
from bot.lifecycle.observed import ModuleSeen, PullRequestObserved
from bot.lifecycle.platform import Deployment
from bot.lifecycle.preview import alarm_names, is_finished, marker_name
from bot.lifecycle.quieting import PREFIX as QUIETING
from bot.lifecycle.repository_settings import FILE as SETTINGS_FILE
from bot.lifecycle.repository_settings import RepositorySettings, repository_settings
from bot.lifecycle.state_files import state_files
from bot.model.github import CheckRun, Comment, Permission, PullRequest, PullRequestState
from bot.render.markdown import code
from bot.runtime.observe.confirm.confirmations import ConfirmObserver, Look
from bot.runtime.observe.looks import content_of
from bot.runtime.observe.modules import Inputs, Predicted, read_inputs
from bot.runtime.observe.predictor import Commit
from bot.runtime.observe.rollouts import RolloutObserver
from bot.runtime.observe.stability.saved_states import SavedStateObserver
from bot.runtime.observe.trees import Trees, trees_of
from bot.runtime.observe.world import World


@dataclass(frozen=True, slots=True)
class Read:
    """A pull request that is ours to tell: what may be told of it, and our comments on it."""

    reader: RepositoryReader
    pull_request: PullRequest
    relevant: Sequence[Deployment]
    comments: Sequence[Comment]
    asked: int | None


class PullRequestObserver:
    """One for the whole service."""

    def __init__(self, world: World, rollouts: RolloutObserver) -> None:
        self._world = world
        self._rollouts = rollouts
        self._confirmations = ConfirmObserver(world)
        self._states = SavedStateObserver(world)

    async def observe(
        self, repository: str, number: int, *, news: bool = False, asked: int | None = None
    ) -> PullRequestObserved | None:
        """None where there is nothing to say: not ours, or told to its end.

        `asked` is a command's comment that wants it confirmed.
        """
        found = self._world.installations.find(repository)
        made = self._world.platforms.of(repository)
        if found is None or not made:
            return None
        reader = self._world.installations.reader(found)
        try:
            pull_request = await reader.pull_request(number)
        except NotFound:
            return None
        relevant = [item for item in made if item.branch == pull_request.base_branch]
        if not relevant or self._is_past(pull_request):
            return None
        comments = [c for c in await reader.comments(number) if c.author == self._world.login]
        ours = _previews(comments, pull_request)
        if not news and self._is_told(pull_request, ours):
            return None
        read = Read(reader, pull_request, relevant, comments, asked)
        return await self._observe(read, news=news)

    def _is_past(self, pull_request: PullRequest) -> bool:
        """Merged so long ago that nobody waits for it any more."""
        if pull_request.merged_at is None:
            return False
        days = timedelta(days=self._world.settings.pull_request_days)
        return self._world.clock.now() - pull_request.merged_at > days

    def _is_told(self, pull_request: PullRequest, ours: Sequence[Comment]) -> bool:
        if pull_request.state is PullRequestState.CLOSED:
            return not ours
        if pull_request.state is PullRequestState.MERGED:
            signer = self._world.signer.at(pull_request.repository)
            return bool(ours) and is_finished(ours[0], signer, marker_name(pull_request))
        return False

    async def _observe(self, read: Read, *, news: bool) -> PullRequestObserved | None:
        reader, pull_request, comments = read.reader, read.pull_request, read.comments
        try:
            trees = await trees_of(reader, self._world.snapshots, pull_request)
        except TooMuch as error:
            return await self._unread(read, str(error), news=news)
        trusted = trees.landed or await self._is_trusted(reader, pull_request)
        predicted = [
            await self._module(reader, pull_request, made, trees, trusted=trusted)
            for made in read.relevant
        ]
        ours = _previews(comments, pull_request)
        look = await self._look(read, trees, ours, trusted=trusted)
        predicted = await self._confirmations.each(look, read.relevant, predicted)
        committed = state_files(path for path in trees.changed() if path in trees.head.tree)
        told = [item for item in predicted if item.touched or ours or committed]
        signer = self._world.signer.at(reader.name)
        return PullRequestObserved(
            pull_request=pull_request,
            base_tip=trees.base_tip,
            modules=tuple(item.seen for item in told),
            ours=tuple(ours),
            checks=tuple(await self._checks(reader, pull_request)) if told else (),
            files_url=f"{pull_request.url.rpartition('/pull/')[0]}/blob/{pull_request.head_sha}",
            conflict=trees.conflict,
            committed_state=committed,
            settings_problems=await self._settings_problems(reader, trees),
            undoes=_undoes(pull_request, self._world.login),
            news=news,
            said=alarm_names((comment.body for comment in comments), signer),
            secrets=frozenset().union(*(item.secrets for item in predicted)),
            poll=self._world.settings.poll_seconds,
        )

    async def _unread(self, read: Read, problem: str, *, news: bool) -> PullRequestObserved | None:
        """A tree that is too large is told while there is something to do about it."""
        pull_request = read.pull_request
        if pull_request.state is not PullRequestState.OPEN:
            return None
        return PullRequestObserved(
            pull_request=pull_request,
            base_tip=pull_request.base_sha,
            modules=tuple(ModuleSeen(made.title, problem=problem) for made in read.relevant),
            ours=tuple(_previews(read.comments, pull_request)),
            checks=tuple(await self._checks(read.reader, pull_request)),
            files_url="",
            news=news,
        )

    async def _look(
        self, read: Read, trees: Trees, ours: Sequence[Comment], *, trusted: bool
    ) -> Look:
        """What its confirmation is decided from: the settings of the base, what was told."""
        settings = await self._settings(read.reader, trees.base)
        name = marker_name(read.pull_request)
        signer = self._world.signer.at(read.reader.name)
        records = remembered((comment.body for comment in ours), name, signer)
        return Look(read.reader, read.pull_request, settings.confirm, trusted, read.asked, records)

    async def _is_trusted(self, reader: RepositoryReader, pull_request: PullRequest) -> bool:
        """Whether true values may be used: its code could tell them."""
        if pull_request.from_fork:
            return False
        permission = await reader.permission(pull_request.author)
        return permission.allows(Permission.WRITE)

    async def _module(
        self,
        reader: RepositoryReader,
        pull_request: PullRequest,
        known: Deployment,
        trees: Trees,
        *,
        trusted: bool,
    ) -> Predicted:
        fresh = await self._world.platforms.fresh(known.terraform.name)
        if isinstance(fresh, str):
            return Predicted(ModuleSeen(known.title, problem=fresh), touched=False)
        made, item = fresh
        inputs = await read_inputs(self._world.cluster, item) if trusted else Inputs()
        try:
            predicted = await self._world.modules.observe(reader, made, trees, inputs)
        except RecursionError:
            problem = "the module is nested too deeply to be evaluated"
            return Predicted(ModuleSeen(made.title, problem=problem), touched=True)
        except TooMuch as error:
            return Predicted(ModuleSeen(made.title, problem=str(error)), touched=True)
        name, seen = made.terraform.name, predicted.seen
        if pull_request.state is PullRequestState.OPEN:
            to_save = await self._states.to_save(name, seen, inputs)
            return replace(predicted, seen=replace(seen, saving=to_save))
        if not trees.landed:
            return predicted
        seen = await self._states.merged(name, seen, pull_request)
        after = await self._rollouts.after_merge(reader, made, pull_request, seen, inputs)
        return replace(predicted, seen=replace(seen, after=after))

    async def _settings_problems(self, reader: RepositoryReader, trees: Trees) -> tuple[str, ...]:
        """What is wrong in the `.lotus.yaml` that this changes."""
        if SETTINGS_FILE not in trees.changed():
            return ()
        return (await self._settings(reader, trees.head)).problems

    async def _settings(self, reader: RepositoryReader, commit: Commit) -> RepositorySettings:
        """`.lotus.yaml` there."""
        files, tree = self._world.snapshots, commit.tree
        await files.fetch(reader.github, reader.name, tree, [SETTINGS_FILE], commit.sha)
        return repository_settings(content_of(files.files(tree), SETTINGS_FILE))

    async def _checks(self, reader: RepositoryReader, pull_request: PullRequest) -> list[CheckRun]:
        """Ours as they stand; without the permission to read them, none."""
        sha, name = pull_request.head_sha, PLAN_CHECK
        if pull_request.state is PullRequestState.MERGED and pull_request.merge_commit:
            sha, name = pull_request.merge_commit, APPLY_CHECK
        try:
            found = await reader.check_runs(sha, name)
        except ClientError:
            return []
        return [run for run in found if f"{run.app}[bot]" == self._world.login]


def _previews(comments: Sequence[Comment], pull_request: PullRequest) -> list[Comment]:
    """Our comments with the preview's marker, oldest first."""
    start = marker.start(marker_name(pull_request))
    return sorted((c for c in comments if start in c.body), key=lambda comment: comment.id)


def _undoes(pull_request: PullRequest, login: str) -> str:
    if pull_request.author == login and pull_request.head_branch.startswith(QUIETING):
        return "This is lotus-bot's own pull request: it writes catalogs as Airbyte reads back."
    if pull_request.author != login or not pull_request.head_branch.startswith("lotus/backfill/"):
        return ""
    what = code(pull_request.head_branch.removeprefix("lotus/backfill/").rpartition("-")[0])
    return f"This is lotus-bot's own pull request: it sets the backfill of {what} back to false."
