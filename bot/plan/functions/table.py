"""Every built-in function of OpenTofu 1.10 by its name.

Above the areas in `bot.plan.functions`; an area is one file with one table.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from bot.plan.functions.collections import COLLECTIONS
from bot.plan.functions.conversion import CONVERSION
from bot.plan.functions.datetime import DATETIME
from bot.plan.functions.encoding import ENCODING
from bot.plan.functions.filesystem import FILESYSTEM
from bot.plan.functions.formatting import FORMATTING
from bot.plan.functions.hashing import HASHING
from bot.plan.functions.network import NETWORK
from bot.plan.functions.numeric import NUMERIC
from bot.plan.functions.patterns import PATTERNS
from bot.plan.functions.sequences import SEQUENCES
from bot.plan.functions.sets import SETS
from bot.plan.functions.signature import Function
from bot.plan.functions.strings import STRINGS

FUNCTIONS: Mapping[str, Function] = {
    **COLLECTIONS,
    **CONVERSION,
    **DATETIME,
    **ENCODING,
    **FILESYSTEM,
    **FORMATTING,
    **HASHING,
    **NETWORK,
    **NUMERIC,
    **PATTERNS,
    **SEQUENCES,
    **SETS,
    **STRINGS,
}


def find(name: str) -> Function | None:
    """The function of that name, with or without `core::`."""
    return FUNCTIONS.get(name.removeprefix("core::"))


def suggestion(name: str) -> str | None:
    """The function that was probably meant."""
    near = difflib.get_close_matches(name, [*FUNCTIONS, "try", "can"], n=1, cutoff=0.7)
    return near[0] if near else None
