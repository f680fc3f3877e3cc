"""Facts of `hashicorp/local` 2.

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
from bot.plan.values import BOOL, NUMBER, STRING, ListType

_FILE: Rules = {
    "content": plain("o", STRING, replace=ALWAYS),
    "content_base64": plain("o", STRING, replace=ALWAYS),
    "content_base64sha256": plain("c", STRING),
    "content_base64sha512": plain("c", STRING),
    "content_md5": plain("c", STRING),
    "content_sha1": plain("c", STRING),
    "content_sha256": plain("c", STRING),
    "content_sha512": plain("c", STRING),
    "directory_permission": plain("oc", STRING, replace=ALWAYS, default="0777"),
    "file_permission": plain("oc", STRING, replace=ALWAYS, default="0777"),
    "filename": plain("r", STRING, replace=ALWAYS),
    "id": plain("c", STRING),
    "sensitive_content": plain("o", STRING, replace=ALWAYS, sensitive=True),
    "source": plain("o", STRING, replace=ALWAYS),
}

_SENSITIVE_FILE: Rules = {
    "content": plain("o", STRING, replace=ALWAYS, sensitive=True),
    "content_base64": plain("o", STRING, replace=ALWAYS, sensitive=True),
    "content_base64sha256": plain("c", STRING),
    "content_base64sha512": plain("c", STRING),
    "content_md5": plain("c", STRING),
    "content_sha1": plain("c", STRING),
    "content_sha256": plain("c", STRING),
    "content_sha512": plain("c", STRING),
    "directory_permission": plain("oc", STRING, replace=ALWAYS, default="0700"),
    "file_permission": plain("oc", STRING, replace=ALWAYS, default="0700"),
    "filename": plain("r", STRING, replace=ALWAYS),
    "id": plain("c", STRING),
    "source": plain("o", STRING, replace=ALWAYS),
}

_DATA_COMMAND: Rules = {
    "allow_non_zero_exit_code": plain("o", BOOL),
    "arguments": plain("o", ListType(STRING)),
    "command": plain("r", STRING),
    "exit_code": plain("c", NUMBER),
    "stderr": plain("c", STRING),
    "stdin": plain("o", STRING),
    "stdout": plain("c", STRING),
    "working_directory": plain("o", STRING),
}

_DATA_FILE: Rules = {
    "content": plain("c", STRING),
    "content_base64": plain("c", STRING),
    "content_base64sha256": plain("c", STRING),
    "content_base64sha512": plain("c", STRING),
    "content_md5": plain("c", STRING),
    "content_sha1": plain("c", STRING),
    "content_sha256": plain("c", STRING),
    "content_sha512": plain("c", STRING),
    "filename": plain("r", STRING),
    "id": plain("c", STRING),
}

_DATA_SENSITIVE_FILE: Rules = {
    "content": plain("c", STRING, sensitive=True),
    "content_base64": plain("c", STRING, sensitive=True),
    "content_base64sha256": plain("c", STRING),
    "content_base64sha512": plain("c", STRING),
    "content_md5": plain("c", STRING),
    "content_sha1": plain("c", STRING),
    "content_sha256": plain("c", STRING),
    "content_sha512": plain("c", STRING),
    "filename": plain("r", STRING),
    "id": plain("c", STRING),
}

PROVIDER = Provider(
    "hashicorp/local",
    {
        "local_file": ResourceType("local_file", _FILE, importable=False),
        "local_sensitive_file": ResourceType(
            "local_sensitive_file", _SENSITIVE_FILE, importable=False
        ),
    },
    {
        "local_command": ResourceType("local_command", _DATA_COMMAND),
        "local_file": ResourceType("local_file", _DATA_FILE),
        "local_sensitive_file": ResourceType("local_sensitive_file", _DATA_SENSITIVE_FILE),
    },
)
