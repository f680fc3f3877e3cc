"""Repositories and their Git data: refs, trees, blobs, commits, histories, comparisons.

A simulator: imports nothing of the bot. https://docs.github.com/rest/git
"""

from __future__ import annotations

import base64
import binascii

from bot.simulators.github.git import GitError
from bot.simulators.github.rest import Call, Json, Refusal, Reply, Route, page
from bot.simulators.github.state import Repository


def get_repository(call: Call) -> Reply:
    return Reply(call.world.views.repository(call.repository))


def get_permission(call: Call) -> Reply:
    login = call.path["user"]
    if login not in call.world.users:
        raise Refusal(404, "Not Found")
    role = call.world.level(call.repository, login)
    coarse = {"maintain": "write", "triage": "read"}.get(role, role)
    user = call.world.views.user(login)
    return Reply({"permission": coarse, "role_name": role, "user": user})


def list_branches(call: Call) -> Reply:
    return page(
        [
            {"name": name, "commit": {"sha": sha, "url": ""}, "protected": False}
            for name, sha in sorted(call.repository.git.branches().items())
        ]
    )


def get_branch(call: Call) -> Reply:
    sha = _tip(call, call.path["branch"])
    commit = call.repository.git.commit_object(sha)
    shown = call.world.views.commit(call.repository.full_name, commit)
    return Reply({"name": call.path["branch"], "commit": shown, "protected": False})


def get_ref(call: Call) -> Reply:
    return Reply(_ref(call, call.path["branch"], _tip(call, call.path["branch"])))


def matching_refs(call: Call) -> Reply:
    found = call.repository.git.branches(call.path["prefix"])
    return page([_ref(call, name, sha) for name, sha in sorted(found.items())])


def create_ref(call: Call) -> Reply:
    ref, sha = str(call.given("ref")), str(call.given("sha"))
    git = call.repository.git
    if not ref.startswith("refs/heads/") or git.resolve(sha) != sha:
        raise Refusal(422, "Object does not exist")
    if git.resolve(ref):
        raise Refusal(422, "Reference already exists")
    git.set_ref(ref, sha, "")
    branch = ref.removeprefix("refs/heads/")
    call.world.moved(call.repository, branch, None, sha, call.who.login)
    return Reply(_ref(call, branch, sha), 201)


def update_ref(call: Call) -> Reply:
    branch, sha = call.path["branch"], str(call.given("sha"))
    git = call.repository.git
    before = git.resolve(f"refs/heads/{branch}")
    if before is None:
        raise Refusal(422, "Reference does not exist")
    if git.resolve(sha) != sha:
        raise Refusal(422, "Object does not exist")
    if not call.body.get("force") and git.merge_base(before, sha) != before:
        raise Refusal(422, "Update is not a fast forward")
    git.set_ref(f"refs/heads/{branch}", sha, before)
    call.world.moved(call.repository, branch, before, sha, call.who.login)
    return Reply(_ref(call, branch, sha))


def delete_ref(call: Call) -> Reply:
    branch = call.path["branch"]
    before = call.repository.git.resolve(f"refs/heads/{branch}")
    if before is None:
        raise Refusal(422, "Reference does not exist")
    call.repository.git.delete_ref(f"refs/heads/{branch}")
    call.world.moved(call.repository, branch, before, None, call.who.login)
    return Reply(None, 204)


def get_tree(call: Call) -> Reply:
    recursive = "recursive" in call.query
    try:
        items = call.repository.git.tree(call.path["sha"], recursive=recursive)
    except GitError:
        raise Refusal(404, "Not Found") from None
    limit = call.world.tree_limit
    shown = []
    for item in items[:limit]:
        entry: Json = {"path": item.path, "mode": item.mode, "type": item.kind, "sha": item.sha}
        shown.append(entry | ({"size": item.size} if item.kind == "blob" else {}))
    return Reply({"sha": call.path["sha"], "tree": shown, "truncated": len(items) > limit})


def create_tree(call: Call) -> Reply:
    git = call.repository.git
    entries = []
    for item in call.given("tree"):
        sha = item.get("sha")
        if "content" in item:
            sha = git.write_blob(item["content"].encode())
        entries.append((item["mode"], item["path"], sha))
    try:
        sha = git.write_tree(call.body.get("base_tree"), entries)
    except GitError as error:
        raise Refusal(422, str(error)) from None
    tree = [
        {"path": item.path, "mode": item.mode, "type": item.kind, "sha": item.sha}
        for item in git.tree(sha, recursive=False)
    ]
    return Reply({"sha": sha, "tree": tree, "truncated": False}, 201)


def get_blob(call: Call) -> Reply:
    sha = call.path["sha"]
    try:
        content = call.repository.git.run("cat-file", "blob", sha)
    except GitError:
        raise Refusal(404, "Not Found") from None
    text = base64.encodebytes(content).decode()
    return Reply({"sha": sha, "size": len(content), "encoding": "base64", "content": text})


def create_blob(call: Call) -> Reply:
    content = str(call.given("content"))
    try:
        data = base64.b64decode(content) if call.body.get("encoding") == "base64" else None
    except binascii.Error:
        raise Refusal(422, "content is not valid Base64") from None
    sha = call.repository.git.write_blob(content.encode() if data is None else data)
    return Reply({"sha": sha, "url": ""}, 201)


def get_git_commit(call: Call) -> Reply:
    commit = call.repository.git.commit_object(_commit(call, call.path["sha"]))
    return Reply(call.world.views.git_commit(call.repository.full_name, commit))


