"""Files of the repository: https://opentofu.org/docs/language/functions/file/ and its neighbours.

Beside the other areas in `bot.plan.functions`. A path may lead anywhere within the repository, by
symbolic links too, and nowhere else.
"""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Mapping, Sequence

from bot.plan.files import NotFetched, target
from bot.plan.functions.context import FunctionContext
from bot.plan.functions.glob import matching
from bot.plan.functions.signature import Function, FunctionError, Parameter, Undecided
from bot.plan.functions.strings import text_of
from bot.plan.values import (
    BOOL,
    DYNAMIC,
    STRING,
    MapType,
    ObjectType,
    SetType,
    Value,
    boolean,
    set_of,
    string,
)

LARGEST = 40 * 2**20
"""Bytes of a file that a module may read into its values."""
_MAGIC = set("*?[{\\")


class Outside(Exception):
    """The path leaves the repository."""


def resolved(path: str, context: FunctionContext) -> str:
    """`path` as the module means it, from the repository's root; raises `Outside`."""
    if path.startswith(("/", "~")):
        raise Outside(path)
    found = target(context.files, _normal(posixpath.join(context.module, path), path))
    if found is None:
        raise Outside(path)
    return found


def _normal(joined: str, path: str) -> str:
    normal = posixpath.normpath(joined)
    if normal == ".." or normal.startswith(("../", "/")):
        raise Outside(path)
    return "" if normal == "." else normal


def read_bytes(path: str, context: FunctionContext) -> bytes:
    """The file's bytes; raises `FunctionError` where there is none, `Undecided` if not fetched."""
    try:
        name = resolved(path, context)
    except Outside:
        message = f'the path "{path}" leads out of the repository; lotus reads nothing there'
        raise FunctionError(message, 0) from None
    try:
        content = context.files.read(name)
    except NotFetched:
        context.on_read(name)
        raise Undecided(STRING) from None
    context.on_read(name)
    if content is None:
        raise FunctionError(_missing(path, name, context), 0)
    if len(content) > LARGEST:
        message = f'"{path}" has {len(content):,} bytes; lotus reads files of up to {LARGEST:,}'
        raise FunctionError(message, 0)
    context.work.reads(name, len(content))
    return content


def _missing(path: str, name: str, context: FunctionContext) -> str:
    folder = f"{name}/" if name else ""
    if any(each.startswith(folder) for each in context.files.paths()):
        return f'"{path}" is a directory, not a file'
    return (
        f'no file exists at "{path}"; this function works only with files that are distributed as'
        " part of the configuration source code, so if this file will be created by a resource in"
        " this configuration you must instead obtain this result from an attribute of that"
        " resource"
    )


def read_text(path: str, context: FunctionContext) -> str:
    """The file's text; raises `FunctionError` where it is not UTF-8."""
    content = read_bytes(path, context)
    try:
        return content.decode()
    except UnicodeDecodeError:
        message = (
            f"contents of {path} are not valid UTF-8; use the filebase64 function to obtain the"
            " Base64 encoded contents or the other file functions (e.g. filemd5, filesha256) to"
            " obtain file hashing results instead"
        )
        raise FunctionError(message) from None


def _file(arguments: Sequence[Value], context: FunctionContext) -> Value:
    return string(read_text(text_of(arguments[0]), context))


def _filebase64(arguments: Sequence[Value], context: FunctionContext) -> Value:
    return string(base64.b64encode(read_bytes(text_of(arguments[0]), context)).decode())


def _fileexists(arguments: Sequence[Value], context: FunctionContext) -> Value:
    path = text_of(arguments[0])
    try:
        name = resolved(path, context)
        content = context.files.read(name)
        exists = content is not None
        context.work.reads(name, len(content or b""))
    except NotFetched:
        exists = True
    except Outside:
        message = f'the path "{path}" leads out of the repository; lotus reads nothing there'
        raise FunctionError(message, 0) from None
    context.on_read(name)
    folder = f"{name}/" if name else ""
    if not exists and any(each.startswith(folder) for each in context.files.paths()):
        raise FunctionError(f'"{path}" is a directory, not a file')
    return boolean(exists)


