"""Facts of `hashicorp/random` 3.

Beside the other providers in `bot.plan.providers`.
"""

from __future__ import annotations

from bot.plan.providers.schema import (
    ALWAYS,
    NON_NULL_ELEMENTS,
    Provider,
    ResourceType,
    Rules,
    plain,
)
from bot.plan.values import BOOL, NUMBER, STRING, ListType, MapType

_BYTES: Rules = {
    "base64": plain("c", STRING, keeps=True, sensitive=True),
    "hex": plain("c", STRING, keeps=True, sensitive=True),
    "keepers": plain("o", MapType(STRING), replace=ALWAYS),
    "length": plain("r", NUMBER, replace=ALWAYS),
}

_ID: Rules = {
    "b64_std": plain("c", STRING, keeps=True),
    "b64_url": plain("c", STRING, keeps=True),
    "byte_length": plain("r", NUMBER, replace=ALWAYS),
    "dec": plain("c", STRING, keeps=True),
    "hex": plain("c", STRING, keeps=True),
    "id": plain("c", STRING, keeps=True),
    "keepers": plain("o", MapType(STRING), replace=NON_NULL_ELEMENTS),
    "prefix": plain("o", STRING, replace=ALWAYS),
}

_INTEGER: Rules = {
    "id": plain("c", STRING, keeps=True),
    "keepers": plain("o", MapType(STRING), replace=NON_NULL_ELEMENTS),
    "max": plain("r", NUMBER, replace=ALWAYS),
    "min": plain("r", NUMBER, replace=ALWAYS),
    "result": plain("c", NUMBER, keeps=True),
    "seed": plain("o", STRING, replace=ALWAYS),
}

_PASSWORD: Rules = {
    "bcrypt_hash": plain("c", STRING, keeps=True, sensitive=True),
    "id": plain("c", STRING, keeps=True),
    "keepers": plain("o", MapType(STRING), replace=NON_NULL_ELEMENTS),
    "length": plain("r", NUMBER, replace=ALWAYS),
    "lower": plain("oc", BOOL, replace=ALWAYS, default=True),
    "min_lower": plain("oc", NUMBER, replace=ALWAYS, default=0),
    "min_numeric": plain("oc", NUMBER, replace=ALWAYS, default=0),
    "min_special": plain("oc", NUMBER, replace=ALWAYS, default=0),
    "min_upper": plain("oc", NUMBER, replace=ALWAYS, default=0),
    "number": plain("oc", BOOL, replace=ALWAYS),
    "numeric": plain("oc", BOOL, replace=ALWAYS),
    "override_special": plain("o", STRING, replace=ALWAYS),
    "result": plain("c", STRING, keeps=True, sensitive=True),
    "special": plain("oc", BOOL, replace=ALWAYS, default=True),
    "upper": plain("oc", BOOL, replace=ALWAYS, default=True),
}

_PET: Rules = {
    "id": plain("c", STRING, keeps=True),
    "keepers": plain("o", MapType(STRING), replace=NON_NULL_ELEMENTS),
    "length": plain("oc", NUMBER, replace=ALWAYS, default=2),
    "prefix": plain("o", STRING, replace=ALWAYS),
    "separator": plain("oc", STRING, replace=ALWAYS, default="-"),
}

_SHUFFLE: Rules = {
    "id": plain("c", STRING, keeps=True),
    "input": plain("r", ListType(STRING), replace=ALWAYS),
    "keepers": plain("o", MapType(STRING), replace=NON_NULL_ELEMENTS),
    "result": plain("c", ListType(STRING), keeps=True),
    "result_count": plain("o", NUMBER, replace=ALWAYS),
    "seed": plain("o", STRING, replace=ALWAYS),
}

_STRING: Rules = {
    "id": plain("c", STRING, keeps=True),
    "keepers": plain("o", MapType(STRING), replace=NON_NULL_ELEMENTS),
    "length": plain("r", NUMBER, replace=ALWAYS),
    "lower": plain("oc", BOOL, replace=ALWAYS, default=True),
    "min_lower": plain("oc", NUMBER, replace=ALWAYS, default=0),
    "min_numeric": plain("oc", NUMBER, replace=ALWAYS, default=0),
    "min_special": plain("oc", NUMBER, replace=ALWAYS, default=0),
    "min_upper": plain("oc", NUMBER, replace=ALWAYS, default=0),
    "number": plain("oc", BOOL, replace=ALWAYS),
    "numeric": plain("oc", BOOL, replace=ALWAYS),
    "override_special": plain("o", STRING, replace=ALWAYS),
    "result": plain("c", STRING, keeps=True),
    "special": plain("oc", BOOL, replace=ALWAYS, default=True),
    "upper": plain("oc", BOOL, replace=ALWAYS, default=True),
}

_UUID: Rules = {
    "id": plain("c", STRING, keeps=True),
    "keepers": plain("o", MapType(STRING), replace=NON_NULL_ELEMENTS),
    "result": plain("c", STRING, keeps=True),
}

_UUID4: Rules = {
    "id": plain("c", STRING, keeps=True),
    "keepers": plain("o", MapType(STRING), replace=NON_NULL_ELEMENTS),
    "result": plain("c", STRING, keeps=True),
}

_UUID7: Rules = {
    "id": plain("c", STRING, keeps=True),
    "keepers": plain("o", MapType(STRING), replace=NON_NULL_ELEMENTS),
    "result": plain("c", STRING, keeps=True),
}

PROVIDER = Provider(
    "hashicorp/random",
    {
        "random_bytes": ResourceType("random_bytes", _BYTES),
        "random_id": ResourceType("random_id", _ID),
        "random_integer": ResourceType("random_integer", _INTEGER),
        "random_password": ResourceType("random_password", _PASSWORD, twins=("number", "numeric")),
        "random_pet": ResourceType("random_pet", _PET, importable=False),
        "random_shuffle": ResourceType("random_shuffle", _SHUFFLE, importable=False),
        "random_string": ResourceType("random_string", _STRING, twins=("number", "numeric")),
        "random_uuid": ResourceType("random_uuid", _UUID),
        "random_uuid4": ResourceType("random_uuid4", _UUID4),
        "random_uuid7": ResourceType("random_uuid7", _UUID7),
    },
    {},
)
