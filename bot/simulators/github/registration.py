"""Registering an App from a manifest: GitHub's page, the way back with a code, the conversion.

A simulator: imports nothing of the bot. The page is GitHub's own web site and no REST, so it is
served beside the gate. A code is good once, and for an hour.
https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import html
import json
import secrets
from datetime import timedelta
from urllib.parse import urlencode

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.simulators.github.rest import Call, Json, Refusal, Reply, Route
from bot.simulators.github.state import App, Offer
from bot.simulators.github.world import World

_HOUR = timedelta(hours=1)


class ManifestPage:
    """`POST /settings/apps/new` shows the manifest; its button makes the App and goes back."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """For a person's own Apps and for an organization's."""
        for prefix in ("", "/organizations/{organization}"):
            router.add_post(f"{prefix}/settings/apps/new", self._show)
            router.add_post(f"{prefix}/settings/apps/create", self._create)

    async def _show(self, request: web.Request) -> web.Response:
        manifest = _manifest(str((await request.post()).get("manifest", "")))
        problem = _problem(manifest)
        if problem:
            return web.Response(text=f"Invalid GitHub App configuration. {problem}", status=422)
        fields = {
            "manifest": json.dumps(manifest),
            "state": request.query.get("state", ""),
        }
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
            for name, value in fields.items()
        )
        action = request.path.removesuffix("new") + "create"
        name = html.escape(str(manifest["name"]))
        page = (
            f'<!doctype html><title>Register GitHub App</title><form method="post" '
            f'action="{action}">{inputs}<input name="name" value="{name}">'
            f"<button>Create GitHub App</button></form>"
        )
        return web.Response(text=page, content_type="text/html")

    async def _create(self, request: web.Request) -> web.Response:
        form = await request.post()
        manifest = _manifest(str(form["manifest"])) | {"name": str(form["name"])}
        code = secrets.token_hex(20)
        owner = request.match_info.get("organization", "me")
        self._world.offers[code] = Offer(manifest, owner, self._world.clock.now() + _HOUR)
        query = urlencode({"code": code, "state": str(form["state"])})
        return web.Response(status=302, headers={"Location": f"{manifest['redirect_url']}?{query}"})


def convert(call: Call) -> Reply:
    offer = call.world.offers.pop(call.path["code"], None)
    if offer is None or offer.until < call.world.clock.now():
        raise Refusal(404, "Not Found")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    hook = offer.manifest.get("hook_attributes") or {}
    hooked = bool(hook) and hook.get("active", True)
    app = App(
        id=call.world.next_id(),
        slug=str(offer.manifest["name"]).lower().replace(" ", "-"),
        public_key=_public(key),
        webhook_url=str(hook["url"]) if hooked else "",
        webhook_secret=secrets.token_hex(20) if hooked else "",
        permissions=dict(offer.manifest["default_permissions"]) | {"metadata": "read"},
        events=list(offer.manifest["default_events"]),
    )
    call.world.app = app
    call.world.person(app.login, "Bot")
    call.world.person(offer.owner)
    body = call.world.views.app(app) | {
        "name": offer.manifest["name"],
        "owner": call.world.views.user(offer.owner),
        "client_id": "Iv1.0123456789abcdef",
        "client_secret": secrets.token_hex(20),
        "webhook_secret": app.webhook_secret or None,
        "pem": _private(key),
    }
    return Reply(body, 201)


def _manifest(text: str) -> Json:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise web.HTTPUnprocessableEntity(text="The manifest is not valid JSON.")
    return found


def _problem(manifest: Json) -> str:
    """What GitHub says of a manifest that it does not take, "" for one that it takes."""
    for name in ("name", "url", "redirect_url"):
        if not manifest.get(name):
            return f'Error: "{name}" wasn\'t supplied.'
    hook = manifest.get("hook_attributes")
    if hook is not None and not hook.get("url"):
        return 'Error: "url" wasn\'t supplied.'  # GitHub names the field without its parent
    unknown = set(manifest.get("default_events", ())) - _EVENTS.keys()
    if unknown:
        return f"Default events unsupported: {', '.join(sorted(unknown))}"
    for event in manifest.get("default_events", ()):
        if _EVENTS[event] not in manifest.get("default_permissions", {}):
            return f"Default events are not supported by permissions: {event}"
    return ""


# The permission without which GitHub does not let an App subscribe to an event.
_EVENTS = {
    "check_run": "checks",
    "check_suite": "checks",
    "issue_comment": "issues",
    "merge_group": "merge_queues",
    "pull_request": "pull_requests",
    "push": "contents",
}


def _private(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def _public(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


ROUTES = (
    Route("POST", "/app-manifests/{code}/conversions", convert),
    # Where an Enterprise Server has its API, beside its pages.
    Route("POST", "/api/v3/app-manifests/{code}/conversions", convert),
)
