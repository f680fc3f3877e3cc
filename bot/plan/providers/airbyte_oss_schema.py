"""The attributes of `aballiet/airbyte-oss` 1.2.3, as its schema and its plan modifiers have them.

https://registry.terraform.io/providers/aballiet/airbyte-oss/1.2.3/docs; `facts/airbyte.md` says how
it behaves.

Beside the other providers in `bot.plan.providers`.
"""

from __future__ import annotations

from bot.plan.providers.schema import (
    IF_CONFIGURED,
    Rules,
    many,
    plain,
    single,
)
from bot.plan.values import BOOL, NUMBER, STRING, ListType, MapType

CONNECTION: Rules = {
    "breaking_change": plain("c", BOOL),
    "connection_id": plain("c", STRING),
    "destination_id": plain("r", STRING, replace=IF_CONFIGURED),
    "geography": plain(
        "oc",
        STRING,
        one_of=(
            "auto",
            "us",
            "eu",
        ),
    ),
    "name": plain("oc", STRING),
    "namespace_definition": plain(
        "oc",
        STRING,
        one_of=(
            "source",
            "destination",
            "customformat",
        ),
    ),
    "namespace_format": plain("oc", STRING),
    "non_breaking_changes_preference": plain(
        "oc",
        STRING,
        one_of=(
            "ignore",
            "disable",
            "propagate_columns",
            "propagate_fully",
        ),
    ),
    "notify_schema_changes": plain("oc", BOOL),
    "notify_schema_changes_by_email": plain("oc", BOOL),
    "operation_ids": plain("oc", ListType(STRING)),
    "prefix": plain("oc", STRING),
    "resource_requirements": single(
        "oc",
        {
            "cpu_limit": plain("oc", STRING),
            "cpu_request": plain("oc", STRING),
            "memory_limit": plain("oc", STRING),
            "memory_request": plain("oc", STRING),
        },
    ),
    "schedule_data": single(
        "oc",
        {
            "basic_schedule": single(
                "oc",
                {
                    "time_unit": plain(
                        "oc",
                        STRING,
                        not_null=True,
                        one_of=(
                            "minutes",
                            "hours",
                            "days",
                            "weeks",
                            "months",
                        ),
                    ),
                    "units": plain("oc", NUMBER, not_null=True),
                },
            ),
            "cron": single(
                "oc",
                {
                    "cron_expression": plain("oc", STRING, not_null=True),
                    "cron_time_zone": plain("oc", STRING, not_null=True),
                },
            ),
        },
    ),
    "schedule_type": plain(
        "oc",
        STRING,
        one_of=(
            "manual",
            "basic",
            "cron",
        ),
    ),
    "source_catalog_id": plain("oc", STRING),
    "source_id": plain("r", STRING, replace=IF_CONFIGURED),
    "status": plain(
        "r",
        STRING,
        one_of=(
            "active",
            "inactive",
            "deprecated",
        ),
    ),
    "sync_catalog": single(
        "oc",
        {
            "streams": many(
                "oc",
                {
                    "config": single(
                        "oc",
                        {
                            "alias_name": plain("oc", STRING),
                            "cursor_field": plain("oc", ListType(STRING)),
                            "destination_sync_mode": plain(
                                "oc",
                                STRING,
                                not_null=True,
                                one_of=(
                                    "append",
                                    "overwrite",
                                    "append_dedup",
                                ),
                            ),
                            "field_selection_enabled": plain("oc", BOOL),
                            "primary_key": plain("oc", ListType(ListType(STRING))),
                            "selected": plain("oc", BOOL),
                            "selected_fields": many(
                                "oc",
                                {
                                    "field_path": plain("oc", ListType(STRING)),
                                },
                            ),
                            "suggested": plain("oc", BOOL),
                            "sync_mode": plain(
                                "oc",
                                STRING,
                                not_null=True,
                                one_of=(
                                    "full_refresh",
                                    "incremental",
                                ),
                            ),
                        },
                    ),
                    "stream": single(
                        "oc",
                        {
                            "default_cursor_field": plain("oc", ListType(STRING)),
                            "json_schema": plain("oc", MapType(STRING), json=True),
                            "name": plain("oc", STRING, not_null=True),
                            "namespace": plain("oc", STRING),
                            "source_defined_cursor": plain("oc", BOOL),
                            "source_defined_primary_key": plain("oc", ListType(ListType(STRING))),
                            "supported_sync_modes": plain("oc", ListType(STRING)),
                        },
                    ),
                },
                not_null=True,
            ),
        },
    ),
    "workspace_id": plain("c", STRING),
}

