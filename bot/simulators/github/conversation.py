"""Pull requests, issues, comments and reactions.

A simulator: imports nothing of the bot. https://docs.github.com/rest/pulls and /rest/issues
"""

from __future__ import annotations

from datetime import datetime

from bot.simulators.github.rest import Call, Refusal, Reply, Route, page
from bot.simulators.github.state import Comment, Pull

_CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def list_pulls(call: Call) -> Reply:
    state = call.query.get("state", "open")
    head, base = call.query.get("head"), call.query.get("base")
    found = [
        pull
        for pull in call.world.pulls.values()
        if pull.issue.repository == call.repository.full_name
        and (state == "all" or pull.issue.state == state)
        and (not head or head == f"{pull.head_repository.partition('/')[0]}:{pull.head_branch}")
        and (not base or base == pull.base_branch)
    ]
    by_update = call.query.get("sort") == "updated"
    found.sort(key=lambda pull: pull.issue.updated_at if by_update else pull.issue.created_at)
    if call.query.get("direction", "asc" if "sort" in call.query else "desc") == "desc":
        found.reverse()
    return page([call.world.views.pull(pull, alone=False) for pull in found])


def get_pull(call: Call) -> Reply:
    pull = _pull(call)
    reply = Reply(call.world.views.pull(pull, alone=True))
    call.world.test_merge(pull)
    return reply


def create_pull(call: Call) -> Reply:
    pull = call.world.open_pull(
        call.repository.full_name,
        str(call.given("head")),
        str(call.given("base")),
        str(call.given("title")),
        body=call.body.get("body") or "",
        login=call.who.login,
    )
    return Reply(call.world.views.pull(pull, alone=True), 201)


def update_pull(call: Call) -> Reply:
    pull = _pull(call)
    pull.issue.title = call.body.get("title", pull.issue.title)
    pull.issue.body = call.body.get("body", pull.issue.body)
    if "state" in call.body:
        place = (call.repository.full_name, pull.issue.number)
        call.world.set_state(*place, call.body["state"], call.who.login)
    pull.issue.updated_at = call.world.clock.now()
    if call.body.keys() & {"title", "body"}:
        call.world.announce_pull(pull, "edited", call.who.login)
    return Reply(call.world.views.pull(pull, alone=True))


