"""The files of an installation: the App's Secret, and a kustomization that puts it on an overlay.

The Secret's file is readable by its owner only, from its first byte on, and never overwritten:
it may hold the only copy of a key.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.clients.github.manifest import Registered

SECRET_FILE = "secret.yaml"  # noqa: S105 - a file's name
KUSTOMIZATION_FILE = "kustomization.yaml"
SECRET_NAME = "lotus-bot"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Target:
    """Where it is to run: a namespace, on one of the overlays in `manifests`."""

    folder: Path
    namespace: str
    overlay: Path
    github_api: str


def prepare(target: Target) -> None:
    """Make the folder; raises `FileExistsError` where a Secret is there, `OSError` otherwise.

    Called before the App is made, for afterwards its key would have nowhere to go.
    """
    target.folder.mkdir(parents=True, exist_ok=True)
    path = target.folder / SECRET_FILE
    if path.exists():
        raise FileExistsError(f"{path} is there already: it may hold the only copy of a key")
    if not os.access(target.folder, os.W_OK):
        raise PermissionError(f"{target.folder} cannot be written to")


def secret(app: Registered, webhook_secret: str, namespace: str) -> dict[str, Any]:
    """The Secret that the Deployment mounts."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET_NAME, "namespace": namespace},
        "type": "Opaque",
        "stringData": {
            "app-id": app.app_id,
            "private-key": app.private_key,
            "webhook-secret": webhook_secret,
        },
    }


def write_secret(target: Target, document: dict[str, Any]) -> Path:
    """The Secret's file, mode 0600; raises `FileExistsError`."""
    path = target.folder / SECRET_FILE
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        yaml.safe_dump(document, file, sort_keys=False)
    return path


def write_kustomization(target: Target, *, with_secret: bool) -> Path:
    """What `kubectl apply -k` takes: the overlay in this namespace, for this GitHub."""
    overlay = os.path.relpath(target.overlay.resolve(), target.folder.resolve())
    document: dict[str, Any] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": target.namespace,
        "resources": [overlay, *([SECRET_FILE] if with_secret else [])],
    }
    if target.github_api != "https://api.github.com":
        document["patches"] = [_github(target.github_api)]
    path = target.folder / KUSTOMIZATION_FILE
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def _github(url: str) -> dict[str, Any]:
    """A patch for a GitHub Enterprise Server."""
    container = {"name": "lotus-bot", "env": [{"name": "LOTUS_GITHUB_URL", "value": url}]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "lotus-bot"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    return {"patch": yaml.safe_dump(deployment, sort_keys=False)}
