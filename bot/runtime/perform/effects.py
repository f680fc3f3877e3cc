"""Effects done, one by one. Each looks once more before it makes something that would be doubled.

It decides nothing: what to do came from `bot.lifecycle`. A crash between two effects, or between
an effect and its knowing, is made good by observing again.
"""

from __future__ import annotations

from typing import assert_never

import structlog

from bot.clients.errors import Conflict, Invalid, NotFound, Refused
from bot.clients.kubernetes.cluster import GIT_REPOSITORY, TERRAFORM, Cluster, Resource
from bot.lifecycle.confirm.copy_effects import (
    CreateSourceCopy,
    CreateTerraformCopy,
    DeleteCopysPlans,
    DeleteSourceCopy,
    DeleteTerraformCopy,
    ReleaseTerraformCopy,
    SuspendSourceCopy,
)
from bot.lifecycle.effects import (
    AnnotateSource,
    AnnotateTerraform,
    ClearLastPlanAt,
    ClosePullRequest,
    CommentOnCommit,
    CreateComment,
    DeleteBranch,
    DeleteComment,
    Effect,
    MergePullRequest,
    OpenPullRequest,
    PutCheck,
    React,
    Said,
    UpdateComment,
    UpdateCommitComment,
    UpdatePullRequestBranch,
)
from bot.model.github import PullRequestState
from bot.runtime.observe.installations import Installations
from bot.runtime.perform import checks
from bot.runtime.perform.copies import CopyHands
from bot.runtime.perform.operations import Operations
from bot.runtime.web.metrics import Metrics

log = structlog.get_logger(__name__)

REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"


