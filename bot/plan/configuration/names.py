"""Names that blocks give to what they declare, and that providers go by.

Beside `content` in `bot.plan.configuration`.
"""

from __future__ import annotations

import re

from bot.plan.configuration.content import Found
from bot.plan.diagnostics import Diagnostic, Range, error
from bot.plan.syntax.nodes import Block

_NAME = re.compile(r"[^\W\d][\w-]*|_[\w-]*")
NOT_A_NAME = (
    "A name must start with a letter or underscore and may contain only letters, digits,"
    " underscores, and dashes."
)
_PROVIDER = re.compile(r"[0-9a-z](?:-?[0-9a-z])*")


def is_name(text: str) -> bool:
    """Whether something can be referred to by this name."""
    return _NAME.fullmatch(text) is not None


def invalid_name(noun: str, where: Range) -> Diagnostic:
    """A name that is none."""
    return error(f"Invalid {noun}", NOT_A_NAME, where)


def named(block: Block, nouns: tuple[str, ...], found: Found) -> bool:
    """Whether what a block declares can be referred to; labels that are no names are said."""
    wrong = [
        invalid_name(noun, span.range)
        for noun, label, span in zip(nouns, block.labels, block.label_spans, strict=False)
        if not is_name(label)
    ]
    found += wrong
    return not wrong


def provider_named(name: str, where: Range, found: Found) -> bool:
    """Whether a provider can go by this local name."""
    problem = _provider_problem(name)
    if problem:
        found.append(error("Invalid provider local name", problem, where))
    return not problem


def _provider_problem(name: str) -> str:
    if not name:
        return f"{name} is an invalid provider local name: must have at least one character"
    if _PROVIDER.fullmatch(name):
        return ""
    if "--" in name:
        return f"{name} is an invalid provider local name: cannot use multiple consecutive dashes"
    if _PROVIDER.fullmatch(name.lower()):
        return (
            f'Provider names must be normalized. Replace "{name}" with "{name.lower()}" to fix this'
            " error."
        )
    return (
        f"{name} is an invalid provider local name: must contain only letters, digits, and dashes,"
        " and may not use leading or trailing dashes"
    )
