"""`app.yml`: what the App asks of GitHub, and registering an App with exactly that.

An edge. https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import yaml

from bot.clients.errors import ClientError, Invalid, Refused, Unavailable
from bot.clients.github.decode import decoding
from bot.clients.github.transport import Credentials, Endpoint, Transport, part

_SYSTEM = "GitHub"
# A hook that is off needs an address all the same; this domain is reserved and nobody's.
NO_WEBHOOK = "https://example.com/lotus-bot-polls"


@dataclass(frozen=True, slots=True)
class AppManifest:
    """`app.yml`: permissions by GitHub's names with their level, and the events."""

    name: str
    description: str
    url: str
    public: bool
    permissions: Mapping[str, str]
    events: tuple[str, ...]

    def as_sent(self, name: str, redirect_url: str, webhook_url: str | None) -> dict[str, Any]:
        """What is posted to GitHub's page; without a webhook's address its hook is off."""
        return {
            "name": name,
            "description": self.description,
            "url": self.url,
            "public": self.public,
            "redirect_url": redirect_url,
            "hook_attributes": {
                "url": webhook_url or NO_WEBHOOK,
                "active": webhook_url is not None,
            },
            "default_permissions": dict(self.permissions),
            "default_events": list(self.events),
        }


@dataclass(frozen=True, slots=True)
class Registered:
    """An App that was just made; `webhook_secret` is None where GitHub made none."""

    app_id: str
    slug: str
    page: str
    private_key: str = field(repr=False)
    webhook_secret: str | None = field(repr=False)


def packaged() -> AppManifest:
    """The `app.yml` that this version of the bot was built with."""
    document = yaml.safe_load((resources.files("bot") / "app.yml").read_text())
    return AppManifest(
        name=document["name"],
        description=document["description"],
        url=document["url"],
        public=document["public"],
        permissions=document["default_permissions"],
        events=tuple(document["default_events"]),
    )


def registration_page(web_url: str, organization: str | None) -> str:
    """Where the manifest is posted to, for a person's own App or an organization's."""
    owner = f"/organizations/{part(organization)}" if organization else ""
    return f"{web_url}{owner}/settings/apps/new"


def api_url(web_url: str) -> str:
    """The REST API's base for GitHub's web address: github.com's own, or an Enterprise Server's."""
    return "https://api.github.com" if web_url == "https://github.com" else f"{web_url}/api/v3"


async def exchange(endpoint: Endpoint, code: str) -> Registered:
    """Trade the code, which is good once and for an hour, for the App and its key.

    Raises `Invalid` where GitHub does not take it. The code is in no message.
    """
    transport = Transport(endpoint, _nobody)
    try:
        answer = await transport.post(f"/app-manifests/{part(code)}/conversions", {})
    except Refused as error:
        words = "it does not take the code (used already, or older than an hour); begin again"
        raise Invalid(_SYSTEM, words, error.status) from None
    except ClientError:
        words = "the App is made, but its key could not be fetched: delete the App and begin again"
        raise Unavailable(_SYSTEM, words) from None
    with decoding("App from a manifest"):
        return Registered(
            app_id=str(int(answer["id"])),
            slug=str(answer["slug"]),
            page=str(answer["html_url"]),
            private_key=str(answer["pem"]),
            webhook_secret=answer.get("webhook_secret") or None,
        )


async def _nobody() -> Credentials:
    """No credentials: the code is all that is asked for."""
    return {}