DESTINATION: Rules = {
    "connection_configuration": plain("r", STRING, json=True),
    "destination_definition_id": plain("r", STRING, replace=IF_CONFIGURED),
    "destination_id": plain("c", STRING),
    "destination_name": plain("c", STRING),
    "icon": plain("c", STRING),
    "name": plain("r", STRING),
    "workspace_id": plain("r", STRING, replace=IF_CONFIGURED),
}

DESTINATION_DEFINITION: Rules = {
    "custom": plain("c", BOOL),
    "destination_definition_id": plain("c", STRING),
    "docker_image_tag": plain("r", STRING),
    "docker_repository": plain("r", STRING, replace=IF_CONFIGURED),
    "documentation_url": plain("r", STRING, replace=IF_CONFIGURED),
    "icon": plain("oc", STRING, replace=IF_CONFIGURED),
    "name": plain("r", STRING, replace=IF_CONFIGURED),
    "normalization_config": single(
        "c",
        {
            "normalization_integration_type": plain("c", STRING),
            "normalization_repository": plain("c", STRING),
            "normalization_tag": plain("c", STRING),
            "supported": plain("c", BOOL),
        },
    ),
    "protocol_version": plain("c", STRING),
    "release_date": plain("c", STRING),
    "release_stage": plain(
        "c",
        STRING,
        one_of=(
            "alpha",
            "beta",
            "generally_available",
            "custom",
        ),
    ),
    "resource_requirements": single(
        "oc",
        {
            "default": single(
                "oc",
                {
                    "cpu_limit": plain("oc", STRING),
                    "cpu_request": plain("oc", STRING),
                    "memory_limit": plain("oc", STRING),
                    "memory_request": plain("oc", STRING),
                },
            ),
            "job_specific": many(
                "oc",
                {
                    "job_type": plain(
                        "oc",
                        STRING,
                        not_null=True,
                        one_of=(
                            "get_spec",
                            "check_connection",
                            "discover_schema",
                            "sync",
                            "reset_connection",
                            "connection_updater",
                            "replicate",
                        ),
                    ),
                    "resource_requirements": single(
                        "oc",
                        {
                            "cpu_limit": plain("oc", STRING),
                            "cpu_request": plain("oc", STRING),
                            "memory_limit": plain("oc", STRING),
                            "memory_request": plain("oc", STRING),
                        },
                        not_null=True,
                    ),
                },
            ),
        },
    ),
    "scope_id": plain("o", STRING, replace=IF_CONFIGURED),
    "scope_type": plain(
        "o",
        STRING,
        replace=IF_CONFIGURED,
        one_of=(
            "workspace",
            "organization",
        ),
    ),
    "support_level": plain(
        "c",
        STRING,
        one_of=(
            "community",
            "certified",
            "none",
        ),
    ),
    "supports_dbt": plain("c", BOOL),
    "workspace_id": plain("o", STRING, replace=IF_CONFIGURED),
}

OPERATION: Rules = {
    "name": plain("r", STRING),
    "operation_id": plain("c", STRING),
    "operator_configuration": single(
        "r",
        {
            "dbt": single(
                "oc",
                {
                    "dbt_arguments": plain("oc", STRING),
                    "docker_image": plain("oc", STRING),
                    "git_repo_branch": plain("oc", STRING),
                    "git_repo_url": plain("oc", STRING, not_null=True),
                },
            ),
            "normalization": single(
                "oc",
                {
                    "option": plain("oc", STRING, one_of=("basic",)),
                },
            ),
            "operator_type": plain(
                "r",
                STRING,
                one_of=(
                    "normalization",
                    "dbt",
                    "webhook",
                ),
            ),
            "webhook": single(
                "oc",
                {
                    "dbt_cloud": single(
                        "oc",
                        {
                            "account_id": plain("oc", NUMBER, not_null=True),
                            "job_id": plain("oc", NUMBER, not_null=True),
                        },
                    ),
                    "execution_body": plain("oc", STRING),
                    "execution_url": plain("oc", STRING),
                    "webhook_config_id": plain("oc", STRING),
                    "webhook_type": plain("oc", STRING, one_of=("dbtCloud",)),
                },
            ),
        },
    ),
    "workspace_id": plain("r", STRING, replace=IF_CONFIGURED),
}

