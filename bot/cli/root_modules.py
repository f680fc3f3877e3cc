"""Which folders of a repository are root modules: those that hold configuration and nobody calls.

Above `bot.plan`; reads only the files that mention a module call.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from bot.plan.configuration import Parsed, parse_file
from bot.plan.files import Files, Linked
from bot.plan.syntax.nodes import Body, JsonString, Template

_SUFFIXES = (".tf", ".tf.json", ".tofu", ".tofu.json")
_NEAR = 5


def module_folders(files: Files) -> dict[str, list[str]]:
    """The folders with configuration files, and those files' paths; "" is the repository's root."""
    folders: dict[str, list[str]] = {}
    for path in Linked(files).paths():
        if path.endswith(_SUFFIXES) and "/.terraform/" not in f"/{path}":
            folder, _, name = path.rpartition("/")
            if not name.startswith((".", "#")):
                folders.setdefault(folder, []).append(path)
    return folders


def root_modules(files: Files, parsed: Parsed) -> tuple[str, ...]:
    """The root modules, sorted. Modules that only call each other have one as well: the first.

    What is parsed on the way is left in `parsed`, where the prediction finds it.
    """
    files = Linked(files)
    folders = module_folders(files)
    calls = {
        folder: frozenset(chain.from_iterable(_called(files, path, parsed) for path in paths))
        for folder, paths in folders.items()
    }
    called = {target for folder, targets in calls.items() for target in targets - {folder}}
    roots = sorted(calls.keys() - called)
    reached = _reached(roots, calls)
    for folder in sorted(calls):
        if folder not in reached:
            roots.append(folder)
            reached |= _reached([folder], calls)
    return tuple(sorted(roots))


def near(folder: str, folders: Iterable[str]) -> list[str]:
    """The folders whose names come close, the closest first."""
    import difflib  # only where somebody mistyped

    known = sorted(folders)
    same_end = [each for each in known if folder and f"/{each}".endswith(f"/{folder}")]
    return list(dict.fromkeys(same_end + difflib.get_close_matches(folder, known, _NEAR, 0.5)))


def _reached(roots: Iterable[str], calls: Mapping[str, frozenset[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        folder = waiting.pop()
        if folder not in reached:
            reached.add(folder)
            waiting += calls.get(folder, frozenset())
    return reached


def _called(files: Files, path: str, parsed: Parsed) -> Iterator[str]:
    """The folders that the module calls of one file name by a local path."""
    content = files.read(path) or b""
    if b"module" not in content or b"source" not in content:
        return
    key = (path, files.identity(path) or "")
    file = parsed[key] = parsed.get(key) or parse_file(content, path)
    folder = posixpath.dirname(path)
    for source in _sources(file.body):
        if source.startswith(("./", "../")):
            target = posixpath.normpath(posixpath.join(folder, source))
            yield "" if target == "." else target


def _sources(body: Body) -> Iterator[str]:
    for block in body.blocks:
        attribute = block.body.attributes.get("source") if block.type == "module" else None
        node = attribute.expression if attribute else None
        text = node.literal if isinstance(node, Template) else None
        if isinstance(node, JsonString):
            text = node.text
        if text is not None:
            yield text
