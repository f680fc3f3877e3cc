"""What the provisioners that come with the tool, and their connections, may be given.

Lowest layer of `bot.plan` beside `values`
(https://opentofu.org/docs/language/resources/provisioners/syntax/).
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.plan.values import BOOL, NUMBER, STRING, ListType, MapType, Type

_TEXTS: Type = ListType(STRING)
PROVISIONERS: Mapping[str, Mapping[str, Type]] = {
    "local-exec": {
        "command": STRING,
        "environment": MapType(STRING),
        "interpreter": _TEXTS,
        "quiet": BOOL,
        "working_dir": STRING,
    },
    "remote-exec": {"inline": _TEXTS, "script": STRING, "scripts": _TEXTS},
    "file": {"content": STRING, "destination": STRING, "source": STRING},
}
REQUIRED = {"local-exec": "command", "file": "destination"}
"""The one argument that each of these cannot do without."""
CONNECTION: Mapping[str, Type] = {
    **dict.fromkeys(
        (
            "bastion_certificate", "bastion_host", "bastion_host_key", "bastion_password",
            "bastion_private_key", "bastion_user", "cacert", "certificate", "agent_identity",
            "host", "host_key", "password", "private_key", "proxy_host", "proxy_scheme",
            "proxy_user_name", "proxy_user_password", "script_path", "target_platform", "timeout",
            "type", "user",
        ),
        STRING,
    ),
    **dict.fromkeys(("bastion_port", "port", "proxy_port"), NUMBER),
    **dict.fromkeys(("agent", "https", "insecure", "use_ntlm"), BOOL),
}  # fmt: skip
