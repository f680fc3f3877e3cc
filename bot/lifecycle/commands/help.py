"""`/lotus help`: the table, generated."""

from __future__ import annotations

from collections.abc import Iterable

from bot.lifecycle.commands.command import PREFIX, Answer, Call, Command
from bot.model.github import Permission

_HEARD = (
    "I hear commands in comments on an issue or a pull request, at the start of a line; not in a "
    "review, nor in comments on lines of code."
)


def _answer(call: Call) -> Answer:
    return Answer(help_text(call.rows))


def help_text(rows: Iterable[Command]) -> str:
    """The commands as a table."""
    head = "| command | who | what |\n| --- | --- | --- |\n"
    lines = (f"| `{PREFIX} {row.usage}` | {who(row.permission)} | {row.help} |" for row in rows)
    return head + "\n".join(lines) + f"\n\n{_HEARD}"


def who(needed: Permission) -> str:
    """A permission in words."""
    return "anyone" if needed is Permission.NONE else needed.value


HELP = Command("help", Permission.NONE, "this table", _answer, everywhere=True)
