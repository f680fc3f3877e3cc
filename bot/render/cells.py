"""How many cells of a terminal a text takes. PURE.

The lowest of the terminal's parts. Nearly every text here is of signs that take one cell each; the
tables for all others are rich's, and are imported for a text that needs them.
"""

from __future__ import annotations

import re

_OTHER = re.compile("[^ -~\xa1-\xac\xae-\u02ff\u2010-\u2027\u2190-\u2199\u2500-\u257f\ufffd]")
"""What may take no cell, or two."""


def cell_len(text: str) -> int:
    """The cells that `text` takes."""
    if text.isascii() or not _OTHER.search(text):
        return len(text)
    from rich.cells import cell_len as measured  # only beyond what takes one cell

    return measured(text)


def chop_cells(text: str, width: int) -> list[str]:
    """`text` in stretches of at most `width` cells."""
    if text.isascii() or not _OTHER.search(text):
        return [text[start : start + width] for start in range(0, len(text), width)]
    from rich.cells import chop_cells as chopped  # as above

    return chopped(text, width)
