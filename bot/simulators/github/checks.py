"""Check runs.

A simulator: imports nothing of the bot. https://docs.github.com/rest/checks/runs
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.simulators.github.rest import Call, Json, Refusal, Reply, Route, page
from bot.simulators.github.state import App, CheckRun

_ACTION = {"label": 20, "description": 40, "identifier": 20}
_STATUSES = ("queued", "in_progress", "completed")
_CONCLUSIONS = (
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "success",
    "skipped",
    "stale",
    "timed_out",
)


def create(call: Call) -> Reply:
    sha = str(call.given("head_sha"))
    if call.repository.git.resolve(sha) != sha:
        raise Refusal(422, f"No commit found for SHA: {sha}")
    now = call.world.clock.now()
    check = CheckRun(
        call.world.next_id(),
        call.repository.full_name,
        sha,
        str(call.given("name")),
        "queued",
        now,
    )
    _change(call, check)
    call.world.checks[check.id] = check
    _announce(call, check, "created")
    return Reply(call.world.views.check_run(check, _app(call)), 201)


def update(call: Call) -> Reply:
    check = _check(call)
    done = check.status == "completed"
    _change(call, check)
    if check.status == "completed" and not done:
        _announce(call, check, "completed")
    return Reply(call.world.views.check_run(check, _app(call)))


def get(call: Call) -> Reply:
    return Reply(call.world.views.check_run(_check(call), _app(call)))


def list_annotations(call: Call) -> Reply:
    return page(_check(call).annotations)


def list_for_ref(call: Call) -> Reply:
    sha, name = call.repository.git.resolve(call.path["ref"]), call.query.get("check_name")
    latest: dict[str, CheckRun] = {}
    every = []
    for check in call.world.checks.values():
        if check.repository != call.repository.full_name or check.head_sha != sha:
            continue
        if name is None or check.name == name:
            latest[check.name] = check
            every.append(check)
    found = every if call.query.get("filter") == "all" else list(latest.values())
    app = _app(call)
    return page([call.world.views.check_run(item, app) for item in found], "check_runs")


def _change(call: Call, check: CheckRun) -> None:
    body: Json = call.body or {}
    output = body.get("output") or {}
    if len(output.get("annotations") or ()) > 50:
        raise Refusal(
            422, "Invalid request.\n\nNo more than 50 items are allowed; 51 were supplied."
        )
    if output and not (output.get("title") and "summary" in output):
        raise Refusal(422, 'Invalid request.\n\n"title", "summary" weren\'t supplied.')
    if len(output.get("summary") or "") > 65535:
        raise Refusal(422, "Only 65535 characters are allowed")
    if body.get("status", "queued") not in _STATUSES:
        raise Refusal(422, "Invalid status")
    if body.get("conclusion", "success") not in _CONCLUSIONS:
        raise Refusal(422, "Invalid conclusion")
    _actions(body.get("actions") or ())
    check.name = body.get("name", check.name)
    check.external_id = body.get("external_id", check.external_id)
    check.title = output.get("title", check.title)
    check.summary = output.get("summary", check.summary)
    check.text = output.get("text", check.text)
    check.annotations = check.annotations + list(output.get("annotations") or ())
    check.actions = list(body.get("actions", check.actions))
    check.status = body.get("status", check.status)
    if "conclusion" in body:
        check.status, check.conclusion = "completed", body["conclusion"]
        check.completed_at = call.world.clock.now()
    elif check.status != "completed":
        check.conclusion, check.completed_at = None, None


def _actions(actions: Sequence[Json]) -> None:
    """https://docs.github.com/rest/checks/runs: three at most, each with three short texts."""
    if len(actions) > 3:
        told = f"No more than 3 items are allowed; {len(actions)} were supplied."
        raise Refusal(422, f"Invalid request.\n\n{told}")
    for action in actions:
        for name, longest in _ACTION.items():
            text = action.get(name)
            if not isinstance(text, str) or not text:
                raise Refusal(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
            if len(text) > longest:
                raise Refusal(
                    422,
                    f"Invalid request.\n\nOnly {longest} characters are allowed; "
                    f"{len(text)} were supplied.",
                )


def _announce(call: Call, check: CheckRun, action: str) -> None:
    shown = call.world.views.check_run(check, _app(call))
    body = {"check_run": shown}
    call.world.announce(check.repository, "check_run", action, call.who.login, body)


def _check(call: Call) -> CheckRun:
    found = call.world.checks.get(call.number("check"))
    if found is None or found.repository != call.repository.full_name:
        raise Refusal(404, "Not Found")
    return found


def _app(call: Call) -> App:
    if call.world.app is None or call.who.kind == "nobody":
        raise Refusal(403, "You must authenticate via a GitHub App.")
    return call.world.app


_REPO = "/repos/{owner}/{repo}"

ROUTES = (
    Route("POST", _REPO + "/check-runs", create, "checks", "write"),
    Route("GET", _REPO + "/check-runs/{check}", get, "checks"),
    Route("PATCH", _REPO + "/check-runs/{check}", update, "checks", "write"),
    Route("GET", _REPO + "/check-runs/{check}/annotations", list_annotations, "checks"),
    Route("GET", _REPO + "/commits/{ref}/check-runs", list_for_ref, "checks"),
)
