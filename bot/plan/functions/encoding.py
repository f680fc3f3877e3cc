"""JSON, YAML, CSV, Base64 and URLs: https://opentofu.org/docs/language/functions/jsondecode/ ...

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import io
import json
import pickle
import re
import urllib.parse
import zlib
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn

from bot.plan.functions.charsets import codec_of, decoded, encoded
from bot.plan.functions.context import FunctionContext
from bot.plan.functions.csv import csv_rows
from bot.plan.functions.signature import Function, FunctionError, Parameter, Undecided
from bot.plan.functions.strings import text_of
from bot.plan.functions.yaml_read import yaml_decoded
from bot.plan.functions.yaml_write import yaml_encoded
from bot.plan.values import (
    DYNAMIC,
    STRING,
    ObjectType,
    Origin,
    Unknown,
    Value,
    from_json,
    json_text,
    list_of,
    object_of,
    string,
    tuple_of,
)
from bot.plan.values.json import Json, quoted, string_key
from bot.plan.values.memo import Kept

LARGEST = 16 * 2**20
"""Bytes that a decompression may give."""


_LONG = 4
_KEPT = 40_000
_HALVES = re.compile("[\ud800-\udfff]")


_LARGE = 2**16
"""Characters of a text that is kept with a few others only: its elements are kept anyway."""


def json_decoded(text: str) -> Value:
    """The value of a JSON text; the same text gives the same value, so a module's streams are kept.

    Raises `ValueError` with Go's words where it is none.
    """
    if len(text) > _LARGE:
        return _of_large(text)
    known = _TEXTS.get(text)
    return known if known is not None else _TEXTS.put(text, _decoded(text), 1 + len(text) // _PART)


def _decoded(text: str) -> Value:
    try:
        document = json.loads(
            text,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise ValueError("JSON nests too deeply") from None
    return _shared(document if "\\u" not in text else _paired(document))


_TEXTS: Kept[str, Value] = Kept(20_000)
_PART = 64
"""Characters of a JSON text that are about one value."""
_of_large = lru_cache(2)(_decoded)
_ELEMENTS: Kept[bytes, Value] = Kept(_KEPT)
"""Elements of long lists by their text: an edit of one stream leaves the others' values."""


def _shared(document: Json) -> Value:
    if isinstance(document, dict) and any(isinstance(each, list) for each in document.values()):
        return object_of({string_key(key): _shared(each) for key, each in document.items()})
    if isinstance(document, list) and len(document) >= _LONG:
        return tuple_of(map(_element, document))
    return from_json(document)


def _element(document: Json) -> Value:
    if not isinstance(document, dict):
        return from_json(document)
    text = pickle.dumps(document)  # a quarter of the time that `repr` takes
    name = hashlib.blake2b(text, digest_size=16).digest()
    known = _ELEMENTS.get(name)
    if known is not None:
        return known
    return _ELEMENTS.put(name, from_json(document), 1 + len(text) // _PART)


def _paired(document: Json) -> Json:
    """Half of a surrogate pair is no character: Go reads U+FFFD."""
    if isinstance(document, str):
        return _HALVES.sub("\ufffd", document)
    if isinstance(document, dict):
        return {_HALVES.sub("\ufffd", key): _paired(item) for key, item in document.items()}
    return [_paired(item) for item in document] if isinstance(document, list) else document


def _object(properties: list[tuple[str, Json]]) -> Json:
    """An object; the last of several properties of one name holds, if all are of one type."""
    made = dict(properties)
    if len(made) < len(properties):
        for name, value in properties:
            if from_json(value).type != from_json(made[name]).type:
                raise ValueError(f"duplicate {quoted(name)} property in JSON object")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"invalid character {name[0]!r} looking for beginning of value")


def _jsondecode(arguments: Sequence[Value], _: FunctionContext) -> Value:
    text = text_of(arguments[0])
    try:
        return json_decoded(text)
    except json.JSONDecodeError as error:
        raise FunctionError(_go_words(text, error)) from None
    except ValueError as error:
        raise FunctionError(str(error)) from None


def _go_words(text: str, error: json.JSONDecodeError) -> str:
    """What Go's decoder would say about the same mistake."""
    rest = text[error.pos :].strip()
    if not rest:
        return "EOF"
    if "Unterminated" in error.msg or any(w.startswith(rest) for w in ("true", "false", "null")):
        return "unexpected EOF"
    if error.msg == "Extra data":
        return "extraneous data after JSON object"
    expecting = {
        "Expecting value": "looking for beginning of value",
        "Expecting ',' delimiter": "after array element",
        "Expecting ':' delimiter": "after object key",
        "Expecting property name enclosed in double quotes": (
            "looking for beginning of object key string"
        ),
    }
    return f"invalid character {text[error.pos]!r} {expecting.get(error.msg, 'in string literal')}"


def _jsonencode(arguments: Sequence[Value], _: FunctionContext) -> Value:
    try:
        return string(json_text(arguments[0]))
    except ValueError as problem:
        raise FunctionError(str(problem)) from None


def _yamldecode(arguments: Sequence[Value], _: FunctionContext) -> Value:
    try:
        return yaml_decoded(text_of(arguments[0]))
    except ValueError as error:
        raise FunctionError(str(error)) from None


