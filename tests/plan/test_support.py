"""The table of what is supported is what the code says."""

from __future__ import annotations

from pathlib import Path

from bot.plan import support
from bot.plan.configuration.decode import BLOCKS
from bot.plan.providers import KNOWN

DOCUMENT = Path(__file__).parents[2] / "docs" / "prediction.md"


def test_the_document_is_not_stale() -> None:
    wanted = "\n".join(support.lines()) + "\n"
    assert DOCUMENT.read_text() == wanted, "python -m bot.plan.support > docs/prediction.md"


def test_every_block_and_every_provider_is_in_it() -> None:
    text = DOCUMENT.read_text()
    assert all(f"| `{name}` |" in text for name in BLOCKS)
    assert all(f"| `{source}` |" in text for source in KNOWN)