def merge_pull(call: Call) -> Reply:
    pull = _pull(call)
    wanted = (call.body or {}).get("sha")
    if wanted and wanted != pull.head_sha:
        raise Refusal(409, "Head branch was modified. Review and try the merge again.")
    if pull.issue.state != "open":
        raise Refusal(405, "Pull Request is not mergeable")
    method = (call.body or {}).get("merge_method", "merge")
    place = (call.repository.full_name, pull.issue.number)
    sha = call.world.merge(*place, call.who.login, method)
    return Reply({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def list_files(call: Call) -> Reply:
    pull = _pull(call)
    git = call.repository.git
    base = git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    words = {"A": "added", "M": "modified", "D": "removed"}
    return page(
        [
            {"filename": path, "status": words.get(letter, "modified"), "sha": None}
            for letter, path in git.changed(base, pull.head_sha)
        ]
    )


def list_reviews(call: Call) -> Reply:
    return page([call.world.views.review(item) for item in _pull(call).reviews])


def pulls_of_commit(call: Call) -> Reply:
    """Those that brought it: the merge commit itself, or any commit of a head."""
    sha, git = call.path["ref"], call.repository.git
    found = [
        pull
        for pull in call.world.pulls.values()
        if pull.issue.repository == call.repository.full_name
        and (sha in (pull.merge_commit, pull.head_sha) or git.merge_base(sha, pull.head_sha) == sha)
    ]
    return page(
        [call.world.views.pull(pull, alone=False) for pull in found if not _older(call, sha, pull)]
    )


def _older(call: Call, sha: str, pull: Pull) -> bool:
    """Whether the commit was on the base before the pull request."""
    return call.repository.git.merge_base(sha, pull.base_sha) == sha


def get_issue(call: Call) -> Reply:
    place = (call.repository.full_name, call.number("number"))
    if place not in call.world.issues:
        raise Refusal(404, "Not Found")
    issue = call.world.issues[place]
    return Reply(call.world.views.issue(issue, is_pull=place in call.world.pulls))


def list_comments(call: Call) -> Reply:
    place = (call.repository.full_name, call.number("number"))
    if place not in call.world.issues:
        raise Refusal(404, "Not Found")
    found = [
        item
        for item in call.world.comments.values()
        if (item.repository, item.number) == place and _since(call, item)
    ]
    return page([call.world.views.comment(item) for item in found])


def list_repository_comments(call: Call) -> Reply:
    found = [
        item
        for item in call.world.comments.values()
        if item.repository == call.repository.full_name and item.number and _since(call, item)
    ]
    if call.query.get("sort") == "updated":
        found.sort(key=lambda item: item.updated_at)
    if call.query.get("direction", "desc" if "sort" in call.query else "asc") == "desc":
        found.reverse()
    return page([call.world.views.comment(item) for item in found])


def create_comment(call: Call) -> Reply:
    place = (call.repository.full_name, call.number("number"))
    if place not in call.world.issues:
        raise Refusal(404, "Not Found")
    comment = call.world.comment(*place, str(call.given("body")), call.who.login)
    return Reply(call.world.views.comment(comment), 201)


def get_comment(call: Call) -> Reply:
    return Reply(call.world.views.comment(_comment(call)))


def update_comment(call: Call) -> Reply:
    comment = _mine(call)
    comment = call.world.edit_comment(comment.id, str(call.given("body")), call.who.login)
    return Reply(call.world.views.comment(comment))


def delete_comment(call: Call) -> Reply:
    call.world.delete_comment(_mine(call).id, call.who.login)
    return Reply(None, 204)


def list_reactions(call: Call) -> Reply:
    return page([call.world.views.reaction(item) for item in _comment(call).reactions])


def create_reaction(call: Call) -> Reply:
    content = str(call.given("content"))
    if content not in _CONTENTS:
        raise Refusal(422, "Validation Failed", [{"field": "content", "code": "invalid"}])
    reaction, new = call.world.react(_comment(call).id, content, call.who.login)
    return Reply(call.world.views.reaction(reaction), 201 if new else 200)


def delete_reaction(call: Call) -> Reply:
    comment, number = _comment(call), call.number("reaction")
    comment.reactions = [item for item in comment.reactions if item.id != number]
    return Reply(None, 204)


def list_commit_comments(call: Call) -> Reply:
    sha = call.repository.git.resolve(call.path["ref"])
    found = [
        item
        for item in call.world.comments.values()
        if item.repository == call.repository.full_name and item.sha and item.sha == sha
    ]
    return page([call.world.views.comment(item) for item in found])


def create_commit_comment(call: Call) -> Reply:
    sha = call.repository.git.resolve(call.path["ref"])
    if sha is None:
        raise Refusal(422, "No commit found for SHA")
    now = call.world.clock.now()
    comment = Comment(
        call.world.next_id(),
        call.repository.full_name,
        call.who.login,
        str(call.given("body")),
        now,
        now,
        sha=sha,
    )
    call.world.comments[comment.id] = comment
    call.world.announce_comment(comment, "created", call.who.login)
    return Reply(call.world.views.comment(comment), 201)


def update_commit_comment(call: Call) -> Reply:
    comment = _mine(call)
    if not comment.sha:
        raise Refusal(404, "Not Found")
    comment.body = str(call.given("body"))
    comment.updated_at = call.world.clock.now()
    return Reply(call.world.views.comment(comment))


def _pull(call: Call) -> Pull:
    found = call.world.pulls.get((call.repository.full_name, call.number("number")))
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _comment(call: Call) -> Comment:
    found = call.world.comments.get(call.number("comment"))
    if found is None or found.repository != call.repository.full_name:
        raise Refusal(404, "Not Found")
    return found


def _mine(call: Call) -> Comment:
    """One's own comment, or any with write."""
    comment = _comment(call)
    other = call.who.kind == "person" and comment.author != call.who.login
    if other and not call.world.may(call.repository, call.who.login, "write"):
        raise Refusal(403, "Must have admin rights to Repository.")
    return comment


def _since(call: Call, comment: Comment) -> bool:
    text = call.query.get("since")
    return text is None or comment.updated_at >= datetime.fromisoformat(text)


_REPO = "/repos/{owner}/{repo}"
_PULLS, _ISSUES = "pull_requests", "issues"

ROUTES = (
    Route("GET", _REPO + "/pulls", list_pulls, _PULLS),
    Route("POST", _REPO + "/pulls", create_pull, _PULLS, "write"),
    Route("GET", _REPO + "/pulls/{number}", get_pull, _PULLS),
    Route("PATCH", _REPO + "/pulls/{number}", update_pull, _PULLS, "write"),
    Route("PUT", _REPO + "/pulls/{number}/merge", merge_pull, "contents", "write"),
    Route("GET", _REPO + "/pulls/{number}/files", list_files, _PULLS),
    Route("GET", _REPO + "/pulls/{number}/reviews", list_reviews, _PULLS),
    Route("GET", _REPO + "/commits/{ref}/pulls", pulls_of_commit, _PULLS),
    Route("GET", _REPO + "/commits/{ref}/comments", list_commit_comments, "contents"),
    Route("POST", _REPO + "/commits/{ref}/comments", create_commit_comment, "contents", "write"),
    Route("PATCH", _REPO + "/comments/{comment}", update_commit_comment, "contents", "write"),
    Route("GET", _REPO + "/issues/comments", list_repository_comments, _ISSUES),
    Route("GET", _REPO + "/issues/comments/{comment}", get_comment, _ISSUES),
    Route("PATCH", _REPO + "/issues/comments/{comment}", update_comment, _ISSUES, "write"),
    Route("DELETE", _REPO + "/issues/comments/{comment}", delete_comment, _ISSUES, "write"),
    Route("GET", _REPO + "/issues/comments/{comment}/reactions", list_reactions, _ISSUES),
    Route(
        "POST", _REPO + "/issues/comments/{comment}/reactions", create_reaction, _ISSUES, "write"
    ),
    Route(
        "DELETE",
        _REPO + "/issues/comments/{comment}/reactions/{reaction}",
        delete_reaction,
        _ISSUES,
        "write",
    ),
    Route("GET", _REPO + "/issues/{number}", get_issue, _ISSUES),
    Route("GET", _REPO + "/issues/{number}/comments", list_comments, _ISSUES),
    Route("POST", _REPO + "/issues/{number}/comments", create_comment, _ISSUES, "write"),
)