SOURCE: Rules = {
    "connection_configuration": plain("r", STRING, json=True),
    "icon": plain("c", STRING),
    "name": plain("r", STRING),
    "secret_id": plain("o", STRING),
    "source_definition_id": plain("r", STRING, replace=IF_CONFIGURED),
    "source_id": plain("c", STRING),
    "source_name": plain("c", STRING),
    "workspace_id": plain("r", STRING, replace=IF_CONFIGURED),
}

SOURCE_DEFINITION: Rules = {
    "custom": plain("c", BOOL),
    "docker_image_tag": plain("c", STRING),
    "docker_repository": plain("c", STRING),
    "documentation_url": plain("c", STRING),
    "icon": plain("c", STRING),
    "max_seconds_between_messages": plain("c", NUMBER),
    "name": plain("c", STRING),
    "protocol_version": plain("c", STRING),
    "release_date": plain("c", STRING),
    "release_stage": plain(
        "c",
        STRING,
        one_of=(
            "alpha",
            "beta",
            "generally_available",
            "custom",
        ),
    ),
    "resource_requirements": single(
        "c",
        {
            "default": single(
                "c",
                {
                    "cpu_limit": plain("c", STRING),
                    "cpu_request": plain("c", STRING),
                    "memory_limit": plain("c", STRING),
                    "memory_request": plain("c", STRING),
                },
            ),
            "job_specific": many(
                "c",
                {
                    "job_type": plain(
                        "c",
                        STRING,
                        one_of=(
                            "get_spec",
                            "check_connection",
                            "discover_schema",
                            "sync",
                            "reset_connection",
                            "connection_updater",
                            "replicate",
                        ),
                    ),
                    "resource_requirements": single(
                        "c",
                        {
                            "cpu_limit": plain("c", STRING),
                            "cpu_request": plain("c", STRING),
                            "memory_limit": plain("c", STRING),
                            "memory_request": plain("c", STRING),
                        },
                    ),
                },
            ),
        },
    ),
    "scope_id": plain("o", STRING, replace=IF_CONFIGURED),
    "scope_type": plain(
        "o",
        STRING,
        replace=IF_CONFIGURED,
        one_of=(
            "workspace",
            "organization",
        ),
    ),
    "source_definition": single(
        "r",
        {
            "docker_image_tag": plain("r", STRING, replace=IF_CONFIGURED),
            "docker_repository": plain("r", STRING, replace=IF_CONFIGURED),
            "documentation_url": plain("r", STRING, replace=IF_CONFIGURED),
            "icon": plain("o", STRING, replace=IF_CONFIGURED),
            "name": plain("r", STRING, replace=IF_CONFIGURED),
            "resource_requirements": single(
                "o",
                {
                    "default": single(
                        "o",
                        {
                            "cpu_limit": plain("o", STRING, replace=IF_CONFIGURED),
                            "cpu_request": plain("o", STRING, replace=IF_CONFIGURED),
                            "memory_limit": plain("o", STRING, replace=IF_CONFIGURED),
                            "memory_request": plain("o", STRING, replace=IF_CONFIGURED),
                        },
                        replace=IF_CONFIGURED,
                    ),
                    "job_specific": many(
                        "o",
                        {
                            "job_type": plain(
                                "r",
                                STRING,
                                replace=IF_CONFIGURED,
                                one_of=(
                                    "get_spec",
                                    "check_connection",
                                    "discover_schema",
                                    "sync",
                                    "reset_connection",
                                    "connection_updater",
                                    "replicate",
                                ),
                            ),
                            "resource_requirements": single(
                                "r",
                                {
                                    "cpu_limit": plain("o", STRING, replace=IF_CONFIGURED),
                                    "cpu_request": plain("o", STRING, replace=IF_CONFIGURED),
                                    "memory_limit": plain("o", STRING, replace=IF_CONFIGURED),
                                    "memory_request": plain("o", STRING, replace=IF_CONFIGURED),
                                },
                                replace=IF_CONFIGURED,
                            ),
                        },
                        replace=IF_CONFIGURED,
                    ),
                },
                replace=IF_CONFIGURED,
            ),
        },
        replace=IF_CONFIGURED,
    ),
    "source_definition_id": plain("c", STRING),
    "source_type": plain(
        "c",
        STRING,
        one_of=(
            "api",
            "file",
            "database",
            "custom",
        ),
    ),
    "support_level": plain(
        "c",
        STRING,
        one_of=(
            "community",
            "certified",
            "none",
        ),
    ),
    "workspace_id": plain("o", STRING, replace=IF_CONFIGURED),
}

