"""Every built-in function of OpenTofu 1.10 by its name, and the area that it is in.

Above the areas in `bot.plan.functions`; an area is one file with one table, named like the file.
It is imported when the first of its functions is called: a module pays for what it uses.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache

from bot.plan.functions.signature import Function

_AREAS = {
    "collections": "coalesce keys length lookup merge transpose values zipmap",
    "conversion": (
        "issensitive list map nonsensitive sensitive tobool tolist tomap tonumber toset tostring"
    ),
    "datetime": "formatdate plantimestamp timeadd timecmp timestamp",
    "encoding": (
        "base64decode base64encode base64gunzip base64gzip csvdecode jsondecode jsonencode "
        "textdecodebase64 textencodebase64 urldecode urlencode yamldecode yamlencode"
    ),
    "filesystem": (
        "abspath basename dirname file filebase64 fileexists fileset pathexpand templatefile "
        "templatestring"
    ),
    "formatting": "format formatlist",
    "hashing": (
        "base64sha256 base64sha512 bcrypt filebase64sha256 filebase64sha512 filemd5 filesha1 "
        "filesha256 filesha512 md5 rsadecrypt sha1 sha256 sha512 uuid uuidv5"
    ),
    "network": "cidrcontains cidrhost cidrnetmask cidrsubnet cidrsubnets",
    "numeric": "abs ceil floor log max min parseint pow signum",
    "patterns": "regex regexall",
    "ranges": "range",
    "sequences": (
        "alltrue anytrue chunklist coalescelist compact concat contains distinct element flatten "
        "index matchkeys one reverse slice sort sum"
    ),
    "sets": "setintersection setproduct setsubtract setunion",
    "strings": (
        "chomp endswith indent join lower replace split startswith strcontains strrev substr title "
        "trim trimprefix trimspace trimsuffix upper"
    ),
}

FUNCTIONS: Mapping[str, str] = {
    name: area for area, names in _AREAS.items() for name in names.split()
}
"""The area of each function."""


def find(name: str) -> Function | None:
    """The function of that name, with or without `core::`."""
    plain = name.removeprefix("core::")
    area = FUNCTIONS.get(plain)
    return functions_of(area)[plain] if area else None


@cache
def functions_of(area: str) -> Mapping[str, Function]:
    """The table of an area."""
    table: Mapping[str, Function] = getattr(
        importlib.import_module(f"bot.plan.functions.{area}"), area.upper()
    )
    return table


def suggestion(name: str) -> str | None:
    """The function that was probably meant."""
    import difflib  # only where somebody mistyped

    near = difflib.get_close_matches(name, [*FUNCTIONS, "try", "can"], n=1, cutoff=0.7)
    return near[0] if near else None