def create_git_commit(call: Call) -> Reply:
    git = call.repository.git
    sha = git.write_commit(
        str(call.given("tree")),
        list(call.body.get("parents") or ()),
        str(call.given("message")),
        call.world.signature(call.who.login),
    )
    shown = call.world.views.git_commit(call.repository.full_name, git.commit_object(sha))
    return Reply(shown, 201)


def list_commits(call: Call) -> Reply:
    repository = call.repository
    start = _commit(call, call.query.get("sha") or repository.default_branch)
    found = repository.git.log(start, call.query.get("path"))
    return page(
        [
            call.world.views.commit(repository.full_name, repository.git.commit_object(sha))
            for sha in found[:300]
        ]
    )


def get_commit(call: Call) -> Reply:
    repository = call.repository
    commit = repository.git.commit_object(_commit(call, call.path["ref"]))
    parent = commit.parents[0] if commit.parents else _EMPTY_TREE
    files = _files(repository, parent, commit.sha)
    return Reply(call.world.views.commit(repository.full_name, commit) | {"files": files})


def compare(call: Call) -> Reply:
    repository = call.repository
    base, head = _commit(call, call.path["base"]), _commit(call, call.path["head"])
    ancestor = repository.git.merge_base(base, head)
    if ancestor is None:
        raise Refusal(404, "No common ancestor")
    ahead = repository.git.log(f"{base}..{head}")
    behind = repository.git.log(f"{head}..{base}")
    status = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    show = call.world.views.commit
    git = repository.git
    return Reply(
        {
            "url": "",
            "base_commit": show(repository.full_name, git.commit_object(base)),
            "merge_base_commit": show(repository.full_name, git.commit_object(ancestor)),
            "status": status.get((bool(ahead), bool(behind)), "identical"),
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [
                show(repository.full_name, git.commit_object(sha)) for sha in reversed(ahead[:250])
            ],
            "files": _files(repository, ancestor, head),
        }
    )


def tarball(call: Call) -> Reply:
    sha = _commit(call, call.path["ref"])
    full_name = call.repository.full_name
    return Reply(location=f"{call.world.views.url}/codeload/{full_name}/{sha}")


def codeload(call: Call) -> Reply:
    repository, sha = call.repository, call.path["sha"]
    prefix = f"--prefix={repository.owner}-{repository.name}-{sha[:7]}/"
    packed = repository.git.run("archive", "--format=tar.gz", prefix, sha)
    return Reply(raw=packed, content_type="application/x-gzip")


def _tip(call: Call, branch: str) -> str:
    sha = call.repository.git.resolve(f"refs/heads/{branch}")
    if sha is None:
        raise Refusal(404, "Not Found")
    return sha


def _commit(call: Call, name: str) -> str:
    git = call.repository.git
    found = git.resolve(f"refs/heads/{name}") or git.resolve(name)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _ref(call: Call, branch: str, sha: str) -> Json:
    url = f"{call.world.views.url}/repos/{call.repository.full_name}/git"
    return {
        "ref": f"refs/heads/{branch}",
        "node_id": f"REF_{branch}",
        "url": f"{url}/refs/heads/{branch}",
        "object": {"sha": sha, "type": "commit", "url": f"{url}/commits/{sha}"},
    }


def _files(repository: Repository, base: str, head: str) -> list[Json]:
    words = {"A": "added", "M": "modified", "D": "removed", "T": "changed"}
    return [
        {"filename": path, "status": words.get(letter, "modified"), "sha": None}
        for letter, path in repository.git.changed(base, head)
    ]


_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_REPO = "/repos/{owner}/{repo}"

ROUTES = (
    Route("GET", _REPO, get_repository, "metadata"),
    Route("GET", _REPO + "/collaborators/{user}/permission", get_permission, "metadata"),
    Route("GET", _REPO + "/branches", list_branches, "contents"),
    Route("GET", _REPO + "/branches/{branch*}", get_branch, "contents"),
    Route("GET", _REPO + "/git/ref/heads/{branch*}", get_ref, "contents"),
    Route("GET", _REPO + "/git/matching-refs/heads/{prefix*}", matching_refs, "contents"),
    Route("POST", _REPO + "/git/refs", create_ref, "contents", "write"),
    Route("PATCH", _REPO + "/git/refs/heads/{branch*}", update_ref, "contents", "write"),
    Route("DELETE", _REPO + "/git/refs/heads/{branch*}", delete_ref, "contents", "write"),
    Route("GET", _REPO + "/git/trees/{sha}", get_tree, "contents"),
    Route("POST", _REPO + "/git/trees", create_tree, "contents", "write"),
    Route("GET", _REPO + "/git/blobs/{sha}", get_blob, "contents"),
    Route("POST", _REPO + "/git/blobs", create_blob, "contents", "write"),
    Route("GET", _REPO + "/git/commits/{sha}", get_git_commit, "contents"),
    Route("POST", _REPO + "/git/commits", create_git_commit, "contents", "write"),
    Route("GET", _REPO + "/commits", list_commits, "contents"),
    Route("GET", _REPO + "/compare/{base}...{head}", compare, "contents"),
    Route("GET", _REPO + "/tarball/{ref*}", tarball, "contents"),
    Route("GET", "/codeload/{owner}/{repo}/{sha}", codeload, "contents"),
)
LAST_ROUTES = (Route("GET", _REPO + "/commits/{ref}", get_commit, "contents"),)
