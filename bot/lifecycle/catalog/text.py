"""A catalog as the text of its file. PURE."""

from __future__ import annotations

import json
from typing import Any


def written(catalog: Any, like: bytes | None) -> bytes:
    """The file's new bytes: line ends, final newline, escapes and indent as in `like`.

    Two spaces where there is nothing to learn from, as the repository's own generator writes.
    """
    text = like.decode("utf-8", "replace") if like else "{\n  }\n"
    plain = like is None or not text.isascii() or "\\u" not in text
    made = json.dumps(catalog, indent=_indent(text), ensure_ascii=not plain)
    if text.endswith("\n"):
        made += "\n"
    return made.replace("\n", "\r\n" if "\r\n" in text else "\n").encode(
        "utf-8", "backslashreplace"
    )


def _indent(text: str) -> str | None:
    first = text.replace("\r\n", "\n").partition("\n")[2]
    if not first.strip():
        return None
    return first[: len(first) - len(first.lstrip(" \t"))]
