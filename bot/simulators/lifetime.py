"""What is started and stopped, as an async context.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Lifetime:
    """Started where the context begins, stopped where it ends."""

    async def start(self) -> None:
        """Begin; each simulator says what."""
        raise NotImplementedError

    async def stop(self) -> None:
        """End what was begun; what is held stays as it is."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
