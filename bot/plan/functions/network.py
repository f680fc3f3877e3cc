"""IP networks: https://opentofu.org/docs/language/functions/cidrsubnet/ and its neighbours.

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.numeric import whole
from bot.plan.functions.signature import Function, FunctionError, Parameter
from bot.plan.functions.strings import text_of
from bot.plan.values import BOOL, NUMBER, STRING, ListType, Value, boolean, list_of, string

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _network(text: str) -> _Network:
    """A prefix in CIDR notation; zeros in front of a decimal are read, as Go's old parser did."""
    address, slash, length = text.partition("/")
    try:
        if not slash or not length.isdigit():
            raise ValueError
        plain = (
            ".".join(str(int(part)) for part in address.split("."))
            if ":" not in address
            else address
        )
        return ipaddress.ip_network(f"{plain}/{int(length)}", strict=False)
    except ValueError:
        raise FunctionError(f"invalid CIDR expression: invalid CIDR address: {text}") from None


def _made(network: _Network, value: int) -> _Address:
    kind = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
    return kind(value)


def _cidrhost(arguments: Sequence[Value], _: FunctionContext) -> Value:
    network = _network(text_of(arguments[0]))
    number = whole(arguments[1])
    bits = network.max_prefixlen - network.prefixlen
    if not -(2**bits) <= number < 2**bits:
        message = f"prefix of {network.prefixlen} does not accommodate a host numbered {number}"
        raise FunctionError(message)
    start = int(network.network_address) + (number if number >= 0 else 2**bits + number)
    return string(str(_made(network, start)))


def _cidrnetmask(arguments: Sequence[Value], _: FunctionContext) -> Value:
    network = _network(text_of(arguments[0]))
    if network.version == 6:
        raise FunctionError("IPv6 addresses cannot have a netmask: " + text_of(arguments[0]))
    return string(str(network.netmask))


def _subnet(network: _Network, newbits: int, number: int) -> str:
    length = network.prefixlen + newbits
    room = network.max_prefixlen - network.prefixlen
    if newbits > room or newbits < 0:
        message = f"insufficient address space to extend prefix of {network.prefixlen} by {newbits}"
        raise FunctionError(message)
    if not -(2**newbits) <= number < 2**newbits:
        message = f"prefix extension of {newbits} does not accommodate a subnet numbered {number}"
        raise FunctionError(message)
    place = number if number >= 0 else 2**newbits + number
    start = int(network.network_address) + (place << (network.max_prefixlen - length))
    return f"{_made(network, start)}/{length}"


def _cidrsubnet(arguments: Sequence[Value], _: FunctionContext) -> Value:
    network = _network(text_of(arguments[0]))
    return string(_subnet(network, whole(arguments[1]), whole(arguments[2])))


def _cidrsubnets(arguments: Sequence[Value], _: FunctionContext) -> Value:
    network = _network(text_of(arguments[0]))
    at = int(network.network_address)
    end = at + network.num_addresses
    subnets: list[Value] = []
    for position, each in enumerate(arguments[1:], start=1):
        newbits = whole(each)
        if newbits < 1:
            raise FunctionError("must extend prefix by at least one bit", position)
        length = network.prefixlen + newbits
        if newbits > network.max_prefixlen - network.prefixlen:
            message = f"would extend prefix to {length} bits, which is too long for an IPv{network.version} address"
            raise FunctionError(message, position)
        size = 1 << (network.max_prefixlen - length)
        at = -(-at // size) * size
        if at + size > end:
            text = text_of(arguments[0])
            message = f"not enough remaining address space for a subnet with a prefix of {length} bits after {text}"
            raise FunctionError(message, position)
        subnets.append(string(f"{_made(network, at)}/{length}"))
        at += size
    return list_of(STRING, subnets)


def _cidrcontains(arguments: Sequence[Value], _: FunctionContext) -> Value:
    outer = _network(text_of(arguments[0]))
    text = text_of(arguments[1])
    if "/" in text:
        inner = _network(text)
        first, last = inner.network_address, inner.broadcast_address
    else:
        try:
            first = last = ipaddress.ip_address(text)
        except ValueError:
            raise FunctionError(f"invalid IP address or prefix: {text}", 1) from None
    if first.version != outer.version:
        message = f"address family mismatch: {arguments[0].raw} vs. {text}"
        raise FunctionError(message)
    low, high = int(outer.network_address), int(outer.broadcast_address)
    return boolean(low <= int(first) and int(last) <= high)


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
