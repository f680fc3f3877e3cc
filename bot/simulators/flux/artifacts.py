"""The files behind each artifact, as source-controller serves them to tofu-controller.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from bot.simulators.flux.sources import Git
from bot.simulators.flux.terraform import Key

Json = dict[str, Any]
_KEPT = 16


class Artifacts:
    """By source and revision; what is not at hand any more is read from Git again."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._files: OrderedDict[tuple[Key, str], Mapping[str, bytes]] = OrderedDict()

    async def store(self, source: Key, url: str, revision: str) -> Json:
        """Fetch and keep; `digest` and `size`. Raises `GitFailed`."""
        files = await self.files(source, url, revision)
        digest = hashlib.sha256()
        for path in sorted(files):
            digest.update(path.encode() + b"\0" + files[path] + b"\0")
        size = sum(len(content) for content in files.values())
        return {"digest": f"sha256:{digest.hexdigest()}", "size": size}

    async def files(self, source: Key, url: str, revision: str) -> Mapping[str, bytes]:
        """The tree; raises `GitFailed`."""
        place = source, revision
        if place not in self._files:
            sha = revision.rpartition(":")[2]
            self._files[place] = await self._git.files(url, sha)
        self._files.move_to_end(place)
        while len(self._files) > _KEPT:
            self._files.popitem(last=False)
        return self._files[place]