SOURCE_DEFINITION_MANIFEST: Rules = {
    "declarative_manifest": single(
        "r",
        {
            "description": plain("r", STRING, replace=IF_CONFIGURED),
            "manifest": single("r", {}, replace=IF_CONFIGURED),
            "spec": single("r", {}, replace=IF_CONFIGURED),
            "version": plain("r", NUMBER, replace=IF_CONFIGURED),
        },
        replace=IF_CONFIGURED,
    ),
    "set_as_active_manifest": plain("r", BOOL, replace=IF_CONFIGURED),
    "source_definition_id": plain("r", STRING),
    "workspace_id": plain("r", STRING),
}

WORKSPACE: Rules = {
    "anonymous_data_collection": plain("oc", BOOL),
    "customer_id": plain("c", STRING),
    "default_geography": plain(
        "oc",
        STRING,
        one_of=(
            "auto",
            "us",
            "eu",
        ),
    ),
    "display_setup_wizard": plain("oc", BOOL),
    "email": plain("oc", STRING),
    "feedback_done": plain("c", BOOL),
    "first_completed_sync": plain("c", BOOL),
    "initial_setup_complete": plain("c", BOOL),
    "name": plain("r", STRING, replace=IF_CONFIGURED),
    "news": plain("oc", BOOL),
    "notification_settings": single(
        "oc",
        {
            "send_on_breaking_change_syncs_disabled": single(
                "oc",
                {
                    "customerio_configuration": single("oc", {}),
                    "notification_type": plain("oc", ListType(STRING)),
                    "slack_configuration": single(
                        "oc",
                        {
                            "webhook": plain("oc", STRING, not_null=True),
                        },
                    ),
                },
            ),
            "send_on_breaking_change_warning": single(
                "oc",
                {
                    "customerio_configuration": single("oc", {}),
                    "notification_type": plain("oc", ListType(STRING)),
                    "slack_configuration": single(
                        "oc",
                        {
                            "webhook": plain("oc", STRING, not_null=True),
                        },
                    ),
                },
            ),
            "send_on_connection_update": single(
                "oc",
                {
                    "customerio_configuration": single("oc", {}),
                    "notification_type": plain("oc", ListType(STRING)),
                    "slack_configuration": single(
                        "oc",
                        {
                            "webhook": plain("oc", STRING, not_null=True),
                        },
                    ),
                },
            ),
            "send_on_connection_update_action_required": single(
                "oc",
                {
                    "customerio_configuration": single("oc", {}),
                    "notification_type": plain("oc", ListType(STRING)),
                    "slack_configuration": single(
                        "oc",
                        {
                            "webhook": plain("oc", STRING, not_null=True),
                        },
                    ),
                },
            ),
            "send_on_failure": single(
                "oc",
                {
                    "customerio_configuration": single("oc", {}),
                    "notification_type": plain("oc", ListType(STRING)),
                    "slack_configuration": single(
                        "oc",
                        {
                            "webhook": plain("oc", STRING, not_null=True),
                        },
                    ),
                },
            ),
            "send_on_success": single(
                "oc",
                {
                    "customerio_configuration": single("oc", {}),
                    "notification_type": plain("oc", ListType(STRING)),
                    "slack_configuration": single(
                        "oc",
                        {
                            "webhook": plain("oc", STRING, not_null=True),
                        },
                    ),
                },
            ),
            "send_on_sync_disabled": single(
                "oc",
                {
                    "customerio_configuration": single("oc", {}),
                    "notification_type": plain("oc", ListType(STRING)),
                    "slack_configuration": single(
                        "oc",
                        {
                            "webhook": plain("oc", STRING, not_null=True),
                        },
                    ),
                },
            ),
            "send_on_sync_disabled_warning": single(
                "oc",
                {
                    "customerio_configuration": single("oc", {}),
                    "notification_type": plain("oc", ListType(STRING)),
                    "slack_configuration": single(
                        "oc",
                        {
                            "webhook": plain("oc", STRING, not_null=True),
                        },
                    ),
                },
            ),
        },
    ),
    "notifications": many(
        "oc",
        {
            "customerio_configuration": single("oc", {}),
            "notification_type": plain(
                "oc",
                STRING,
                not_null=True,
                one_of=(
                    "slack",
                    "customerio",
                ),
            ),
            "send_on_failure": plain("oc", BOOL, default=True),
            "send_on_success": plain("oc", BOOL, default=False),
            "slack_configuration": single(
                "oc",
                {
                    "webhook": plain("oc", STRING, not_null=True),
                },
            ),
        },
    ),
    "organization_id": plain("oc", STRING, replace=IF_CONFIGURED),
    "security_updates": plain("oc", BOOL),
    "slug": plain("c", STRING),
    "webhook_configs": many(
        "oc",
        {
            "auth_token": plain("oc", STRING),
            "id": plain("c", STRING),
            "name": plain("oc", STRING),
            "validation_url": plain("oc", STRING),
        },
    ),
    "workspace_id": plain("c", STRING),
}

