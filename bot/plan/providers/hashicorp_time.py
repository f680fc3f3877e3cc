"""Facts of `hashicorp/time` 0.

Beside the other providers in `bot.plan.providers`.
"""

from __future__ import annotations

from bot.plan.providers.schema import (
    ALWAYS,
    Provider,
    ResourceType,
    Rules,
    plain,
)
from bot.plan.values import NUMBER, STRING, MapType

_OFFSET: Rules = {
    "base_rfc3339": plain("oc", STRING),
    "day": plain("c", NUMBER),
    "hour": plain("c", NUMBER),
    "id": plain("c", STRING),
    "minute": plain("c", NUMBER),
    "month": plain("c", NUMBER),
    "offset_days": plain("o", NUMBER),
    "offset_hours": plain("o", NUMBER),
    "offset_minutes": plain("o", NUMBER),
    "offset_months": plain("o", NUMBER),
    "offset_seconds": plain("o", NUMBER),
    "offset_years": plain("o", NUMBER),
    "rfc3339": plain("c", STRING),
    "second": plain("c", NUMBER),
    "triggers": plain("o", MapType(STRING), replace=ALWAYS),
    "unix": plain("c", NUMBER),
    "year": plain("c", NUMBER),
}

_ROTATING: Rules = {
    "day": plain("c", NUMBER),
    "hour": plain("c", NUMBER),
    "id": plain("c", STRING),
    "minute": plain("c", NUMBER),
    "month": plain("c", NUMBER),
    "rfc3339": plain("oc", STRING, replace=ALWAYS),
    "rotation_days": plain("o", NUMBER),
    "rotation_hours": plain("o", NUMBER),
    "rotation_minutes": plain("o", NUMBER),
    "rotation_months": plain("o", NUMBER),
    "rotation_rfc3339": plain("oc", STRING, replace=ALWAYS),
    "rotation_years": plain("o", NUMBER),
    "second": plain("c", NUMBER),
    "triggers": plain("o", MapType(STRING), replace=ALWAYS),
    "unix": plain("c", NUMBER),
    "year": plain("c", NUMBER),
}

_SLEEP: Rules = {
    "create_duration": plain("o", STRING),
    "destroy_duration": plain("o", STRING),
    "id": plain("c", STRING, keeps=True),
    "triggers": plain("o", MapType(STRING), replace=ALWAYS),
}

_STATIC: Rules = {
    "day": plain("c", NUMBER),
    "hour": plain("c", NUMBER),
    "id": plain("c", STRING, keeps=True),
    "minute": plain("c", NUMBER),
    "month": plain("c", NUMBER),
    "rfc3339": plain("oc", STRING, replace=ALWAYS),
    "second": plain("c", NUMBER),
    "triggers": plain("o", MapType(STRING), replace=ALWAYS),
    "unix": plain("c", NUMBER),
    "year": plain("c", NUMBER),
}

PROVIDER = Provider(
    "hashicorp/time",
    {
        "time_offset": ResourceType("time_offset", _OFFSET),
        "time_rotating": ResourceType("time_rotating", _ROTATING),
        "time_sleep": ResourceType("time_sleep", _SLEEP),
        "time_static": ResourceType("time_static", _STATIC),
    },
    {},
)
