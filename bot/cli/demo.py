"""`lotus demo`: a day on an example platform, with nothing but this machine."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click

from bot.cli import fail


@click.command()
@click.option("--width", type=click.IntRange(40, 200), help="Columns; the terminal's if not given.")
def command(width: int | None) -> None:
    """Play a day on an example platform: the real bot, everything around it simulated.

    A source is added, a stream is read again, a push breaks and is mended, a source is removed.
    Nothing leaves this machine. Takes under a minute; exits 0, or 1 where something did not come.
    """
    from rich.console import Console

    from bot.demo.clock import StoryClock
    from bot.demo.screen import Screen
    from bot.demo.stage import Stage
    from bot.demo.story import Story

    async def play(folder: Path) -> None:
        clock = StoryClock()
        screen = Screen(Console(width=width, highlight=False))
        async with Stage(clock, folder) as stage, stage.service():
            await Story(stage, clock, screen).play()

    with tempfile.TemporaryDirectory(prefix="lotus-demo-") as folder:
        try:
            asyncio.run(play(Path(folder)))
        except TimeoutError as error:
            fail(str(error))
        except KeyboardInterrupt:
            fail("stopped", 130)
