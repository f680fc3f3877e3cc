"""`lotus serve`: the service, until a signal ends it."""

from __future__ import annotations

import asyncio

import click

from bot.cli import fail
from bot.clients.errors import ClientError
from bot.config import SettingsError, load

_WRONG_SETTINGS = 2


@click.command("serve", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Run the bot: webhooks, watches, the periodic resync.

    Settings come from LOTUS_… in the environment, or from the files that LOTUS_…_FILE names. Each
    that is missing or wrong is told, and the exit code is then 2; 1 where GitHub's key or the
    cluster make no sense.
    """
    try:
        settings = load()
    except SettingsError as error:
        fail("these settings have to be mended:\n" + _indented(str(error)), _WRONG_SETTINGS)
    from bot.app import run  # half a second, which a wrong setting need not wait for

    try:
        asyncio.run(run(settings))
    except ClientError as error:
        fail(str(error))


def _indented(lines: str) -> str:
    return "\n".join(f"  {line}" for line in lines.splitlines())
