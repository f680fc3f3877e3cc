"""How the tests run: one worker more than there are cores, for many wait on simulated time."""

from __future__ import annotations

import os


def pytest_xdist_auto_num_workers() -> int:
    return (os.cpu_count() or 1) + 1
