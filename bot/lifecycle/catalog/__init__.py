"""A connection's `_catalog.json`: its quiet form, its generation, what Airbyte would refuse. PURE.

JSON in, JSON and words out; knows neither files nor Git.
"""

from bot.lifecycle.catalog.differences import differences
from bot.lifecycle.catalog.generate import StreamFile, Unreadable, generated, stream_files
from bot.lifecycle.catalog.quiet import Quieted, is_quiet, quieted
from bot.lifecycle.catalog.refusals import refused
from bot.lifecycle.catalog.shape import Change, NotACatalogError
from bot.lifecycle.catalog.text import written

__all__ = [
    "Change",
    "NotACatalogError",
    "Quieted",
    "StreamFile",
    "Unreadable",
    "differences",
    "generated",
    "is_quiet",
    "quieted",
    "refused",
    "stream_files",
    "written",
]
