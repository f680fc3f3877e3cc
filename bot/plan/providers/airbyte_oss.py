"""Facts of `aballiet/airbyte-oss` 1.2.3: findings A to G of `facts/airbyte.md`.

Beside the other providers in `bot.plan.providers`. Nothing of it stays known on an update: that is
why a changed source replaces its connections.
"""

from __future__ import annotations

from bot.plan.providers import airbyte_oss_schema as schema
from bot.plan.providers.airbyte_read import live_actor, live_connection, read_connection
from bot.plan.providers.schema import Provider, ResourceType

PROVIDER = Provider(
    "aballiet/airbyte-oss",
    {
        "airbyte_connection": ResourceType(
            "airbyte_connection",
            schema.CONNECTION,
            read=read_connection,
            live=live_connection,
            import_by="connection_id",
        ),
        "airbyte_destination": ResourceType(
            "airbyte_destination", schema.DESTINATION, live=live_actor, importable=False
        ),
        "airbyte_destination_definition": ResourceType(
            "airbyte_destination_definition", schema.DESTINATION_DEFINITION
        ),
        "airbyte_operation": ResourceType("airbyte_operation", schema.OPERATION),
        "airbyte_source": ResourceType(
            "airbyte_source", schema.SOURCE, live=live_actor, importable=False
        ),
        "airbyte_source_definition": ResourceType(
            "airbyte_source_definition", schema.SOURCE_DEFINITION
        ),
        "airbyte_source_definition_manifest": ResourceType(
            "airbyte_source_definition_manifest", schema.SOURCE_DEFINITION_MANIFEST
        ),
        "airbyte_workspace": ResourceType("airbyte_workspace", schema.WORKSPACE),
    },
    {
        "airbyte_connection": ResourceType("airbyte_connection", schema.DATA_CONNECTION),
        "airbyte_destination": ResourceType("airbyte_destination", schema.DATA_DESTINATION),
        "airbyte_destination_definition": ResourceType(
            "airbyte_destination_definition", schema.DATA_DESTINATION_DEFINITION
        ),
        "airbyte_operation": ResourceType("airbyte_operation", schema.DATA_OPERATION),
        "airbyte_source": ResourceType("airbyte_source", schema.DATA_SOURCE),
        "airbyte_source_definition": ResourceType(
            "airbyte_source_definition", schema.DATA_SOURCE_DEFINITION
        ),
        "airbyte_source_schema": ResourceType("airbyte_source_schema", schema.DATA_SOURCE_SCHEMA),
        "airbyte_workspace": ResourceType("airbyte_workspace", schema.DATA_WORKSPACE),
    },
    version="1.2.3",
)
