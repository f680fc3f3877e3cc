"""Digests and identities: https://opentofu.org/docs/language/functions/sha256/ and its neighbours.

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Sequence

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.filesystem import read_bytes
from bot.plan.functions.numeric import whole
from bot.plan.functions.signature import Function, FunctionError, Parameter, Undecided
from bot.plan.functions.strings import text_of
from bot.plan.values import NUMBER, STRING, Value, string

_Digest = Callable[[bytes], str]


def _hex(name: str) -> _Digest:
    return lambda content: hashlib.new(name, content, usedforsecurity=False).hexdigest()


def _base64(name: str) -> _Digest:
    return lambda content: base64.b64encode(
        hashlib.new(name, content, usedforsecurity=False).digest()
    ).decode()


def _of_text(digest: _Digest, name: str) -> Function:
    def hashed(arguments: Sequence[Value], _: FunctionContext) -> Value:
        return string(digest(text_of(arguments[0]).encode()))

    hashed.__name__ = name
    return Function((Parameter("str", STRING),), hashed, STRING)


def _of_file(digest: _Digest, name: str) -> Function:
    def hashed(arguments: Sequence[Value], context: FunctionContext) -> Value:
        try:
            return string(digest(read_bytes(text_of(arguments[0]), context)))
        except FunctionError as error:
            raise FunctionError(error.message) from None

    hashed.__name__ = name
    return Function((Parameter("path", STRING),), hashed, STRING)


_HIGHEST_COST = 31
_LONGEST_PASSWORD = 72
_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}


def _uuidv5(arguments: Sequence[Value], _: FunctionContext) -> Value:
    named, name = text_of(arguments[0]), text_of(arguments[1])
    namespace = _NAMESPACES.get(named)
    if namespace is None:
        try:
            namespace = uuid.UUID(named)
        except ValueError:
            message = (
                f"uuidv5() doesn't support namespace {named} (invalid UUID length: {len(named)})"
            )
            raise FunctionError(message) from None
    return string(str(uuid.uuid5(namespace, name)))


def _uuid(arguments: Sequence[Value], _: FunctionContext) -> Value:
    del arguments
    raise Undecided(STRING)


def _bcrypt(arguments: Sequence[Value], _: FunctionContext) -> Value:
    """What the apply would refuse is said now."""
    cost = whole(arguments[1]) if len(arguments) > 1 else 10
    if len(arguments) > 2:
        raise FunctionError("bcrypt() takes no more than two arguments")
    if cost > _HIGHEST_COST:
        message = f"crypto/bcrypt: cost {cost} is outside allowed inclusive range 4..31"
        raise FunctionError(f"error occurred generating password {message}")
    if len(text_of(arguments[0]).encode()) > _LONGEST_PASSWORD:
        message = "bcrypt: password length exceeds 72 bytes"
        raise FunctionError(f"error occurred generating password {message}")
    raise Undecided(STRING)


def _rsadecrypt(arguments: Sequence[Value], _: FunctionContext) -> Value:
    """Never tried: a private key has no business in a prediction."""
    from bot.plan.functions.encoding import decoded_base64  # an area of its own, rarely needed

    try:
        decoded_base64(text_of(arguments[0]))
    except FunctionError:
        message = (
            f'failed to decode input "{text_of(arguments[0])}": cipher text must be base64-encoded'
        )
        raise FunctionError(message, 0) from None
    if "PRIVATE KEY" not in text_of(arguments[1]):
        raise FunctionError("failed to parse key: ssh: no key found", 1)
    raise Undecided(STRING)


HASHING = {
    **{name: _of_text(_hex(name), name) for name in ("md5", "sha1", "sha256", "sha512")},
    "base64sha256": _of_text(_base64("sha256"), "base64sha256"),
    "base64sha512": _of_text(_base64("sha512"), "base64sha512"),
    **{f"file{n}": _of_file(_hex(n), f"file{n}") for n in ("md5", "sha1", "sha256", "sha512")},
    "filebase64sha256": _of_file(_base64("sha256"), "filebase64sha256"),
    "filebase64sha512": _of_file(_base64("sha512"), "filebase64sha512"),
    "bcrypt": Function(
        (Parameter("str", STRING),), _bcrypt, STRING, Parameter("cost", NUMBER), impure=True
    ),
    "rsadecrypt": Function(
        (Parameter("ciphertext", STRING), Parameter("privatekey", STRING)), _rsadecrypt, STRING
    ),
    "uuid": Function((), _uuid, STRING, impure=True),
    "uuidv5": Function(
        (Parameter("namespace", STRING), Parameter("name", STRING)), _uuidv5, STRING
    ),
}
