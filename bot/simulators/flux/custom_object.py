"""A custom object as a pass works on it: a copy of its JSON, of which the status is changed. Pure.

A simulator: imports nothing of the bot. Below `git_repository` and `terraform`, which add what is
theirs.
"""

from __future__ import annotations

import copy
from typing import Any

Json = dict[str, Any]


class CustomObject:
    """The object's JSON, copied."""

    def __init__(self, document: Json) -> None:
        self.document = copy.deepcopy(document)
        self.document.setdefault("status", {})

    @property
    def metadata(self) -> Json:
        """Its metadata, to be read only."""
        return dict(self.document["metadata"])

    @property
    def spec(self) -> Json:
        """Its spec, to be read only."""
        return dict(self.document.get("spec") or {})

    @property
    def status(self) -> Json:
        """The status itself: what is changed here is changed."""
        found: Json = self.document["status"]
        return found

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return str(self.metadata.get("namespace", "default")), str(self.metadata["name"])

    @property
    def generation(self) -> int:
        """How often the spec was changed."""
        return int(self.metadata.get("generation", 1))
