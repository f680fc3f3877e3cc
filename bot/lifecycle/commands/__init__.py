"""Slash commands: one command is one file, `table` has them all, `manners` answers them. PURE."""

from bot.lifecycle.commands.command import Command, CommandObserved
from bot.lifecycle.commands.manners import (
    CommandDecision,
    asked,
    decide_command,
    greeting,
    is_answered,
    needed,
    needed_then,
    not_done,
    not_marked,
    not_seen,
    reply_name,
    table,
)
from bot.lifecycle.commands.parsing import Asked
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.commands.table import TABLE

__all__ = [
    "TABLE",
    "Asked",
    "Command",
    "CommandDecision",
    "CommandObserved",
    "Need",
    "asked",
    "decide_command",
    "greeting",
    "is_answered",
    "needed",
    "needed_then",
    "not_done",
    "not_marked",
    "not_seen",
    "reply_name",
    "table",
]
