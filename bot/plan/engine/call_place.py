"""Where in the text a function is called, for what it then reads.

Beside `planner` in `bot.plan.engine`.
"""

from __future__ import annotations

from bot.plan.diagnostics import Range
from bot.plan.syntax.source import Span


class CallPlace:
    """Where the call is that is being made; its range is worked out when somebody asks."""

    def __init__(self) -> None:
        self._span: Span | None = None
        self._range: Range | None = None

    def set(self, span: Span) -> None:
        """The call that is made now."""
        if span is not self._span:
            self._span, self._range = span, None

    def range(self) -> Range | None:
        """Its place; None before any call."""
        if self._range is None and self._span is not None:
            self._range = self._span.range
        return self._range
