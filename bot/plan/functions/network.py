"""IP networks: https://opentofu.org/docs/language/functions/cidrsubnet/ and its neighbours.

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import NamedTuple

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.numeric import of, whole
from bot.plan.functions.signature import Function, FunctionError, Parameter
from bot.plan.functions.strings import text_of
from bot.plan.values import BOOL, NUMBER, STRING, ListType, Value, boolean, list_of, string

_MAPPED = 0xFFFF


class _Network(NamedTuple):
    """A prefix as Go's `net.IPNet` has it: an IPv4 address in IPv6 notation keeps its 128 bits."""

    address: int
    bits: int
    length: int

    @property
    def is_version_4(self) -> bool:
        """What Go's `To4` says: also of an IPv4 address in IPv6 notation."""
        return self.bits == 32 or self.address >> 32 == _MAPPED

    @property
    def last(self) -> int:
        return self.address | ((1 << (self.bits - self.length)) - 1)

    def __str__(self) -> str:
        if not 0 <= self.length <= self.bits:
            return "<nil>"
        length = self.length
        if self.bits == 128 and self.is_version_4:
            length = max(0, length - 96)
        return f"{_text(self.address, self.bits)}/{length}"


def _network(text: str) -> _Network:
    """A prefix in CIDR notation; zeros in front of a decimal are read, as Go's old parser did."""
    address, slash, length = text.partition("/")
    plain = address
    try:
        if not slash or "%" in address or not (length.isascii() and length.isdigit()):
            raise ValueError
        if ":" not in address:
            plain = ".".join(str(int(part)) for part in address.split("."))
        network = ipaddress.ip_network(f"{plain}/{int(length)}", strict=False)
    except ValueError:
        raise FunctionError(f"invalid CIDR expression: invalid CIDR address: {text}") from None
    return _Network(int(network.network_address), network.max_prefixlen, network.prefixlen)


def _text(address: int, bits: int) -> str:
    if bits == 32 or address >> 32 == _MAPPED:
        return str(ipaddress.IPv4Address(address & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(address))


def _inserted(network: _Network, number: int, length: int) -> int:
    """`number` put behind the first `length` bits; what Go does with a negative one is kept."""
    inserted = abs(network.address | (number << (network.bits - length)))
    if inserted >> network.bits:
        raise FunctionError("panic in function implementation: runtime error: index out of range")
    return inserted


def _cidrhost(arguments: Sequence[Value], _: FunctionContext) -> Value:
    number = _integer(arguments[1])
    network = _network(text_of(arguments[0]))
    most = (1 << (network.bits - network.length)) - 1
    if number < 0:
        number, counted = most + number + 1, -number - 1
    else:
        counted = number & (2**64 - 1)
        counted -= 2**64 if counted >= 2**63 else 0
    if counted > most:
        message = f"prefix of {network.length} does not accommodate a host numbered {number}"
        raise FunctionError(message)
    host = _inserted(network, number, 32 if network.is_version_4 else 128)
    return string(_text(host, network.bits))


def _integer(value: Value) -> int:
    number = of(value)
    if not number.is_integer():
        raise FunctionError("value must be a whole number")
    if not -(2**256) < number < 2**256:
        raise FunctionError("panic in function implementation: runtime error: index out of range")
    return int(number)


def _cidrnetmask(arguments: Sequence[Value], _: FunctionContext) -> Value:
    network = _network(text_of(arguments[0]))
    if not network.is_version_4:
        raise FunctionError("IPv6 addresses cannot have a netmask: " + text_of(arguments[0]))
    ones = (1 << network.bits) - (1 << (network.bits - network.length))
    return string(_text(ones, network.bits))


def _cidrsubnet(arguments: Sequence[Value], _: FunctionContext) -> Value:
    newbits, number = whole(arguments[1]), _integer(arguments[2])
    network = _network(text_of(arguments[0]))
    length = network.length + newbits
    if length > network.bits:
        message = f"insufficient address space to extend prefix of {network.length} by {newbits}"
        raise FunctionError(message)
    most = (1 << newbits) - 1 if 0 <= newbits < 64 else 2**64 - 1
    if abs(number) % 2**64 > most:
        message = f"prefix extension of {newbits} does not accommodate a subnet numbered {number}"
        raise FunctionError(message)
    if length < 0:
        return string("<nil>")
    return string(str(_Network(_inserted(network, number, length), network.bits, length)))


def _cidrsubnets(arguments: Sequence[Value], _: FunctionContext) -> Value:
    try:
        network = _network(text_of(arguments[0]))
    except FunctionError as problem:
        raise FunctionError(problem.message, 0) from None
    at, end = network.address, network.last + 1
    if at == 0 and len(arguments) > 1:  # Go takes the first subnet of all for a roll-over
        message = f"not enough remaining address space for a subnet after {arguments[0].raw}"
        raise FunctionError(message, 1)
    subnets: list[Value] = []
    for position, each in enumerate(arguments[1:], start=1):
        length = _extended(network, each, position)
        size = 1 << (network.bits - length)
        at = -(-at // size) * size
        if at + size > end:
            text = text_of(arguments[0])
            message = (
                "not enough remaining address space for a subnet with a prefix of"
                f" {length} bits after {text}"
            )
            raise FunctionError(message, position)
        subnets.append(string(str(_Network(at, network.bits, length))))
        at += size
    return list_of(STRING, subnets)


def _extended(network: _Network, value: Value, position: int) -> int:
    try:
        newbits = whole(value)
    except FunctionError as problem:
        raise FunctionError(problem.message, position) from None
    if newbits < 1:
        raise FunctionError("must extend prefix by at least one bit", position)
    length = network.length + newbits
    if length > network.bits:
        kind = "IPv4" if network.bits == 32 else "IPv6"
        message = f"would extend prefix to {length} bits, which is too long for an {kind} address"
        raise FunctionError(message, position)
    return length


def _cidrcontains(arguments: Sequence[Value], _: FunctionContext) -> Value:
    outer = _network(text_of(arguments[0]))
    text = text_of(arguments[1])
    inner = _address_or_network(text)
    if inner.is_version_4 != outer.is_version_4:
        message = f"address family mismatch: {arguments[0].raw} vs. {text}"
        raise FunctionError(message)
    return boolean(outer.address <= inner.address and inner.last <= outer.last)


def _address_or_network(text: str) -> _Network:
    try:
        if "/" in text:
            return _network(text)
        address = ipaddress.ip_address(text)
        return _Network(int(address), address.max_prefixlen, address.max_prefixlen)
    except (ValueError, FunctionError):
        raise FunctionError(f"invalid IP address or prefix: {text}") from None


_PREFIX = Parameter("prefix", STRING)

NETWORK = {
    "cidrcontains": Function(
        (Parameter("containing_prefix", STRING), Parameter("contained_ip_or_prefix", STRING)),
        _cidrcontains,
        BOOL,
    ),
    "cidrhost": Function((_PREFIX, Parameter("hostnum", NUMBER)), _cidrhost, STRING),
    "cidrnetmask": Function((_PREFIX,), _cidrnetmask, STRING),
    "cidrsubnet": Function(
        (_PREFIX, Parameter("newbits", NUMBER), Parameter("netnum", NUMBER)), _cidrsubnet, STRING
    ),
    "cidrsubnets": Function(
        (_PREFIX,), _cidrsubnets, ListType(STRING), Parameter("newbits", NUMBER)
    ),
}
