"""A curl command line, as a module's local-exec has it, carried out without a shell.

Understands what such provisioners use: the URL, -X, -H, -d and its kin, -u, -f, -s. Anything
else that a shell would do (pipes, substitutions) is refused rather than guessed.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp

_WITH_VALUE = {
    "-X": "method", "--request": "method",
    "-H": "header", "--header": "header",
    "-d": "data", "--data": "data", "--data-raw": "data", "--data-binary": "data",
    "-u": "user", "--user": "user",
    "-o": "ignored", "--output": "ignored", "-m": "ignored", "--max-time": "ignored",
    "--retry": "ignored", "--connect-timeout": "ignored", "-w": "ignored", "--write-out": "ignored",
}  # fmt: skip
_FAIL = ("--fail", "--fail-with-body")
_SHELL = ("|", "||", "&&", ";", "&", ">", "<")


class NotCurl(Exception):
    """The command is not one that this understands."""


@dataclass(slots=True)
class Curl:
    """One request. `fails`: curl's exit code tells of HTTP errors (`-f`)."""

    url: str = ""
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    data: str | None = None
    user: str | None = None
    fails: bool = False


def parse(command: str) -> Curl:
    """Read a command line; raises `NotCurl`."""
    if "$(" in command or "`" in command:
        raise NotCurl("a command within a command")
    words = [word for word in shlex.split(command, comments=True) if word.strip()]
    if not words or words[0] != "curl":
        raise NotCurl(f"not a curl command: {command[:40]}")
    found, rest = Curl(), iter(words[1:])
    for word in rest:
        if word in _SHELL:
            raise NotCurl(f"a shell's own word in a curl command: {word}")
        _take(found, word, rest)
    if not found.url:
        raise NotCurl("a curl command without a URL")
    found.method = found.method or ("POST" if found.data is not None else "GET")
    return found


def _take(found: Curl, word: str, rest: Iterator[str]) -> None:
    if not word.startswith("-"):
        found.url = word
        return
    long, equals, value = word.partition("=")
    if equals and long in _WITH_VALUE:
        _set(found, _WITH_VALUE[long], value)
    elif word in _WITH_VALUE:
        _set(found, _WITH_VALUE[word], next(rest, ""))
    elif word in _FAIL or (not word.startswith("--") and "f" in word):
        found.fails = True
    elif word[:2] in _WITH_VALUE and not word.startswith("--"):
        _set(found, _WITH_VALUE[word[:2]], word[2:])
    elif not word.startswith("--") and "-" + word[-1] in _WITH_VALUE:
        _set(found, _WITH_VALUE["-" + word[-1]], next(rest, ""))


def _set(found: Curl, what: str, value: str) -> None:
    if what == "header":
        name, _, content = value.partition(":")
        found.headers[name.strip()] = content.strip()
    elif what != "ignored":
        setattr(found, what, value)


def basic(user_and_password: str) -> str:
    """The header of Basic auth, from `user:password`."""
    return "Basic " + base64.b64encode(user_and_password.encode()).decode()


async def run(session: aiohttp.ClientSession, command: str) -> int:
    """Carry it out; curl's exit code: 0, 7 (no connection) or, with -f only, 22."""
    curl = parse(command)
    headers = {"Content-Type": "application/x-www-form-urlencoded", **curl.headers}
    if curl.user:
        headers["Authorization"] = basic(curl.user)
    try:
        async with session.request(
            curl.method, curl.url, data=curl.data, headers=headers
        ) as response:
            await response.read()
            return 22 if curl.fails and response.status >= 400 else 0
    except aiohttp.ClientError:
        return 7
