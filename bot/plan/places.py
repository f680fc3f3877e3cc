"""A place in a file in the tool's own notation: `main.tf:8,3-13`.

Above `diagnostics` in `bot.plan`. The tool runs in the root module's folder, so that its paths
start there.
"""

from __future__ import annotations

import posixpath

from bot.plan.diagnostics import Range


def place(at: Range, root: str = "") -> str:
    """HCL's text of a range; one over several lines names both ends."""
    start, end = at.start, at.end
    name = relative_file(at.file, root)
    if start.line == end.line:
        return f"{name}:{start.line},{start.column}-{end.column}"
    return f"{name}:{start.line},{start.column}-{end.line},{end.column}"


def relative_file(path: str, root: str) -> str:
    """A repository path as seen from the folder `root`."""
    return posixpath.relpath(f"/{path}", f"/{root}") if path else path
