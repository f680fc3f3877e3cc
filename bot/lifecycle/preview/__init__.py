"""A pull request: what its comment and its checks say. PURE.

One function of what was observed, before the merge and after it. The comment is found by author
and marker, edited and never multiplied; it is written only where what it says differs.
"""

from bot.lifecycle.preview.alarms import alarm_names
from bot.lifecycle.preview.comment import (
    decide_pull_request,
    is_finished,
    marker_name,
    with_times,
)

__all__ = ["alarm_names", "decide_pull_request", "is_finished", "marker_name", "with_times"]
