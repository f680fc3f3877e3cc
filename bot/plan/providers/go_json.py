"""JSON text as Go's `json.Marshal` writes what its `json.Unmarshal` read. PURE.

The provider re-marshals every string of a `json_schema` on read, so this is the only spelling
that does not drift (`facts/airbyte.md`, finding F). Numbers are float64, keys are sorted by
bytes, `<`, `>`, `&`, U+2028 and U+2029 are escaped, all else is as it is.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

_SURROGATES = re.compile(r"[\ud800-\udfff]")
_ESCAPED = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_SPECIAL = re.compile("[<>&\u2028\u2029]")


class NotGoJsonError(ValueError):
    """Text that Go's decoder refuses: the provider would fail on it."""


def decode(text: str) -> Any:
    """JSON text as Go reads it: numbers are float, the last key wins. Raises `NotGoJsonError`."""
    try:
        return json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_constant)
    except RecursionError:
        raise NotGoJsonError("nested too deeply") from None
    except NotGoJsonError:
        raise
    except ValueError as error:
        raise NotGoJsonError(str(error)) from None


def encode(value: Any) -> str:
    """A decoded value as Go writes it: no spaces, keys sorted by bytes at every level."""
    if isinstance(value, dict):
        members = {_clean(key): inner for key, inner in value.items()}
        keys = sorted(members, key=str.encode)
        return "{" + ",".join(f"{_string(key)}:{encode(members[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(encode(item) for item in value) + "]"
    if isinstance(value, str):
        return _string(_clean(value))
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return _float(float(value))


def rewritten(text: str) -> str:
    """The text as the provider reads it back; raises `NotGoJsonError`."""
    return encode(decode(text))


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NotGoJsonError(f"{text[:20]} is out of range")
    return number or 0.0  # Airbyte keeps it as jsonb, whose numbers have no negative zero


def _constant(word: str) -> None:
    raise NotGoJsonError(f"{word} is no JSON value")


def _clean(text: str) -> str:
    return _SURROGATES.sub("\ufffd", text)


def _string(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _SPECIAL.sub(lambda match: _ESCAPED[match[0]], quoted)


def _float(number: float) -> str:
    """Plain digits from 1e-6 up to below 1e21, else an exponent of at least one digit."""
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    decimal = Decimal(repr(number)).normalize()
    exponent = decimal.adjusted()
    if -7 < exponent < 21:
        return format(decimal, "f")
    sign, digits, _ = decimal.as_tuple()
    fraction = "".join(map(str, digits[1:]))
    mantissa = f"{digits[0]}.{fraction}" if fraction else str(digits[0])
    written = f"{exponent:+03d}" if exponent > 0 else str(exponent)
    return f"{'-' if sign else ''}{mantissa}e{written}"