def _yamlencode(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return string(yaml_encoded(arguments[0]))


def _csvdecode(arguments: Sequence[Value], _: FunctionContext) -> Value:
    try:
        header, *body = csv_rows(text_of(arguments[0]))
    except ValueError as problem:
        raise FunctionError(str(problem)) from None
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise FunctionError(f'duplicate column name "{twice}"')
    shape = ObjectType({str(string(name).raw): STRING for name in header})
    lines = [
        object_of({n: string(t) for n, t in zip(shape.attributes, row, strict=True)})
        for row in body
    ]
    return list_of(shape, lines)


def decoded_base64(text: str) -> bytes:
    """Strict standard Base64; raises `FunctionError` with Go's words."""
    plain = text.replace("\n", "").replace("\r", "")
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raise FunctionError(f"failed to decode base64 data '{text}'") from None


def as_text(content: bytes) -> str:
    """Bytes as a string; raises `FunctionError` where they are none."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        message = "the result of decoding the provided string is not valid UTF-8"
        raise FunctionError(message) from None


def as_go_text(content: bytes) -> str:
    """Bytes as a string where Go does not look whether they are one: each wrong byte is U+FFFD."""
    text = content.decode(errors="surrogateescape")
    return re.sub("[\udc80-\udcff]", "\ufffd", text)


def _base64decode(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return string(as_text(decoded_base64(text_of(arguments[0]))))


def _base64encode(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return string(base64.b64encode(text_of(arguments[0]).encode()).decode())


_COMPRESSED = "base64gzip:"
_GZIP = "H4sI"
"""How a gzip header begins, in Base64."""


def _base64gzip(arguments: Sequence[Value], _: FunctionContext) -> Value:
    """Go's compressor gives other bytes than ours: a constant that only `base64gunzip` reads."""
    origin = Origin("", "", "base64gzip() gives what Go's compressor makes of it")
    opaque = _COMPRESSED + base64.b64encode(text_of(arguments[0]).encode()).decode()
    return Value(STRING, Unknown(frozenset({origin}), True, opaque, _GZIP))


def _base64gunzip(arguments: Sequence[Value], _: FunctionContext) -> Value:
    raw = arguments[0].raw
    if isinstance(raw, Unknown):
        if not raw.opaque.startswith(_COMPRESSED):
            raise Undecided(STRING)
        return string(base64.b64decode(raw.opaque.removeprefix(_COMPRESSED)).decode())
    content = decoded_base64(text_of(arguments[0]))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            plain = stream.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FunctionError(f"failed to gunzip bytes: {error}") from None
    if len(plain) > LARGEST:
        raise FunctionError(f"the decompressed data has more than {LARGEST:,} bytes")
    return string(as_go_text(plain))


def _codec(name: str) -> str:
    try:
        return codec_of(name)
    except LookupError:
        message = (
            f'"{name}" is not a supported IANA encoding name or alias in this OpenTofu version'
        )
        raise FunctionError(message, 1) from None


def _textencodebase64(arguments: Sequence[Value], _: FunctionContext) -> Value:
    text, name = text_of(arguments[0]), text_of(arguments[1])
    codec = _codec(name)
    try:
        return string(base64.b64encode(encoded(text, codec)).decode())
    except UnicodeEncodeError:
        message = f"the given string contains characters that cannot be represented in {name}"
        raise FunctionError(message, 0) from None


def _textdecodebase64(arguments: Sequence[Value], _: FunctionContext) -> Value:
    source, name = text_of(arguments[0]), text_of(arguments[1])
    codec = _codec(name)
    try:
        content = base64.b64decode(source.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise FunctionError("the given value is has an invalid base64 symbol", 0) from None
    try:
        text = decoded(content, codec)
    except UnicodeDecodeError:
        text = "\ufffd"
    if "\ufffd" in text:
        message = f"the given string contains symbols that are not defined for {name}"
        raise FunctionError(message, 0)
    return string(text)


def _urlencode(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return string(urllib.parse.quote_plus(text_of(arguments[0]), safe=""))


def _urldecode(arguments: Sequence[Value], _: FunctionContext) -> Value:
    text = text_of(arguments[0])
    for place, character in enumerate(text):
        if character == "%" and not _hexadecimal(text[place + 1 : place + 3]):
            bad = text[place : place + 3]
            raise FunctionError(f"failed to decode URL '{text}': invalid URL escape \"{bad}\"")
    return string(as_go_text(urllib.parse.unquote_to_bytes(text.replace("+", " "))))


def _hexadecimal(digits: str) -> bool:
    return len(digits) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in digits)


_STR = Parameter("str", STRING)
_VALUE = Parameter("value", DYNAMIC, null=True)
_ENCODING = Parameter("encoding", STRING)

ENCODING = {
    "base64decode": Function((_STR,), _base64decode, STRING),
    "base64encode": Function((_STR,), _base64encode, STRING),
    "base64gunzip": Function((Parameter("str", STRING, unknown=True),), _base64gunzip, STRING),
    "base64gzip": Function((_STR,), _base64gzip, STRING),
    "csvdecode": Function((_STR,), _csvdecode),
    "jsondecode": Function((_STR,), _jsondecode),
    "jsonencode": Function(
        (Parameter("val", DYNAMIC, null=True),), _jsonencode, STRING, encodes=True
    ),
    "textdecodebase64": Function(
        (Parameter("source", STRING), _ENCODING), _textdecodebase64, STRING
    ),
    "textencodebase64": Function(
        (Parameter("string", STRING), _ENCODING), _textencodebase64, STRING
    ),
    "urldecode": Function((_STR,), _urldecode, STRING),
    "urlencode": Function((_STR,), _urlencode, STRING),
    "yamldecode": Function((Parameter("src", STRING),), _yamldecode),
    "yamlencode": Function((_VALUE,), _yamlencode, STRING),
}
