"""Who is evaluated next: light modules pass heavy ones, and none is forgotten."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from bot.runtime.observe.turns import Turns


class Clocked(asyncio.SelectorEventLoop):
    """A loop whose clock a test moves."""

    now = 0.0

    def time(self) -> float:
        return self.now


async def settled() -> None:
    """Everybody who can go on has."""
    for _ in range(10):
        await asyncio.sleep(0)


class Evaluations:
    """Evaluations of modules whose seconds are known; they end when told, in `ended`'s order."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.turns = Turns()
        self.seconds = seconds
        self.ended: list[str] = []
        self.running = 0

    async def evaluate(self, module: str) -> None:
        async with self.turns.turn(module):
            self.running += 1
            assert self.running == 1
            await asyncio.sleep(0)
            loop = asyncio.get_running_loop()
            assert isinstance(loop, Clocked)
            loop.now += self.seconds[module]
            self.running -= 1
            self.ended.append(module)

    @contextlib.asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Somebody has the turn meanwhile."""
        async with self.turns.turn("busy"):
            yield
            await settled()


SECONDS = {"heavy": 7.0, "light": 0.1, "lighter": 0.05}


async def order(*arrivals: str | float) -> list[str]:
    """The order in which these end that arrive while another has the turn; numbers are seconds
    between arrivals. All were evaluated before."""
    made = Evaluations(SECONDS)
    for module in SECONDS:
        await made.evaluate(module)
    made.ended.clear()
    tasks = []
    async with made.busy():
        for each in arrivals:
            if isinstance(each, str):
                tasks.append(asyncio.ensure_future(made.evaluate(each)))
                await settled()
            else:
                loop = asyncio.get_running_loop()
                assert isinstance(loop, Clocked)
                loop.now += each
    await asyncio.gather(*tasks)
    return made.ended


@pytest.mark.parametrize(
    ("arrivals", "ended"),
    [
        (("light", "lighter", 1.0, "light"), ["lighter", "light", "light"]),
        (("heavy", "heavy", "light"), ["light", "heavy", "heavy"]),
        (("heavy", 6.0, "light"), ["light", "heavy"]),
        (("heavy", 8.0, "light"), ["heavy", "light"]),
    ],
)
def test_the_one_goes_first_that_would_be_done_first(
    arrivals: tuple[str | float, ...], ended: list[str]
) -> None:
    with asyncio.Runner(loop_factory=Clocked) as runner:
        assert runner.run(order(*arrivals)) == ended


async def cancelled(*, called: bool) -> list[str]:
    made = Evaluations(SECONDS)
    async with made.turns.turn("busy"):
        leaving = asyncio.ensure_future(made.evaluate("lighter"))
        staying = asyncio.ensure_future(made.evaluate("light"))
        await settled()
        if not called:
            leaving.cancel()
            await settled()
    leaving.cancel()  # where it was called, it has not taken its turn yet
    await asyncio.gather(staying, leaving, return_exceptions=True)
    await made.evaluate("heavy")
    return made.ended


@pytest.mark.parametrize("called", [False, True])
def test_who_leaves_keeps_nobody_waiting(*, called: bool) -> None:
    with asyncio.Runner(loop_factory=Clocked) as runner:
        assert runner.run(cancelled(called=called)) == ["light", "heavy"]
