"""Folders into modules: which files count, overrides, and the modules that are called.

Above `decode` in `bot.plan.configuration`
(https://opentofu.org/docs/language/files/).
"""

from __future__ import annotations

import posixpath

from msgspec import Struct

from bot.plan.configuration.decode import decode
from bot.plan.configuration.module import Module
from bot.plan.configuration.override import override
from bot.plan.configuration.provider_references import not_given
from bot.plan.diagnostics import Diagnostic, error, failed
from bot.plan.files import Files, Linked, NotFetched
from bot.plan.syntax import parse_native
from bot.plan.syntax.json import parse_json
from bot.plan.syntax.nodes import Body

DEEPEST = 30
MOST = 1000
"""Modules of one configuration, each call counted."""
_KEPT = 2 * 2**20
"""Bytes of the files that are kept parsed; what is made of one takes some 40 times as much."""


class ParsedFile(Struct, frozen=True):
    """What is in a file, and what is wrong with it."""

    body: Body
    found: tuple[Diagnostic, ...]
    size: int


Parsed = dict[tuple[str, str], ParsedFile]
"""Parsed files by path and content: what a cache keeps between predictions."""


class ParsedFiles(Parsed):
    """For many predictions: bounded in bytes; what was parsed first goes first."""

    def __init__(self, limit: int = _KEPT) -> None:
        super().__init__()
        self._limit = limit
        self._size = 0

    def __setitem__(self, key: tuple[str, str], file: ParsedFile) -> None:
        """Keep it, unless it alone is more than is kept; a key's content never changes."""
        if key in self or file.size > self._limit:
            return
        super().__setitem__(key, file)
        self._size += file.size
        while self._size > self._limit:
            self._size -= self.pop(next(iter(self))).size


def parse_file(content: bytes, path: str) -> ParsedFile:
    """A file in the syntax that its name says."""
    body, found = (parse_json if path.endswith(".json") else parse_native)(content, path)
    return ParsedFile(body, tuple(found), 1 + len(content))


class Loader:
    """Loads one root module and everything that it calls; `not_fetched` names missing bytes."""

    def __init__(self, files: Files, parsed: Parsed) -> None:
        self.files = files if isinstance(files, Linked) else Linked(files)
        self.parsed = parsed
        self.not_fetched: set[str] = set()
        self.folders = _folders(self.files)
        self.root = ""
        self._loaded = 0

    def load(self, path: str, depth: int = 0, outer: tuple[str, ...] = ()) -> Module:
        """The module in the folder `path`, from the repository's root ("" is the root)."""
        self.root = self.root if depth else path
        self._loaded += 1
        module = Module(path, self.root)
        names = sorted(self.folders.get(path, ()))
        primary, overriding = _sorted(names)
        for name in primary:
            decode(self._parse(posixpath.join(path, name), module), module)
        for name in overriding:
            over = Module(path, self.root, overriding=True)
            decode(self._parse(posixpath.join(path, name), module), over)
            override(module, over)
        named = [posixpath.join(path, name) for name in (*primary, *overriding)]
        module.files = tuple(dict.fromkeys([*named, *map(self.files.behind, named)]))
        found = list(module.diagnostics)
        self._children(module, depth, (*outer, path))
        if failed(found) and not depth:
            module.diagnostics = found  # the tool does not look for the modules that it calls
        elif not depth:
            not_given(module, module.diagnostics)
        return module

    def _parse(self, path: str, module: Module) -> Body:
        identity = self.files.identity(path) or ""
        parsed = self.parsed.get((path, identity))
        if parsed is None:
            try:
                content = self.files.read(path) or b""
            except NotFetched:
                self.not_fetched.add(path)
                return parse_file(b"", path).body
            parsed = parse_file(content, path)
            self.parsed[path, identity] = parsed
        module.diagnostics.extend(parsed.found)
        return parsed.body

    def _children(self, module: Module, depth: int, outer: tuple[str, ...]) -> None:
        for call in module.calls.values():
            source = call.source
            if source is None or not source.startswith(("./", "../")):
                module.uncertain.append(
                    f"module.{call.name} comes from {source or 'a source that is no literal'}:"
                    " lotus reads only this repository"
                )
                continue
            folder = posixpath.normpath(posixpath.join(module.path, source))
            folder = "" if folder == "." else folder
            if folder not in self.folders and not folder.startswith(".."):
                folder = self.files.leads_to(folder) or folder
            if folder.startswith(".."):
                detail = f'The module source "{source}" leads out of the repository.'
                module.diagnostics.append(error("Invalid module source", detail, call.span.range))
            elif folder in outer:
                detail = f"The module in {folder or 'the root'!r} calls itself, through"
                detail += f" {len(outer) - outer.index(folder)} call(s)."
                module.diagnostics.append(error("Module calls itself", detail, call.span.range))
            elif self._loaded >= MOST:
                detail = f"The configuration calls more than {MOST:,} modules; lotus stops there."
                module.diagnostics.append(error("Too many modules", detail, call.span.range))
            elif depth >= DEEPEST:
                detail = f"Modules call each other more than {DEEPEST} levels deep here."
                module.diagnostics.append(error("Module nesting too deep", detail, call.span.range))
            elif folder not in self.folders:
                detail = (
                    f"Unable to evaluate directory symlink: lstat {folder}: no such file or"
                    " directory"
                )
                module.diagnostics.append(
                    error("Unreadable module directory", detail, call.span.range)
                )
            else:
                module.children[call.name] = self.load(folder, depth + 1, outer)


def _folders(files: Files) -> dict[str, list[str]]:
    """The configuration files of each folder."""
    folders: dict[str, list[str]] = {}
    for path in files.paths():
        if path.endswith((".tf", ".tf.json", ".tofu", ".tofu.json")):
            folder, _, name = path.rpartition("/")
            folders.setdefault(folder, []).append(name)
    return folders


def _sorted(names: list[str]) -> tuple[list[str], list[str]]:
    """Configuration and override files; a `.tofu` file stands in for the `.tf` of its name."""
    shadowed = {name.replace(".tofu", ".tf") for name in names if ".tofu" in name}
    primary: list[str] = []
    overriding: list[str] = []
    for name in names:
        if name.startswith((".", "#")) or name.endswith("~") or name in shadowed:
            continue
        stem = name.split(".tofu")[0].split(".tf")[0]
        (overriding if stem == "override" or stem.endswith("_override") else primary).append(name)
    return primary, overriding