DATA_CONNECTION: Rules = {
    "breaking_change": plain("c", BOOL),
    "connection_id": plain("r", STRING),
    "destination_id": plain("c", STRING),
    "geography": plain("c", STRING),
    "name": plain("c", STRING),
    "namespace_definition": plain("c", STRING),
    "namespace_format": plain("c", STRING),
    "non_breaking_changes_preference": plain("c", STRING),
    "notify_schema_changes": plain("c", BOOL),
    "notify_schema_changes_by_email": plain("c", BOOL),
    "operation_ids": plain("c", ListType(STRING)),
    "prefix": plain("c", STRING),
    "resource_requirements": single(
        "c",
        {
            "cpu_limit": plain("c", STRING),
            "cpu_request": plain("c", STRING),
            "memory_limit": plain("c", STRING),
            "memory_request": plain("c", STRING),
        },
    ),
    "schedule_data": single(
        "c",
        {
            "basic_schedule": single(
                "c",
                {
                    "time_unit": plain("c", STRING),
                    "units": plain("c", NUMBER),
                },
            ),
            "cron": single(
                "c",
                {
                    "cron_expression": plain("c", STRING),
                    "cron_time_zone": plain("c", STRING),
                },
            ),
        },
    ),
    "schedule_type": plain("c", STRING),
    "source_catalog_id": plain("c", STRING),
    "source_id": plain("c", STRING),
    "status": plain("c", STRING),
    "sync_catalog": single(
        "c",
        {
            "streams": many(
                "c",
                {
                    "config": single(
                        "c",
                        {
                            "alias_name": plain("c", STRING),
                            "cursor_field": plain("c", ListType(STRING)),
                            "destination_sync_mode": plain("c", STRING),
                            "field_selection_enabled": plain("c", BOOL),
                            "primary_key": plain("c", ListType(ListType(STRING))),
                            "selected": plain("c", BOOL),
                            "selected_fields": many(
                                "c",
                                {
                                    "field_path": plain("c", ListType(STRING)),
                                },
                            ),
                            "suggested": plain("c", BOOL),
                            "sync_mode": plain("c", STRING),
                        },
                    ),
                    "stream": single(
                        "c",
                        {
                            "default_cursor_field": plain("c", ListType(STRING)),
                            "json_schema": plain("c", MapType(STRING)),
                            "name": plain("c", STRING),
                            "namespace": plain("c", STRING),
                            "source_defined_cursor": plain("c", BOOL),
                            "source_defined_primary_key": plain("c", ListType(ListType(STRING))),
                            "supported_sync_modes": plain("c", ListType(STRING)),
                        },
                    ),
                },
            ),
        },
    ),
    "workspace_id": plain("c", STRING),
}

