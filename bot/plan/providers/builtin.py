"""The provider inside OpenTofu itself: `terraform_data` and `terraform_remote_state`.

Beside the other providers in `bot.plan.providers`
(https://opentofu.org/docs/language/resources/tf-data/).
"""

from __future__ import annotations

from bot.plan.providers.schema import ALWAYS, Provider, ResourceType, Rules, plain
from bot.plan.values import DYNAMIC, STRING

_DATA: Rules = {
    "id": plain("c", STRING, keeps=True, never_null=True),
    "input": plain("o", DYNAMIC),
    "output": plain("c", DYNAMIC),
    "triggers_replace": plain("o", DYNAMIC, replace=ALWAYS),
}
_REMOTE_STATE: Rules = {
    "backend": plain("r", STRING),
    "config": plain("o", DYNAMIC),
    "defaults": plain("o", DYNAMIC),
    "outputs": plain("c", DYNAMIC),
    "workspace": plain("o", STRING),
}

PROVIDER = Provider(
    "terraform.io/builtin/terraform",
    {
        "terraform_data": ResourceType(
            "terraform_data", _DATA, fires=True, output_of={"output": "input"}, import_whole=True
        )
    },
    {"terraform_remote_state": ResourceType("terraform_remote_state", _REMOTE_STATE)},
)
