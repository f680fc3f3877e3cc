"""cty in Python: types and values, conversion, unification, equality; unknown and sensitive too.

Lowest layer of `bot.plan`. Knows nothing of syntax, functions or resources.
"""

from bot.plan.values.comparison import compare, equals
from bot.plan.values.convert import ConversionError, convert, primitive_text
from bot.plan.values.json import from_json, json_text, to_json
from bot.plan.values.mismatch import mismatch
from bot.plan.values.number import Number, number_text
from bot.plan.values.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    friendly_name,
    parse_type_json,
    type_json,
)
from bot.plan.values.unify import convertible, unify
from bot.plan.values.value import (
    CLOSED,
    CONFIDENTIAL,
    FALSE,
    GIVEN,
    LEAVES,
    NO_MARKS,
    NULL,
    SENSITIVE,
    TRUE,
    UNKNOWN,
    Mark,
    Marks,
    Origin,
    Unknown,
    Value,
    all_marks,
    all_opaque,
    all_origins,
    boolean,
    identities,
    identity,
    is_secret,
    list_of,
    map_of,
    null,
    number,
    object_of,
    opaque,
    set_of,
    string,
    tuple_of,
    unknown,
)

__all__ = [
    "BOOL", "CLOSED", "CONFIDENTIAL", "DYNAMIC", "FALSE", "GIVEN", "LEAVES", "NO_MARKS", "NULL",
    "NUMBER", "SENSITIVE", "STRING", "TRUE", "UNKNOWN", "ConversionError", "ListType", "MapType",
    "Mark", "Marks", "Number", "ObjectType", "Origin", "SetType", "TupleType", "Type", "Unknown",
    "Value", "all_marks", "all_opaque", "all_origins", "boolean", "compare", "convert",
    "convertible", "equals", "friendly_name", "from_json", "identities", "identity", "is_secret",
    "json_text", "list_of", "map_of", "mismatch", "null", "number", "number_text", "object_of",
    "opaque", "parse_type_json", "primitive_text", "set_of", "string", "to_json", "tuple_of",
    "type_json", "unify", "unknown",
]  # fmt: skip