DATA_DESTINATION: Rules = {
    "destination_definition_id": plain("c", STRING),
    "destination_id": plain("r", STRING),
    "destination_name": plain("c", STRING),
    "icon": plain("c", STRING),
    "name": plain("c", STRING),
    "workspace_id": plain("c", STRING),
}

DATA_DESTINATION_DEFINITION: Rules = {
    "custom": plain("c", BOOL),
    "destination_definition_id": plain("r", STRING),
    "docker_image_tag": plain("c", STRING),
    "docker_repository": plain("c", STRING),
    "documentation_url": plain("c", STRING),
    "icon": plain("c", STRING),
    "name": plain("c", STRING),
    "normalization_config": single(
        "c",
        {
            "normalization_integration_type": plain("c", STRING),
            "normalization_repository": plain("c", STRING),
            "normalization_tag": plain("c", STRING),
            "supported": plain("c", BOOL),
        },
    ),
    "protocol_version": plain("c", STRING),
    "release_date": plain("c", STRING),
    "release_stage": plain("c", STRING),
    "resource_requirements": single(
        "c",
        {
            "default": single(
                "c",
                {
                    "cpu_limit": plain("c", STRING),
                    "cpu_request": plain("c", STRING),
                    "memory_limit": plain("c", STRING),
                    "memory_request": plain("c", STRING),
                },
            ),
            "job_specific": many(
                "c",
                {
                    "job_type": plain("c", STRING),
                    "resource_requirements": single(
                        "c",
                        {
                            "cpu_limit": plain("c", STRING),
                            "cpu_request": plain("c", STRING),
                            "memory_limit": plain("c", STRING),
                            "memory_request": plain("c", STRING),
                        },
                    ),
                },
            ),
        },
    ),
    "support_level": plain("c", STRING),
    "supports_dbt": plain("c", BOOL),
}

DATA_OPERATION: Rules = {
    "name": plain("c", STRING),
    "operation_id": plain("r", STRING),
    "operator_configuration": single(
        "c",
        {
            "dbt": single(
                "c",
                {
                    "dbt_arguments": plain("c", STRING),
                    "docker_image": plain("c", STRING),
                    "git_repo_branch": plain("c", STRING),
                    "git_repo_url": plain("c", STRING),
                },
            ),
            "normalization": single(
                "c",
                {
                    "option": plain("c", STRING),
                },
            ),
            "operator_type": plain("c", STRING),
            "webhook": single(
                "c",
                {
                    "dbt_cloud": single(
                        "c",
                        {
                            "account_id": plain("c", NUMBER),
                            "job_id": plain("c", NUMBER),
                        },
                    ),
                    "execution_body": plain("c", STRING),
                    "execution_url": plain("c", STRING),
                    "webhook_config_id": plain("c", STRING),
                    "webhook_type": plain("c", STRING),
                },
            ),
        },
    ),
    "workspace_id": plain("c", STRING),
}

DATA_SOURCE: Rules = {
    "icon": plain("c", STRING),
    "name": plain("c", STRING),
    "source_definition_id": plain("c", STRING),
    "source_id": plain("r", STRING),
    "source_name": plain("c", STRING),
    "workspace_id": plain("c", STRING),
}

