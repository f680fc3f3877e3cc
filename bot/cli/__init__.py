"""The command line: a thin edge over everything else. One verb is one file beside this one.

Verbs are imported when they are called: `lotus plan` must not pay for the web server.
"""

from __future__ import annotations

import importlib
import sys
from typing import IO, Any, NoReturn

import click

_VERBS = {
    "plan": "predict what OpenTofu would plan, from a local clone",
    "serve": "run the bot: webhooks, watches, the periodic resync",
    "demo": "play a day on an example platform, with nothing but this machine",
    "setup": "create the GitHub App, and print the line that installs the bot",
    "doctor": "check what the bot needs, and say how to mend what is missing",
}


class _Verbs(click.Group):
    """A group whose members are modules of this package, found by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        if cmd_name not in _VERBS:
            return None
        verb: click.Command = importlib.import_module(f"bot.cli.{cmd_name}").command
        return verb

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl(list(_VERBS.items()))


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lotus-bot", prog_name="lotus")
def main() -> None:
    """lotus-bot watches GitOps for Airbyte: it predicts plans, follows applies, ends backfills."""


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong on standard error and leave with `code`."""
    click.echo(f"lotus: {message}", err=True)
    sys.exit(code)


class Failure(click.ClickException):
    """Something that a person has to mend; the message says what and where. Exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's
        """One message on standard error, as `fail` prints it."""
        click.echo(f"lotus: {self.message}", err=True)
