"""The order in which the tool lists the paths that force a replacement.

Beside `address` in `bot.plan`. They are a set, kept by the hash that cty gives a path: a CRC-64 of
its attribute names (https://github.com/zclconf/go-cty/blob/main/cty/path_set.go).
"""

from __future__ import annotations

_ISO = 0xD800000000000000
_ALL = 0xFFFFFFFFFFFFFFFF


def _row(byte: int) -> int:
    value = byte
    for _ in range(8):
        value = (value >> 1) ^ _ISO if value & 1 else value >> 1
    return value


_TABLE = tuple(_row(byte) for byte in range(256))


def path_order(name: str) -> int:
    """The key to sort one-step paths by: the hash as a signed 64-bit integer."""
    value = _ALL
    for byte in name.encode():
        value = _TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    value ^= _ALL
    return value - (1 << 64) if value >> 63 else value
