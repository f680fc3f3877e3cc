"""All that people ask for on one day. On a real API server it is played by tests/cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
from full_day import play
from grounds import EMBEDDED

pytestmark = pytest.mark.slow


async def test_a_day_from_the_first_apply_to_a_state_that_is_made_anew(tmp_path: Path) -> None:
    await play(EMBEDDED, tmp_path)
