"""A repository's own settings: `.lotus.yaml` at its root, read from the base branch only. PURE.

A pull request cannot loosen what is done with it. All of it is optional:

    backfill:
      auto_merge: false     # merge what sets flags back, once GitHub calls it clean
    catalogs:
      propose_quiet: true   # one pull request for catalogs that every pass would update
    confirm: command        # when the controller plans a pull request: see `Confirm`
    secrets:
      refresh: in-place     # when a changed credential is brought to Airbyte: see `Refresh`

What is wrong in it is a problem with its line, and the setting keeps its default.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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


class Refresh(StrEnum):
    """When a pass is asked for because a Secret changed; the controller makes its own anyway.

    Where that pass only updates in place; whatever it replaces; on `/lotus secrets refresh` alone.
    """

    IN_PLACE = "in-place"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class RepositorySettings:
    """What the file says; `problems` in words, each with its line."""

    auto_merge_backfill: bool = False
    propose_quiet: bool = True
    confirm: Confirm = Confirm.COMMAND
    refresh: Refresh = Refresh.IN_PLACE
    problems: tuple[str, ...] = ()


SETTINGS: Mapping[str, tuple[str, type[bool | StrEnum]]] = {
    "backfill.auto_merge": ("auto_merge_backfill", bool),
    "catalogs.propose_quiet": ("propose_quiet", bool),
    "confirm": ("confirm", Confirm),
    "secrets.refresh": ("refresh", Refresh),
}
"""By its name in the file: the field of `RepositorySettings`, and what it may be."""


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
    return RepositorySettings() if root is None else _settings(root)


def _settings(root: yaml.Node) -> RepositorySettings:
    found: dict[str, Any] = {}
    problems: list[str] = []
    for name, node in _leaves(root):
        if name not in SETTINGS:
            problems.append(_unknown(name, node))
            continue
        field, kind = SETTINGS[name]
        value = _value(node, kind)
        if value is None:
            problems.append(f"{FILE}:{_line(node)}: {name} has to be {_choice(kind)}")
        else:
            found[field] = value
    return RepositorySettings(**found, problems=tuple(problems))


def _value(node: yaml.Node, kind: type[bool | StrEnum]) -> bool | StrEnum | None:
    """None where it is nothing of this kind."""
    if not issubclass(kind, StrEnum):
        return _boolean(node)
    word = node.value if isinstance(node, yaml.ScalarNode) else None
    return next((each for each in kind if each.value == word), None)


def _choice(kind: type[bool | StrEnum]) -> str:
    words = [each.value for each in kind] if issubclass(kind, StrEnum) else ["true", "false"]
    return f"{', '.join(words[:-1])} or {words[-1]}"


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
    near = difflib.get_close_matches(name, SETTINGS, 1)
    return f"{FILE}:{_line(node)}: no setting {name[:80]}" + (f"; {near[0]}?" if near else "")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _unreadable(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f":{mark.line + 1}" if mark is not None else ""
    return f"{FILE}{where}: {getattr(error, 'problem', None) or 'not YAML in UTF-8'}"
