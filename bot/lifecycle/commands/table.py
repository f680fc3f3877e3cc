"""The table: all that can be asked for, in the order of its help; the first that fits is meant.

PURE.
"""

from __future__ import annotations

from bot.lifecycle.commands.backfill import BACKFILL
from bot.lifecycle.commands.backfill_cancel import BACKFILL_CANCEL
from bot.lifecycle.commands.backfill_status import BACKFILL_STATUS
from bot.lifecycle.commands.backfill_sync import BACKFILL_SYNC
from bot.lifecycle.commands.catalog import CATALOG
from bot.lifecycle.commands.drift import DRIFT
from bot.lifecycle.commands.help import HELP
from bot.lifecycle.commands.keep_state import KEEP_STATE, KEEP_STATE_CANCEL
from bot.lifecycle.commands.orphans import ORPHANS
from bot.lifecycle.commands.orphans_adopt import ORPHANS_ADOPT
from bot.lifecycle.commands.orphans_delete import ORPHANS_DELETE
from bot.lifecycle.commands.plan import PLAN
from bot.lifecycle.commands.rebuild import REBUILD
from bot.lifecycle.commands.reconcile import RECONCILE
from bot.lifecycle.commands.secrets_refresh import SECRETS_REFRESH
from bot.lifecycle.commands.status import STATUS
from bot.lifecycle.commands.suspend import RESUME, SUSPEND
from bot.lifecycle.commands.unlock import UNLOCK
from bot.lifecycle.commands.why import WHY

TABLE = (
    HELP,
    STATUS,
    PLAN,
    WHY,
    RECONCILE,
    BACKFILL_STATUS,
    BACKFILL_SYNC,
    BACKFILL_CANCEL,
    BACKFILL,
    CATALOG,
    DRIFT,
    ORPHANS,
    ORPHANS_DELETE,
    ORPHANS_ADOPT,
    KEEP_STATE,
    KEEP_STATE_CANCEL,
    SECRETS_REFRESH,
    UNLOCK,
    SUSPEND,
    RESUME,
    REBUILD,
)
