"""The second rung: the controller's own plan of a pull request's head, held against ours. PURE.

`decide_confirm` is one step, from what was observed; `decide_sweep` is for what nobody looks after.
A plan runs the pull request's code with production credentials: never of a fork, only for people
with write at a head that they saw, and by a copy that cannot apply.
"""

from bot.lifecycle.confirm.comparison import fingerprint
from bot.lifecycle.confirm.decide import Confirming, decide_confirm
from bot.lifecycle.confirm.observed import ConfirmObserved, StoredPlan
from bot.lifecycle.confirm.record import Confirmation, Stage, packed, unpacked
from bot.lifecycle.confirm.request import Request, Wishes, wanted
from bot.lifecycle.confirm.slots import Slot, source_copy_from, terraform_copy_from
from bot.lifecycle.confirm.sweep import decide_sweep

__all__ = [
    "ConfirmObserved",
    "Confirmation",
    "Confirming",
    "Request",
    "Slot",
    "Stage",
    "StoredPlan",
    "Wishes",
    "decide_confirm",
    "decide_sweep",
    "fingerprint",
    "packed",
    "source_copy_from",
    "terraform_copy_from",
    "unpacked",
    "wanted",
]
