"""A repository's own settings: `.lotus.yaml` at its root, read from the base branch only. PURE.

A pull request cannot loosen what is done with it. All of it is optional:

    backfill:
      auto_merge: false     # merge what sets flags back, once GitHub calls it clean
    catalogs:
      propose_quiet: true   # one pull request for catalogs that every pass would update
    confirm: command        # when the controller plans a pull request: see `Confirm`

What is wrong in it is a problem with its line, and the setting keeps its default.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import yaml

FILE = ".lotus.yaml"
_LIMIT = 64 * 1024
_BRACKETS = 200


class Confirm(StrEnum):
    """When tofu-controller plans a pull request, which runs its code with credentials.

    On `/lotus plan` of people with write; on it, but only after somebody with write approved of
    that very commit in a review; on every push of an author with write, too.
    """

    COMMAND = "command"
    APPROVED = "approved"
    EVERY_PUSH = "every-push"


@dataclass(frozen=True, slots=True)
class RepositorySettings:
    """What the file says; `problems` in words, each with its line."""

    auto_merge_backfill: bool = False
    propose_quiet: bool = True
    confirm: Confirm = Confirm.COMMAND
    problems: tuple[str, ...] = ()


_KNOWN = {
    "backfill.auto_merge": "auto_merge_backfill",
    "catalogs.propose_quiet": "propose_quiet",
}
_CONFIRM = "confirm"


def repository_settings(content: bytes | None) -> RepositorySettings:
    """The settings of a file's bytes; all defaults where there is none."""
    if content is None:
        return RepositorySettings()
    if len(content) > _LIMIT:
        return RepositorySettings(problems=(f"{FILE}: larger than {_LIMIT} bytes",))
    if content.count(b"[") + content.count(b"{") > _BRACKETS:
        # The parser's work grows with the square of how deep these stand in each other.
        return RepositorySettings(problems=(f"{FILE}: more than {_BRACKETS} brackets",))
    try:
        root = yaml.compose(content.decode(), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        return RepositorySettings(problems=(_unreadable(error),))
    if root is None:
        return RepositorySettings()
    found: dict[str, bool] = {}
    problems: list[str] = []
    confirm = Confirm.COMMAND
    for name, node in _leaves(root):
        if name == _CONFIRM:
            confirm, problem = _confirm(node)
            problems += [problem] if problem else []
            continue
        setting = _KNOWN.get(name)
        value = _boolean(node)
        if setting is None:
            problems.append(_unknown(name, node))
        elif value is None:
            problems.append(f"{FILE}:{_line(node)}: {name} has to be true or false")
        else:
            found[setting] = value
    return RepositorySettings(
        auto_merge_backfill=found.get("auto_merge_backfill", False),
        propose_quiet=found.get("propose_quiet", True),
        confirm=confirm,
        problems=tuple(problems),
    )


def _confirm(node: yaml.Node) -> tuple[Confirm, str]:
    """The word, or the default with what is wrong."""
    words = [word.value for word in Confirm]
    if isinstance(node, yaml.ScalarNode) and node.value in words:
        return Confirm(node.value), ""
    said = f"{FILE}:{_line(node)}: {_CONFIRM} has to be {', '.join(words[:-1])} or {words[-1]}"
    return Confirm.COMMAND, said


def _leaves(root: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    """`section.key` with its value; what is no section of keys, under its own name."""
    for section, inner in _members(root):
        if isinstance(inner, yaml.MappingNode):
            for key, value in _members(inner):
                yield f"{section}.{key}", value
        else:
            yield section, inner
    if not isinstance(root, yaml.MappingNode):
        yield "", root


def _members(node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (key.value if isinstance(key.value, str) else ""), value


def _boolean(node: yaml.Node) -> bool | None:
    if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:bool":
        return None
    return str(node.value).lower() in ("true", "yes", "on")


def _unknown(name: str, node: yaml.Node) -> str:
    if not name:
        return f"{FILE}:{_line(node)}: has to be a mapping of sections"
    near = difflib.get_close_matches(name, (*_KNOWN, _CONFIRM), 1)
    return f"{FILE}:{_line(node)}: no setting {name[:80]}" + (f"; {near[0]}?" if near else "")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _unreadable(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f":{mark.line + 1}" if mark is not None else ""
    return f"{FILE}{where}: {getattr(error, 'problem', None) or 'not YAML in UTF-8'}"
