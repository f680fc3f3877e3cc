"""The App's own endpoints: itself, its installations, their tokens, its webhooks' deliveries.

A simulator: imports nothing of the bot. https://docs.github.com/rest/apps
"""

from __future__ import annotations

from datetime import timedelta

from bot.simulators.github.rest import Call, Json, Refusal, Reply, Route, page
from bot.simulators.github.state import App, Installation, Token
from bot.simulators.github.views import stamp
from bot.simulators.github.webhooks import Delivery


def _app(call: Call) -> App:
    if call.world.app is None:
        raise Refusal(404, "Not Found")
    return call.world.app


def _installation(call: Call) -> Installation:
    found = call.world.installations.get(call.number("installation"))
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def get_app(call: Call) -> Reply:
    app = _app(call)
    count = len(call.world.installations)
    return Reply(call.world.views.app(app) | {"installations_count": count})


def get_hook(call: Call) -> Reply:
    """GitHub never tells whether the hook is on; an App without one has no address there."""
    url = _app(call).webhook_url
    return Reply({"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url})


def list_installations(call: Call) -> Reply:
    app = _app(call)
    found = call.world.installations.values()
    return page([call.world.views.installation(item, app) for item in found])


def get_repository_installation(call: Call) -> Reply:
    found = call.world.installation_of(call.repository.full_name)
    if found is None:
        raise Refusal(404, "Not Found")
    return Reply(call.world.views.installation(found, _app(call)))


def create_token(call: Call) -> Reply:
    installation = _installation(call)
    if installation.suspended_at:
        raise Refusal(403, "This installation has been suspended")
    text = f"ghs_{call.world.next_id():036d}"
    ends = call.world.clock.now() + timedelta(hours=1)
    call.world.tokens[text] = Token(ends, installation=installation.id)
    body = {
        "token": text,
        "expires_at": stamp(ends),
        "permissions": installation.permissions,
        "repository_selection": "all" if installation.repositories is None else "selected",
    }
    return Reply(body, 201)


def list_repositories(call: Call) -> Reply:
    if call.who.installation is None:
        raise Refusal(403, "Resource not accessible by personal access token")
    seen = [
        repository
        for repository in call.world.repositories.values()
        if (found := call.world.installation_of(repository.full_name))
        and found.id == call.who.installation
    ]
    return page([call.world.views.repository(item) for item in seen], "repositories")


def list_deliveries(call: Call) -> Reply:
    newest = sorted(call.world.webhooks.deliveries, key=lambda item: -item.id)
    return page([_delivery(item) for item in newest])


def get_delivery(call: Call) -> Reply:
    found = _found(call)
    request = {"headers": {"X-GitHub-Event": found.event}, "payload": found.payload}
    response = {"headers": {}, "payload": ""}
    return Reply(_delivery(found) | {"url": "", "request": request, "response": response})


def redeliver(call: Call) -> Reply:
    call.world.webhooks.redeliver(_app(call), _found(call))
    return Reply({}, 202)


def _found(call: Call) -> Delivery:
    number = call.number("delivery")
    for delivery in call.world.webhooks.deliveries:
        if delivery.id == number:
            return delivery
    raise Refusal(404, "Not Found")


def _delivery(delivery: Delivery) -> Json:
    repository = delivery.payload.get("repository") or {}
    installation = delivery.payload.get("installation") or {}
    ok = 200 <= delivery.status_code < 300
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": stamp(delivery.delivered_at),
        "redelivery": delivery.redelivery,
        "duration": 0.1,
        "status": "OK" if ok else "Invalid HTTP Response",
        "status_code": delivery.status_code or 502,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": installation.get("id"),
        "repository_id": repository.get("id"),
    }


ROUTES = (
    Route("GET", "/app", get_app, "app"),
    Route("GET", "/app/installations", list_installations, "app"),
    Route("GET", "/repos/{owner}/{repo}/installation", get_repository_installation, "app"),
    Route("POST", "/app/installations/{installation}/access_tokens", create_token, "app"),
    Route("GET", "/installation/repositories", list_repositories),
    Route("GET", "/app/hook/config", get_hook, "app"),
    Route("GET", "/app/hook/deliveries", list_deliveries, "app"),
    Route("GET", "/app/hook/deliveries/{delivery}", get_delivery, "app"),
    Route("POST", "/app/hook/deliveries/{delivery}/attempts", redeliver, "app"),
)