DATA_SOURCE_DEFINITION: Rules = {
    "custom": plain("c", BOOL),
    "docker_image_tag": plain("c", STRING),
    "docker_repository": plain("c", STRING),
    "documentation_url": plain("c", STRING),
    "icon": plain("c", STRING),
    "max_seconds_between_messages": plain("c", NUMBER),
    "name": plain("c", STRING),
    "protocol_version": plain("c", STRING),
    "release_date": plain("c", STRING),
    "release_stage": plain("c", STRING),
    "resource_requirements": single(
        "c",
        {
            "default": single(
                "c",
                {
                    "cpu_limit": plain("c", STRING),
                    "cpu_request": plain("c", STRING),
                    "memory_limit": plain("c", STRING),
                    "memory_request": plain("c", STRING),
                },
            ),
            "job_specific": many(
                "c",
                {
                    "job_type": plain("c", STRING),
                    "resource_requirements": single(
                        "c",
                        {
                            "cpu_limit": plain("c", STRING),
                            "cpu_request": plain("c", STRING),
                            "memory_limit": plain("c", STRING),
                            "memory_request": plain("c", STRING),
                        },
                    ),
                },
            ),
        },
    ),
    "source_definition_id": plain("r", STRING),
    "source_type": plain("c", STRING),
    "support_level": plain("c", STRING),
}

DATA_SOURCE_SCHEMA: Rules = {
    "breaking_change": plain("c", BOOL),
    "catalog": single(
        "c",
        {
            "streams": many(
                "c",
                {
                    "config": single(
                        "c",
                        {
                            "alias_name": plain("c", STRING),
                            "cursor_field": plain("c", ListType(STRING)),
                            "destination_sync_mode": plain("c", STRING),
                            "field_selection_enabled": plain("c", BOOL),
                            "primary_key": plain("c", ListType(ListType(STRING))),
                            "selected": plain("c", BOOL),
                            "selected_fields": many(
                                "c",
                                {
                                    "field_path": plain("c", ListType(STRING)),
                                },
                            ),
                            "suggested": plain("c", BOOL),
                            "sync_mode": plain("c", STRING),
                        },
                    ),
                    "stream": single(
                        "c",
                        {
                            "default_cursor_field": plain("c", ListType(STRING)),
                            "json_schema": plain("c", MapType(STRING)),
                            "name": plain("c", STRING),
                            "namespace": plain("c", STRING),
                            "source_defined_cursor": plain("c", BOOL),
                            "source_defined_primary_key": plain("c", ListType(ListType(STRING))),
                            "supported_sync_modes": plain("c", ListType(STRING)),
                        },
                    ),
                },
            ),
        },
    ),
    "catalog_diff": single(
        "c",
        {
            "transforms": many(
                "c",
                {
                    "stream_descriptor": single(
                        "c",
                        {
                            "name": plain("c", STRING),
                            "namespace": plain("c", STRING),
                        },
                    ),
                    "transform_type": plain("c", STRING),
                    "update_stream": many(
                        "c",
                        {
                            "add_field": single(
                                "c",
                                {
                                    "schema": single("c", {}),
                                },
                            ),
                            "breaking": plain("c", BOOL),
                            "field_name": plain("c", ListType(STRING)),
                            "remove_field": single(
                                "c",
                                {
                                    "schema": single("c", {}),
                                },
                            ),
                            "transform_type": plain("c", STRING),
                            "update_field_schema": single(
                                "c",
                                {
                                    "new_schema": single("c", {}),
                                    "old_schema": single("c", {}),
                                },
                            ),
                        },
                    ),
                },
            ),
        },
    ),
    "catalog_id": plain("c", STRING),
    "connection_id": plain("o", STRING),
    "connection_status": plain("c", STRING),
    "disable_cache": plain("o", BOOL),
    "job_info": single(
        "c",
        {
            "config_id": plain("c", STRING),
            "config_type": plain("c", STRING),
            "connector_configuration_updated": plain("c", BOOL),
            "created_at": plain("c", NUMBER),
            "ended_at": plain("c", NUMBER),
            "failure_reason": single(
                "c",
                {
                    "external_message": plain("c", STRING),
                    "failure_origin": plain("c", STRING),
                    "failure_type": plain("c", STRING),
                    "internal_message": plain("c", STRING),
                    "retryable": plain("c", BOOL),
                    "stacktrace": plain("c", STRING),
                    "timestamp": plain("c", NUMBER),
                },
            ),
            "id": plain("c", STRING),
            "logs": single(
                "c",
                {
                    "log_lines": plain("c", ListType(STRING)),
                },
            ),
            "succeeded": plain("c", BOOL),
        },
    ),
    "notify_schema_change": plain("o", BOOL),
    "source_id": plain("r", STRING),
}