class Performer:
    """`login` is our own on GitHub: only what we wrote counts as ours."""

    def __init__(
        self,
        installations: Installations,
        cluster: Cluster,
        login: str,
        metrics: Metrics,
        operations: Operations,
        copies: CopyHands,
    ) -> None:
        self._installations = installations
        self._cluster = cluster
        self._login = login
        self._metrics = metrics
        self._operations = operations
        self._copies = copies

    async def perform(self, effect: Effect) -> None:
        """Bring it about; raises `ClientError` where that failed or cannot be known."""
        match effect:
            case AnnotateSource() | AnnotateTerraform() | ClearLastPlanAt():
                await self._in_cluster(effect)
            case (
                OpenPullRequest()
                | UpdatePullRequestBranch()
                | ClosePullRequest()
                | DeleteBranch()
                | MergePullRequest()
            ):
                await self._on_branch(effect)
            case (
                CreateComment()
                | UpdateComment()
                | DeleteComment()
                | CommentOnCommit()
                | UpdateCommitComment()
                | React()
                | PutCheck()
            ):
                await self._said(effect)
            case (
                CreateSourceCopy()
                | SuspendSourceCopy()
                | CreateTerraformCopy()
                | DeleteTerraformCopy()
                | ReleaseTerraformCopy()
                | DeleteCopysPlans()
                | DeleteSourceCopy()
            ):
                await self._copies.perform(effect)
            case _:
                await self._operations.perform(effect)
        self._metrics.effect(type(effect).__name__)
        log.info("done", effect=type(effect).__name__)

    async def _in_cluster(
        self, effect: AnnotateSource | AnnotateTerraform | ClearLastPlanAt
    ) -> None:
        place = (effect.namespace, effect.name)
        match effect:
            case AnnotateSource():
                await self._ask(GIT_REPOSITORY, effect)
            case AnnotateTerraform():
                await self._ask(TERRAFORM, effect)
            case ClearLastPlanAt():
                await self._cluster.patch_status(TERRAFORM, *place, {"lastPlanAt": None})
            case _:
                assert_never(effect)

    async def _ask(self, resource: Resource, effect: AnnotateSource | AnnotateTerraform) -> None:
        """Where somebody wrote since, what is to be asked for is decided anew: a watch tells."""
        request = {REQUESTED_AT: effect.value}
        try:
            await self._cluster.annotate(
                resource, effect.namespace, effect.name, request, effect.seen
            )
        except Conflict:
            log.info("somebody was faster", resource=str(resource), name=effect.name)

    async def _said(
        self,
        effect: Said,
    ) -> None:
        repository = self._installations.named(effect.repository)
        writer = self._installations.writer(repository)
        match effect:
            case CreateComment():
                await self._create_comment(effect)
            case UpdateComment():
                await writer.update_comment(effect.comment_id, effect.body)
            case DeleteComment():
                await writer.delete_comment(effect.comment_id)
            case CommentOnCommit():
                await self._comment_on_commit(effect)
            case UpdateCommitComment():
                await writer.update_commit_comment(effect.comment_id, effect.body)
            case React():
                await writer.react(effect.comment_id, effect.content)
            case PutCheck():
                await checks.put(
                    self._installations.reader(repository), writer, self._login, effect
                )
            case _:
                assert_never(effect)

    async def _create_comment(self, effect: CreateComment) -> None:
        repository = self._installations.named(effect.repository)
        standing = await self._installations.reader(repository).comments(effect.number)
        if any(item.author == self._login and effect.marker in item.body for item in standing):
            return
        await self._installations.writer(repository).create_comment(effect.number, effect.body)

    async def _comment_on_commit(self, effect: CommentOnCommit) -> None:
        repository = self._installations.named(effect.repository)
        standing = await self._installations.reader(repository).commit_comments(effect.sha)
        if any(item.author == self._login and effect.marker in item.body for item in standing):
            return
        await self._installations.writer(repository).comment_on_commit(effect.sha, effect.body)

    async def _on_branch(
        self,
        effect: OpenPullRequest
        | UpdatePullRequestBranch
        | ClosePullRequest
        | DeleteBranch
        | MergePullRequest,
    ) -> None:
        match effect:
            case OpenPullRequest():
                await self._open(effect)
            case UpdatePullRequestBranch():
                await self._renew(effect)
            case ClosePullRequest():
                repository = self._installations.named(effect.repository)
                writer = self._installations.writer(repository)
                await writer.update_pull_request(effect.number, {"state": "closed"})
            case DeleteBranch():
                await self._delete(effect)
            case MergePullRequest():
                await self._merge(effect)
            case _:
                assert_never(effect)

    async def _open(self, effect: OpenPullRequest) -> None:
        """Branch first: its name is what makes it one. What a crash left half done is finished."""
        repository = self._installations.named(effect.repository)
        reader = self._installations.reader(repository)
        writer = self._installations.writer(repository)
        if await reader.pull_requests_from(effect.branch):
            return
        if await reader.tip(effect.branch) is None:
            sha = await writer.commit(effect.base_sha, effect.edits, effect.title)
            try:
                await writer.create_branch(effect.branch, sha)
            except Conflict:
                log.info("somebody was faster", branch=effect.branch)
        try:
            await writer.open_pull_request(effect.branch, effect.base, effect.title, effect.body)
        except Invalid:
            if not await reader.pull_requests_from(effect.branch):
                raise

    async def _merge(self, effect: MergePullRequest) -> None:
        """Where GitHub says no, its rules or somebody's push came between: observed again."""
        repository = self._installations.named(effect.repository)
        writer = self._installations.writer(repository)
        try:
            await writer.merge_pull_request(effect.number, effect.head_sha)
        except Refused as error:
            log.info("not merged", number=effect.number, reason=str(error))

    async def _delete(self, effect: DeleteBranch) -> None:
        """Where somebody pushed to it or opened another one from it meanwhile, it stays."""
        repository = self._installations.named(effect.repository)
        reader = self._installations.reader(repository)
        if await reader.tip(effect.branch) != effect.expected:
            return
        found = await reader.pull_requests_from(effect.branch)
        if not any(item.state is PullRequestState.OPEN for item in found):
            await self._installations.writer(repository).delete_branch(effect.branch)

    async def _renew(self, effect: UpdatePullRequestBranch) -> None:
        """Its words first: a crash after them finds a branch that is still to be renewed."""
        repository = self._installations.named(effect.repository)
        reader = self._installations.reader(repository)
        writer = self._installations.writer(repository)
        if await reader.tip(effect.branch) != effect.expected:
            return
        opened = [
            item
            for item in await reader.pull_requests_from(effect.branch)
            if item.state is PullRequestState.OPEN
        ]
        if not opened:
            return
        await writer.update_pull_request(opened[0].number, {"body": effect.body})
        sha = await writer.commit(effect.base_sha, effect.edits, effect.title)
        try:
            await writer.move_branch(effect.branch, sha, force=True)
        except NotFound:
            log.info("the branch is gone", branch=effect.branch)
