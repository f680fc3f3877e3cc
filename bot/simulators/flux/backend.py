"""The tool's `kubernetes` backend: the state in a Secret, its lock in a Lease.

A simulator: imports nothing of the bot. Names and contents are the tool's
(`facts/tofu-controller.md`; https://opentofu.org/docs/language/settings/backends/kubernetes/).
"""

from __future__ import annotations

import base64
import gzip
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.simulators.flux import durations, state
from bot.simulators.flux.api import Api, ApiError

Json = dict[str, Any]
_INFO = "app.terraform.io/lock-info"


class Locked(Exception):
    """Somebody else holds the state; `identifier` is the lock's."""

    def __init__(self, identifier: str, text: str) -> None:
        super().__init__(text)
        self.identifier = identifier
        self.text = text


class Backend:
    """One state: `workspace` and `suffix` make its names."""

    def __init__(
        self, api: Api, namespace: str, workspace: str, suffix: str, now: Callable[[], datetime]
    ) -> None:
        self._api = api
        self._namespace = namespace
        self._workspace = workspace
        self._suffix = suffix
        self._now = now
        self.secret = f"tfstate-{workspace}-{suffix}"
        self.lease = f"lock-{self.secret}"

    async def initialize(self) -> None:
        """An empty state, where there is none. Raises `Locked`."""
        if await self._api.get("Secret", self._namespace, self.secret) is not None:
            return
        lock = await self.lock("init")
        await self._api.create("Secret", self._namespace, self._document(None))
        await self.write(state.empty(str(uuid.uuid4())))
        await self.unlock(lock)

    async def read(self) -> Json | None:
        """The state, None where there is none."""
        secret = await self._api.get("Secret", self._namespace, self.secret)
        packed = ((secret or {}).get("data") or {}).get("tfstate")
        return json.loads(gzip.decompress(base64.b64decode(packed))) if packed else None

    async def write(self, document: Json) -> None:
        """Put the state."""
        packed = base64.b64encode(gzip.compress(json.dumps(document).encode(), mtime=0)).decode()
        change = {"data": {"tfstate": packed}}
        try:
            await self._api.patch("Secret", self._namespace, self.secret, change)
        except ApiError as error:
            if error.code != 404:
                raise
            await self._api.create("Secret", self._namespace, self._document(packed))

    async def lock(self, operation: str) -> str:
        """Take the lock; its identifier. Raises `Locked`."""
        identifier = str(uuid.uuid4())
        lease = await self._api.get("Lease", self._namespace, self.lease)
        held = ((lease or {}).get("spec") or {}).get("holderIdentity")
        if lease is not None and held:
            raise _locked(lease, held)
        info = self._info(identifier, operation)
        try:
            await self._put(lease, info, identifier)
        except ApiError as error:
            if error.code != 409:
                raise
            return await self.lock(operation)
        return identifier

    async def _put(self, lease: Json | None, info: str, identifier: str) -> None:
        spec, annotations = {"holderIdentity": identifier}, {_INFO: info}
        if lease is None:
            metadata = {"name": self.lease, "labels": self._labels(), "annotations": annotations}
            body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
            document = {**body, "metadata": metadata, "spec": spec}
            await self._api.create("Lease", self._namespace, document)
            return
        lease["metadata"]["annotations"] = annotations
        await self._api.replace("Lease", self._namespace, {**lease, "spec": spec})

    async def unlock(self, identifier: str) -> None:
        """Give it back, if it is still the one."""
        lease = await self._api.get("Lease", self._namespace, self.lease)
        if not lease or (lease.get("spec") or {}).get("holderIdentity") != identifier:
            return
        change = {"metadata": {"annotations": {_INFO: None}}, "spec": {"holderIdentity": None}}
        await self._api.patch("Lease", self._namespace, self.lease, change)

    def _labels(self) -> dict[str, str]:
        return {
            "app.kubernetes.io/managed-by": "terraform",
            "tfstate": "true",
            "tfstateSecretSuffix": self._suffix,
            "tfstateWorkspace": self._workspace,
        }

    def _document(self, packed: str | None) -> Json:
        metadata = {"name": self.secret, "labels": self._labels()}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "Opaque",
            "metadata": {**metadata, "annotations": {"encoding": "gzip"}},
            "data": {"tfstate": packed} if packed else {},
        }

    def _info(self, identifier: str, operation: str) -> str:
        return json.dumps(
            {
                "ID": identifier,
                "Operation": operation,
                "Info": "",
                "Who": "runner@tf-runner",
                "Version": state.TOOL,
                "Created": durations.micro_stamp(self._now()),
                "Path": "",
            }
        )


def _locked(lease: Json, held: str) -> Locked:
    raw = (lease["metadata"].get("annotations") or {}).get(_INFO) or "{}"
    info = {"ID": held, **json.loads(raw)}
    created = str(info.get("Created", ""))
    shown = durations.parse(created) if created else None
    lines = {
        "ID:        ": info["ID"],
        "Path:      ": info.get("Path") or " ",
        "Operation: ": info.get("Operation", ""),
        "Who:       ": info.get("Who", ""),
        "Version:   ": info.get("Version") or " ",
        "Created:   ": f"{shown:%Y-%m-%d %H:%M:%S} +0000 UTC" if shown else "",
    }
    text = "".join(f"  {label}{value}\n" for label, value in lines.items())
    return Locked(str(info["ID"]), f"error acquiring the state lock: Lock Info:\n{text}")
