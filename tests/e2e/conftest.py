"""Each day is played on the simulated API server, and on a real one (marked `cluster`)."""

from __future__ import annotations

import pytest
from grounds import GROUNDS, Ground, ground


@pytest.fixture(params=GROUNDS)
def on(request: pytest.FixtureRequest) -> Ground:
    """Where this one is."""
    return ground(request.param)
