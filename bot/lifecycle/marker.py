"""The signed line in a comment of ours: what it is about, and what was known when it was written.

PURE. It finds a comment again and saves looking things up twice. It is a cache and never an
authority: people with write can edit the comment, so it is believed only with its signature, and
everything that is acted on is observed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LINE = re.compile(r"<!-- (lotus:[a-z-]+(?::[^ :]+)*) ([A-Za-z0-9_=-]*) ([0-9a-f]{32}) -->")


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with a key that is derived from the webhook secret."""

    key: bytes

    @classmethod
    def from_secret(cls, secret: str) -> Signer:
        """The key is another than the one that webhooks are signed with."""
        return cls(hmac.new(secret.encode(), b"lotus marker", hashlib.sha256).digest())

    def at(self, repository: str) -> Signer:
        """Signs for this repository: what is copied to another one is not ours there."""
        return Signer(hmac.new(self.key, repository.lower().encode(), hashlib.sha256).digest())

    def sign(self, text: str) -> str:
        """32 hexadecimal digits."""
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Marker:
    """`name` such as `lotus:preview:7`; `data` is what was known, for display only."""

    name: str
    data: Mapping[str, Any]


def line(signer: Signer, name: str, data: Mapping[str, Any]) -> str:
    """The HTML comment that stands at the head of what we write."""
    packed = base64.urlsafe_b64encode(json.dumps(data, sort_keys=True).encode()).decode()
    return f"<!-- {name} {packed} {signer.sign(f'{name} {packed}')} -->"


def start(name: str) -> str:
    """How the line begins: enough to find a comment of ours among ours."""
    return f"<!-- {name} "


def read(signer: Signer, body: str, expected: str = "") -> Marker | None:
    """The marker of a comment, None where there is none or where its signature is not ours.

    `expected` is its name, where that is known: any other was copied from elsewhere.
    """
    found = _LINE.search(body)
    if found is None:
        return None
    name, packed, signature = found.groups()
    if expected and name != expected:
        return None
    if not hmac.compare_digest(signer.sign(f"{name} {packed}"), signature):
        return None
    try:
        data = json.loads(base64.urlsafe_b64decode(packed))
    except (ValueError, binascii.Error):
        return None
    return Marker(name, data) if isinstance(data, dict) else None


def fingerprint(text: str) -> str:
    """A short name of a text: equal ones say the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
