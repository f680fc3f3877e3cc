"""Which of Airbyte's habits a version has. Read from its source by tag (`facts/airbyte-api.md`).

Below the rest of the simulator; data only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Airbyte's version: `Version.parse("1.8")`; comparable."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `1.8`, `v1.8` or `1.8.0`."""
        major, minor, *_ = (*text.removeprefix("v").split("."), "0")
        return cls(int(major), int(minor))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.0"

    @property
    def pages_actors(self) -> bool:
        """`sources/list` and `destinations/list` answer 20 items unless asked for more."""
        return self >= Version(1, 8)

    @property
    def lists_workspaces(self) -> bool:
        """`workspaces/list` exists."""
        return self <= Version(1, 6)

    @property
    def answers_refresh_with_job(self) -> bool:
        """`connections/refresh` answers `{job}`; before, a boolean."""
        return self >= Version(1, 5)

    @property
    def hides_messages(self) -> bool:
        """404, 500 and validation errors carry nothing but an `errorId`."""
        return self >= Version(2, 0)

    @property
    def stores_files(self) -> bool:
        """A stream's config has `includeFiles`."""
        return self >= Version(1, 8)

    @property
    def token_lifetime(self) -> int:
        """Seconds that an access token lives."""
        return 15 * 60 if self >= Version(1, 6) else 24 * 3600