def _fileset(arguments: Sequence[Value], context: FunctionContext) -> Value:
    path, pattern = text_of(arguments[0]), text_of(arguments[1])
    joined = posixpath.normpath(posixpath.join(path, pattern))
    fixed, rest = _fixed(joined)
    try:
        folder = resolved(fixed, context)
    except Outside:
        message = f'the path "{path}" leads out of the repository; lotus reads nothing there'
        raise FunctionError(message, 0) from None
    context.on_glob(posixpath.normpath(posixpath.join(folder, rest)))
    prefix = f"{folder}/" if folder else ""
    names = [each[len(prefix) :] for each in context.files.paths() if each.startswith(prefix)]
    try:
        found = [posixpath.join(fixed, name) for name in matching(rest, names)]
    except ValueError:
        message = f"failed to glob pattern ({pattern}): syntax error in pattern"
        raise FunctionError(message) from None
    return set_of(STRING, [string(name) for name in _relative(found, path)])


def _relative(names: Sequence[str], folder: str) -> list[str]:
    """Paths as they are from a folder: a pattern with `..` alone may lead out of it."""
    start = posixpath.normpath(folder or ".")
    prefix = "" if start == "." else f"{start}/"
    if all(name.startswith(prefix) for name in names):
        return [name[len(prefix) :] for name in names]
    return [posixpath.relpath(name, start) for name in names]


def _fixed(pattern: str) -> tuple[str, str]:
    """The folder that a pattern names without any magic, and the rest of it."""
    parts = pattern.split("/")
    count = next((at for at, part in enumerate(parts) if _MAGIC & set(part)), len(parts) - 1)
    count = min(count, len(parts) - 1)
    return "/".join(parts[:count]), "/".join(parts[count:])


def _templatefile(arguments: Sequence[Value], context: FunctionContext) -> Value:
    path, variables = text_of(arguments[0]), arguments[1]
    return _rendered(read_text(path, context), path, variables, context)


def _templatestring(arguments: Sequence[Value], context: FunctionContext) -> Value:
    text, variables = text_of(arguments[0]), arguments[1]
    return _rendered(text, "<templatestring argument>", variables, context)


def _rendered(text: str, name: str, variables: Value, context: FunctionContext) -> Value:
    if not isinstance(variables.type, (ObjectType, MapType)):
        raise FunctionError("invalid vars value: must be a map", 1)
    if not isinstance(variables.raw, dict):
        raise Undecided(DYNAMIC)
    if context.render is None:
        raise Undecided(DYNAMIC)
    names: Mapping[str, Value] = variables.raw
    return context.render(text, name, names)


def _basename(arguments: Sequence[Value], _: FunctionContext) -> Value:
    text = text_of(arguments[0]).rstrip("/")
    if not text:
        return string("/" if text_of(arguments[0]) else ".")
    return string(text.rpartition("/")[2])


def _dirname(arguments: Sequence[Value], _: FunctionContext) -> Value:
    head, slash, _tail = text_of(arguments[0]).rpartition("/")
    if not slash:
        return string(".")
    return string(posixpath.normpath(head) if head else "/")


def _abspath(arguments: Sequence[Value], _: FunctionContext) -> Value:
    """Where the controller unpacks the repository is not known here."""
    text = text_of(arguments[0])
    if text.startswith("/"):
        return string(posixpath.normpath(text))
    raise Undecided(STRING)


def _pathexpand(arguments: Sequence[Value], _: FunctionContext) -> Value:
    text = text_of(arguments[0])
    if not text.startswith("~"):
        return arguments[0]
    if text[1:2] not in ("", "/", "\\"):
        raise FunctionError("cannot expand user-specific home dir")
    raise Undecided(STRING)


_PATH = Parameter("path", STRING)
_VARS = Parameter("vars", DYNAMIC)

FILESYSTEM = {
    "abspath": Function((_PATH,), _abspath, STRING),
    "basename": Function((_PATH,), _basename, STRING),
    "dirname": Function((_PATH,), _dirname, STRING),
    "file": Function((_PATH,), _file, STRING),
    "filebase64": Function((_PATH,), _filebase64, STRING),
    "fileexists": Function((_PATH,), _fileexists, BOOL),
    "fileset": Function((_PATH, Parameter("pattern", STRING)), _fileset, SetType(STRING)),
    "pathexpand": Function((_PATH,), _pathexpand, STRING),
    "templatefile": Function((_PATH, _VARS), _templatefile, DYNAMIC, deep=False),
    "templatestring": Function(
        (Parameter("template", STRING), _VARS), _templatestring, DYNAMIC, deep=False
    ),
}
