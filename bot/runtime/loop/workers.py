"""A pool of workers on one queue: an error of one key never touches another.

Knows the three forms of an error (wait, stop, unexpected) only as what the handler raises or
returns; what a key means is the handler's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from bot.clients.errors import ClientError, Unavailable
from bot.runtime.loop.queue import Closed, Queue

K = TypeVar("K", bound=Hashable)

log = structlog.get_logger(__name__)

Handler = Callable[[K], Awaitable[float | None]]
"""Works on one key; returns the seconds after which to look again, None: when there is news."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong last with a key, in words that hold no secret, and how often in a row."""

    message: str
    count: int


class Workers(Generic[K]):
    """`deadline` seconds for one key: what hangs is cut off and looked at again."""

    def __init__(self, queue: Queue[K], handler: Handler[K], deadline: float) -> None:
        self._queue = queue
        self._handler = handler
        self._deadline = deadline
        self._tasks: list[asyncio.Task[None]] = []
        self.failures: dict[K, Failure] = {}

    def start(self, count: int) -> None:
        """Begin with so many workers."""
        self._tasks = [asyncio.create_task(self._work()) for _ in range(count)]

    async def stop(self, grace: float) -> None:
        """Take nothing new; let what has begun end within `grace` seconds, then cut it off.

        What is cut off is not lost: every effect is idempotent, and all is observed again.
        """
        self._queue.close()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            try:
                key = await self._queue.take()
            except Closed:
                return
            await self._one(key)

    async def _one(self, key: K) -> None:
        try:
            async with asyncio.timeout(self._deadline):
                again = await self._handler(key)
        except ClientError as error:
            self._failed(key, str(error), error.after if isinstance(error, Unavailable) else None)
        except TimeoutError:
            self._failed(key, f"not done within {self._deadline:.0f} s")
        except Exception as error:
            # Its message may hold anything, a secret too: the type and the place are enough.
            self._failed(key, f"unexpected {type(error).__name__} (see the log)")
            log.error("unexpected", key=str(key), error=type(error).__name__, at=_place(error))
        else:
            self.failures.pop(key, None)
            self._queue.done(key, again)

    def _failed(self, key: K, message: str, at_least: float | None = None) -> None:
        seconds = self._queue.retry(key, at_least)
        self.failures[key] = Failure(message, self._queue.failures(key))
        log.warning("failed", key=str(key), reason=message, again_in=round(seconds, 1))


def _place(error: BaseException) -> list[str]:
    """Where it was raised, innermost last: file, line and function, without values."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/bot/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-6:]
