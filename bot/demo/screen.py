"""What the demo prints: who did what, the seconds it took, the comment as it stands.

Knows rich and the shape of a comment; nothing of the platform.
"""

from __future__ import annotations

import re

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

_MARKER = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_LINK = re.compile(r"\[(`[^`]*`|[^\[\]]+)\]\([^()\s]+\)")
_FOLDED = re.compile(r"<details>.*?</details>\n?", re.DOTALL)


class Screen:
    """One terminal, or a pipe."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def chapter(self, number: int, title: str) -> None:
        """A part of the day begins."""
        self._console.print()
        self._console.rule(Text(f"{number}  {title}", style="bold"), align="left")

    def act(self, who: str, what: str) -> None:
        """Somebody does something."""
        self._console.print(Text.assemble((f"{who:>10}  ", "cyan"), what))

    def came(self, seconds: float, what: str) -> None:
        """Something happened, so many seconds after what led to it."""
        self._console.print(Text.assemble((f"{seconds:8.1f} s  ", "green"), what))

    def comment(self, body: str, where: str) -> None:
        """A comment as GitHub would show it, but for what is folded there."""
        shown = Markdown(readable(body), hyperlinks=False)
        panel = Panel(shown, title=where, title_align="left", border_style="dim", padding=(0, 1))
        self._console.print(Padding(panel, (0, 0, 0, 2)))

    def say(self, text: str) -> None:
        """A line of prose."""
        self._console.print(Text(text))


def readable(body: str) -> str:
    """Without its marker, what is folded, and where its links lead."""
    return _LINK.sub(r"\1", _FOLDED.sub("", _MARKER.sub("", body))).strip()
