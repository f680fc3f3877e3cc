"""A GitHub with an App, a repository and people, for the tests that need one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.simulators.clock import Clock
from bot.simulators.github import GitHub
from bot.simulators.github.server import EVENTS, PERMISSIONS
from bot.simulators.github.state import App

REPOSITORY = "octo/lake"
WEBHOOK_SECRET = "hush"
APP_ID = 7


@dataclass(frozen=True)
class Keys:
    """The App's key pair, PEM."""

    private: str
    public: str


@cache
def keys() -> Keys:
    """One pair for the whole run: making one takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Keys(private.decode(), public.decode())


@asynccontextmanager
async def running(
    folder: Path, clock: Clock | None = None, *, webhook_url: str = ""
) -> AsyncIterator[GitHub]:
    """GitHub with the App installed on `octo`, a repository with a README, anna who may write."""
    async with GitHub(clock or Clock(), folder) as github:
        github.register(
            App(
                APP_ID, "lotus-bot", keys().public, webhook_url, WEBHOOK_SECRET, PERMISSIONS, EVENTS
            )
        )
        github.create_repository(REPOSITORY)
        for login, permission in (("anna", "write"), ("adam", "admin"), ("rita", "read")):
            github.add_collaborator(REPOSITORY, login, permission)
        github.push(REPOSITORY, "main", {"README.md": b"# lake\n"}, message="Begin", login="anna")
        github.install("octo", announce=False)
        yield github