DATA_WORKSPACE: Rules = {
    "anonymous_data_collection": plain("c", BOOL),
    "customer_id": plain("c", STRING),
    "default_geography": plain("c", STRING),
    "display_setup_wizard": plain("c", BOOL),
    "email": plain("c", STRING),
    "feedback_done": plain("c", BOOL),
    "first_completed_sync": plain("c", BOOL),
    "initial_setup_complete": plain("c", BOOL),
    "name": plain("c", STRING),
    "news": plain("c", BOOL),
    "notification_settings": single(
        "c",
        {
            "send_on_breaking_change_syncs_disabled": single(
                "c",
                {
                    "customerio_configuration": single("c", {}),
                    "notification_type": plain("c", ListType(STRING)),
                    "slack_configuration": single(
                        "c",
                        {
                            "webhook": plain("c", STRING),
                        },
                    ),
                },
            ),
            "send_on_breaking_change_warning": single(
                "c",
                {
                    "customerio_configuration": single("c", {}),
                    "notification_type": plain("c", ListType(STRING)),
                    "slack_configuration": single(
                        "c",
                        {
                            "webhook": plain("c", STRING),
                        },
                    ),
                },
            ),
            "send_on_connection_update": single(
                "c",
                {
                    "customerio_configuration": single("c", {}),
                    "notification_type": plain("c", ListType(STRING)),
                    "slack_configuration": single(
                        "c",
                        {
                            "webhook": plain("c", STRING),
                        },
                    ),
                },
            ),
            "send_on_connection_update_action_required": single(
                "c",
                {
                    "customerio_configuration": single("c", {}),
                    "notification_type": plain("c", ListType(STRING)),
                    "slack_configuration": single(
                        "c",
                        {
                            "webhook": plain("c", STRING),
                        },
                    ),
                },
            ),
            "send_on_failure": single(
                "c",
                {
                    "customerio_configuration": single("c", {}),
                    "notification_type": plain("c", ListType(STRING)),
                    "slack_configuration": single(
                        "c",
                        {
                            "webhook": plain("c", STRING),
                        },
                    ),
                },
            ),
            "send_on_success": single(
                "c",
                {
                    "customerio_configuration": single("c", {}),
                    "notification_type": plain("c", ListType(STRING)),
                    "slack_configuration": single(
                        "c",
                        {
                            "webhook": plain("c", STRING),
                        },
                    ),
                },
            ),
            "send_on_sync_disabled": single(
                "c",
                {
                    "customerio_configuration": single("c", {}),
                    "notification_type": plain("c", ListType(STRING)),
                    "slack_configuration": single(
                        "c",
                        {
                            "webhook": plain("c", STRING),
                        },
                    ),
                },
            ),
            "send_on_sync_disabled_warning": single(
                "c",
                {
                    "customerio_configuration": single("c", {}),
                    "notification_type": plain("c", ListType(STRING)),
                    "slack_configuration": single(
                        "c",
                        {
                            "webhook": plain("c", STRING),
                        },
                    ),
                },
            ),
        },
    ),
    "notifications": many(
        "c",
        {
            "customerio_configuration": single("c", {}),
            "notification_type": plain("c", STRING),
            "send_on_failure": plain("c", BOOL),
            "send_on_success": plain("c", BOOL),
            "slack_configuration": single(
                "c",
                {
                    "webhook": plain("c", STRING),
                },
            ),
        },
    ),
    "organization_id": plain("c", STRING),
    "security_updates": plain("c", BOOL),
    "slug": plain("c", STRING),
    "webhook_configs": many(
        "c",
        {
            "id": plain("c", STRING),
            "name": plain("c", STRING),
        },
    ),
    "workspace_id": plain("r", STRING),
}
