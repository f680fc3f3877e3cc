"""What a plan stands on besides the configuration.

Beside `prior` in `bot.plan.engine`; data only.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from bot.plan.engine.inputs import Inputs
from bot.plan.engine.prior import Prior
from bot.plan.files import Files
from bot.plan.providers import Schemas


class Facts(Struct):
    """What the plan stands on besides the configuration.

    `as_applied`: everything is taken to be applied at once, so that what the apply would tell is a
    constant that nobody gave (the base, where there is no state: `no_state`, for both sides).
    """

    files: Files
    inputs: Inputs
    priors: dict[str, Prior]
    as_applied: bool = False
    no_state: bool = False
    live: Mapping[str, object] | None = None
    schemas: Schemas = field(default_factory=dict)
