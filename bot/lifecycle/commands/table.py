"""The table: all that can be asked for. PURE."""

from __future__ import annotations

from bot.lifecycle.commands.help import HELP
from bot.lifecycle.commands.plan import PLAN
from bot.lifecycle.commands.reconcile import RECONCILE
from bot.lifecycle.commands.status import STATUS

TABLE = (HELP, STATUS, PLAN, RECONCILE)
