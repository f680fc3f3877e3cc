"""Facts of `hashicorp/null` 3: what it makes exists only in the state, and stands for what fires.

Beside the other providers in `bot.plan.providers`.
"""

from __future__ import annotations

from bot.plan.providers.schema import (
    NON_NULL_ELEMENTS,
    Provider,
    ResourceType,
    Rules,
    plain,
)
from bot.plan.values import STRING, MapType

_RESOURCE: Rules = {
    "id": plain("c", STRING, keeps=True),
    "triggers": plain("o", MapType(STRING), replace=NON_NULL_ELEMENTS),
}

_DATA_DATA_SOURCE: Rules = {
    "has_computed_default": plain("oc", STRING),
    "id": plain("c", STRING),
    "inputs": plain("o", MapType(STRING)),
    "outputs": plain("c", MapType(STRING)),
    "random": plain("c", STRING),
}

_DEPRECATED = (
    "The null_data_source was historically used to construct intermediate values to re-use"
    " elsewhere in configuration, the same can now be achieved using locals or the terraform_data"
    " resource type in Terraform 1.4 and later."
)

PROVIDER = Provider(
    "hashicorp/null",
    {
        "null_resource": ResourceType("null_resource", _RESOURCE, fires=True, importable=False),
    },
    {
        "null_data_source": ResourceType(
            "null_data_source",
            _DATA_DATA_SOURCE,
            deprecated=_DEPRECATED,
        ),
    },
)
