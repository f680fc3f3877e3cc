"""GitHub's rules over its records and Git: what a push, a merge, a comment brings with it.

A simulator: imports nothing of the bot. REST and the tests' people act through these methods
alike, so that both bring the same webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.simulators.clock import Clock
from bot.simulators.github.git import GitRepository, Signature
from bot.simulators.github.state import (
    LEVELS,
    App,
    CheckRun,
    Comment,
    Installation,
    Issue,
    Offer,
    Pull,
    Reaction,
    Repository,
    Token,
    User,
)
from bot.simulators.github.views import Views
from bot.simulators.github.webhooks import Webhooks

Json = dict[str, Any]


class Unprocessable(Exception):
    """422: what was asked cannot be; the message is GitHub's."""


class World:
    """Everything that is; `root` holds the bare repositories."""

    def __init__(self, clock: Clock, root: Path) -> None:
        self.clock = clock
        self.root = root
        self.users: dict[str, User] = {}
        self.repositories: dict[str, Repository] = {}
        self.issues: dict[tuple[str, int], Issue] = {}
        self.pulls: dict[tuple[str, int], Pull] = {}
        self.comments: dict[int, Comment] = {}
        self.checks: dict[int, CheckRun] = {}
        self.tokens: dict[str, Token] = {}
        self.installations: dict[int, Installation] = {}
        self.app: App | None = None
        self.offers: dict[str, Offer] = {}
        self.webhooks = Webhooks(clock)
        self.views = Views("", self.users, self.repositories)
        self.tree_limit = 100_000
        self._last_id = 100

    def next_id(self) -> int:
        """An id; ids grow."""
        self._last_id += 1
        return self._last_id

    # People and repositories

    def person(self, login: str, kind: str = "User") -> User:
        """The account of that login, made if need be."""
        if login not in self.users:
            self.users[login] = User(self.next_id(), login, kind)
        return self.users[login]

    def create_repository(
        self, full_name: str, *, private: bool = True, fork_of: str | None = None
    ) -> Repository:
        """A new, empty repository; its owner may do everything."""
        self.person(full_name.partition("/")[0], "Organization")
        git = GitRepository.create(self.root / f"{full_name}.git")
        repository = Repository(
            self.next_id(), full_name, private, "main", git, self.clock.now(), fork_of=fork_of
        )
        repository.people[repository.owner] = "admin"
        self.repositories[full_name] = repository
        return repository

    def fork(self, full_name: str, owner: str) -> Repository:
        """A person's copy, with the branches as they are."""
        origin = self.repositories[full_name]
        copy = self.create_repository(
            f"{owner}/{origin.name}", private=origin.private, fork_of=full_name
        )
        copy.git.fetch_from(origin.git, "refs/heads/*:refs/heads/*")
        return copy

    def add_collaborator(self, full_name: str, login: str, permission: str) -> None:
        """`permission` is one of `state.LEVELS`."""
        self.person(login)
        self.repositories[full_name].people[login] = permission

    def level(self, repository: Repository, login: str) -> str:
        """What a person may do there."""
        if login in repository.people:
            return repository.people[login]
        return "none" if repository.private else "read"

    def may(self, repository: Repository, login: str, needed: str) -> bool:
        """Whether that is enough."""
        return LEVELS.index(self.level(repository, login)) >= LEVELS.index(needed)

    def signature(self, login: str) -> Signature:
        """As whom somebody commits, now."""
        return Signature(login, f"{login}@users.noreply.github.com", self.clock.now())

    # Pushes

    def push(
        self,
        full_name: str,
        branch: str,
        files: Mapping[str, bytes | None],
        message: str,
        login: str,
    ) -> str:
        """A commit on a branch; a new branch starts at the default branch's tip."""
        repository = self.repositories[full_name]
        before = repository.git.resolve(f"refs/heads/{branch}")
        start = repository.git.resolve(f"refs/heads/{repository.default_branch}")
        if before is None and start is not None:
            repository.git.set_ref(f"refs/heads/{branch}", start, "")
        sha = repository.git.commit_files(branch, files, message, self.signature(login))
        self.moved(repository, branch, before, sha, login)
        return sha

    def moved(
        self, repository: Repository, branch: str, before: str | None, after: str | None, login: str
    ) -> None:
        """A branch points elsewhere: pull requests follow, webhooks go out."""
        self._announce_push(repository, branch, before, after, login)
        for pull in self.pulls.values():
            if pull.issue.state != "open" or after is None:
                continue
            if (pull.head_repository, pull.head_branch) == (repository.full_name, branch):
                self._synchronize(pull, after, login)

    def _synchronize(self, pull: Pull, sha: str, login: str) -> None:
        base = self.repositories[pull.issue.repository]
        before, pull.head_sha = pull.head_sha, sha
        pull.base_sha = base.git.resolve(f"refs/heads/{pull.base_branch}") or pull.base_sha
        pull.mergeable, pull.checked, pull.merge_commit = None, None, None
        self._fetch_head(pull)
        pull.issue.updated_at = self.clock.now()
        self.announce_pull(pull, "synchronize", login, before=before, after=sha)

    def _fetch_head(self, pull: Pull) -> None:
        base = self.repositories[pull.issue.repository]
        ref = f"refs/pull/{pull.issue.number}/head"
        if pull.head_repository == base.full_name:
            base.git.set_ref(ref, pull.head_sha)
        else:
            head = self.repositories[pull.head_repository]
            base.git.fetch_from(head.git, f"+refs/heads/{pull.head_branch}:{ref}")

    # Pull requests and issues

    def open_issue(self, full_name: str, title: str, body: str, login: str) -> Issue:
        """A plain issue."""
        repository, now = self.repositories[full_name], self.clock.now()
        number, repository.next_number = repository.next_number, repository.next_number + 1
        issue = Issue(full_name, number, self.next_id(), title, body, login, now, now)
        self.issues[full_name, number] = issue
        return issue

    def open_pull(
        self, full_name: str, head: str, base: str, title: str, *, body: str = "", login: str
    ) -> Pull:
        """`head` is a branch, or `owner:branch` of a fork; raises `Unprocessable`."""
        repository = self.repositories[full_name]
        owner, _, branch = head.rpartition(":")
        source = self.repositories[f"{owner}/{repository.name}" if owner else full_name]
        head_sha = source.git.resolve(f"refs/heads/{branch}")
        base_sha = repository.git.resolve(f"refs/heads/{base}")
        if head_sha is None or base_sha is None:
            raise Unprocessable("Validation Failed: head or base is invalid")
        if source is not repository:
            repository.git.fetch_from(source.git, head_sha)
        if not repository.git.log(f"{base_sha}..{head_sha}"):
            raise Unprocessable(f"No commits between {base} and {branch}")
        if self._standing(full_name, source.full_name, branch, base):
            raise Unprocessable(f"A pull request already exists for {source.owner}:{branch}.")
        issue = self.open_issue(full_name, title, body, login)
        pull = Pull(issue, base, base_sha, source.full_name, branch, head_sha)
        self.pulls[full_name, issue.number] = pull
        self._fetch_head(pull)
        self.announce_pull(pull, "opened", login)
        return pull

    def _standing(self, full_name: str, head_repository: str, branch: str, base: str) -> bool:
        return any(
            pull.issue.repository == full_name
            and pull.issue.state == "open"
            and (pull.head_repository, pull.head_branch, pull.base_branch)
            == (head_repository, branch, base)
            for pull in self.pulls.values()
        )

    def test_merge(self, pull: Pull) -> None:
        """What GitHub does behind the scenes after somebody asked: whether it can be merged."""
        if pull.issue.state != "open":
            return
        git = self.repositories[pull.issue.repository].git
        base = git.resolve(f"refs/heads/{pull.base_branch}")
        if base is None or pull.checked == (base, pull.head_sha):
            return
        tree = git.merge_tree(base, pull.head_sha)
        pull.mergeable = tree is not None
        pull.checked = (base, pull.head_sha)
        pull.merge_commit = None
        if tree is not None:
            message = f"Merge {pull.head_sha} into {base}"
            by = self.signature(pull.issue.author)
            pull.merge_commit = git.write_commit(tree, [base, pull.head_sha], message, by)
            git.set_ref(f"refs/pull/{pull.issue.number}/merge", pull.merge_commit)

    def merge(self, full_name: str, number: int, login: str, method: str = "merge") -> str:
        """Merge or squash; the commit that is on the base then. Raises `Unprocessable`."""
        pull = self.pulls[full_name, number]
        git = self.repositories[full_name].git
        base = git.resolve(f"refs/heads/{pull.base_branch}")
        tree = git.merge_tree(base, pull.head_sha) if base else None
        if pull.issue.state != "open" or base is None or tree is None:
            raise Unprocessable("Pull Request is not mergeable")
        if method == "merge":
            owner = pull.head_repository.partition("/")[0]
            title = f"Merge pull request #{number} from {owner}/{pull.head_branch}"
            parents = [base, pull.head_sha]
        else:
            title, parents = f"{pull.issue.title} (#{number})", [base]
        sha = git.write_commit(tree, parents, title, self.signature(login))
        git.set_ref(f"refs/heads/{pull.base_branch}", sha, base)
        now = self.clock.now()
        pull.merged_at, pull.merged_by, pull.merge_commit = now, login, sha
        self._close(pull, login)
        self.moved(self.repositories[full_name], pull.base_branch, base, sha, login)
        return sha

    def enqueue(self, full_name: str, number: int, login: str) -> str:
        """Into the merge queue: the commit that it would merge, on a branch of its own."""
        pull, repository = self.pulls[full_name, number], self.repositories[full_name]
        base = repository.git.resolve(f"refs/heads/{pull.base_branch}")
        tree = repository.git.merge_tree(base, pull.head_sha) if base else None
        if base is None or tree is None:
            raise Unprocessable("Pull Request is not mergeable")
        title = f"Merge pull request #{number}"
        sha = repository.git.write_commit(tree, [base, pull.head_sha], title, self.signature(login))
        branch = f"gh-readonly-queue/{pull.base_branch}/pr-{number}-{base}"
        repository.git.set_ref(f"refs/heads/{branch}", sha)
        group = {
            "head_sha": sha,
            "head_ref": f"refs/heads/{branch}",
            "base_sha": base,
            "base_ref": f"refs/heads/{pull.base_branch}",
        }
        self.announce(full_name, "merge_group", "checks_requested", login, {"merge_group": group})
        return sha

    def set_state(self, full_name: str, number: int, state: str, login: str) -> None:
        """Close or reopen a pull request."""
        pull = self.pulls[full_name, number]
        if state == pull.issue.state:
            return
        if state == "closed":
            self._close(pull, login)
            return
        pull.issue.state, pull.issue.closed_at = "open", None
        pull.issue.updated_at = self.clock.now()
        self.announce_pull(pull, "reopened", login)

    def _close(self, pull: Pull, login: str) -> None:
        now = self.clock.now()
        pull.issue.state, pull.issue.closed_at, pull.issue.updated_at = "closed", now, now
        self.announce_pull(pull, "closed", login)

    # Comments

    def comment(self, full_name: str, number: int, body: str, login: str) -> Comment:
        """On an issue or pull request."""
        if len(body) > 65536:
            raise Unprocessable("Body is too long (maximum is 65536 characters)")
        if not body.strip():
            raise Unprocessable("Body cannot be blank")
        now = self.clock.now()
        comment = Comment(self.next_id(), full_name, login, body, now, now, number)
        self.comments[comment.id] = comment
        self.issues[full_name, number].updated_at = now
        self.announce_comment(comment, "created", login)
        return comment

    def edit_comment(self, comment_id: int, body: str, login: str) -> Comment:
        """Say it differently."""
        if len(body) > 65536:
            raise Unprocessable("Body is too long (maximum is 65536 characters)")
        comment = self.comments[comment_id]
        comment.body, comment.updated_at = body, self.clock.now()
        self.announce_comment(comment, "edited", login)
        return comment

    def delete_comment(self, comment_id: int, login: str) -> None:
        """Take it back."""
        comment = self.comments.pop(comment_id)
        self.announce_comment(comment, "deleted", login)

    def react(self, comment_id: int, content: str, login: str) -> tuple[Reaction, bool]:
        """The reaction, and whether it is new: each person reacts once with each content."""
        comment = self.comments[comment_id]
        for reaction in comment.reactions:
            if (reaction.content, reaction.author) == (content, login):
                return reaction, False
        reaction = Reaction(self.next_id(), content, login, self.clock.now())
        comment.reactions.append(reaction)
        return reaction, True

    # Checks

    def press(self, check_id: int, identifier: str, login: str) -> None:
        """Somebody presses a button of a check; GitHub tells the App, and remembers nothing.

        https://docs.github.com/webhooks/webhook-events-and-payloads?actionType=requested_action
        """
        check = self.checks[check_id]
        if not any(action["identifier"] == identifier for action in check.actions):
            raise Unprocessable(f"the check has no button {identifier}")
        if not self.may(self.repositories[check.repository], login, "write"):
            raise Unprocessable(f"{login} is shown no buttons")
        if self.app is None:
            raise Unprocessable("no App is registered")
        body = {
            "check_run": self.views.check_run(check, self.app),
            "requested_action": {"identifier": identifier},
        }
        self.announce(check.repository, "check_run", "requested_action", login, body)

    # Announcements

    def announce_pull(self, pull: Pull, action: str, login: str, **more: object) -> None:
        """A `pull_request` event."""
        shown = self.views.pull(pull, alone=True)
        body = {"number": pull.issue.number, "pull_request": shown} | more
        self.announce(pull.issue.repository, "pull_request", action, login, body)

    def announce_comment(self, comment: Comment, action: str, login: str) -> None:
        """An `issue_comment` event, or a `commit_comment`."""
        body: Json = {"comment": self.views.comment(comment)}
        if not comment.number:
            self.announce(comment.repository, "commit_comment", action, login, body)
            return
        place = (comment.repository, comment.number)
        body["issue"] = self.views.issue(self.issues[place], is_pull=place in self.pulls)
        self.announce(comment.repository, "issue_comment", action, login, body)

    def announce(
        self, full_name: str, event: str, action: str | None, login: str, body: Mapping[str, object]
    ) -> None:
        """Any event of a repository that the App is installed on."""
        installation = self.installation_of(full_name)
        if self.app is None or installation is None:
            return
        payload: Json = {"action": action} if action else {}
        payload |= dict(body) | {
            "repository": self.views.repository(self.repositories[full_name]),
            "sender": self.views.user(login),
            "installation": {"id": installation.id},
        }
        self.webhooks.send(self.app, event, payload, action)

    def installation_of(self, full_name: str) -> Installation | None:
        """The installation that has the repository."""
        owner = full_name.partition("/")[0]
        for installation in self.installations.values():
            chosen = installation.repositories
            if installation.account == owner and (chosen is None or full_name in chosen):
                return installation
        return None

    def _announce_push(
        self, repository: Repository, branch: str, before: str | None, after: str | None, login: str
    ) -> None:
        body = {
            "ref": f"refs/heads/{branch}",
            "before": before or "0" * 40,
            "after": after or "0" * 40,
            "created": before is None,
            "deleted": after is None,
            "forced": False,
            "commits": [],
            "pusher": {"name": login},
        }
        self.announce(repository.full_name, "push", None, login, body)
