"""The provider against the simulator: what a plugin of 1.2.3 makes of creates, reads and updates."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airbyte_world import LeapingClock

from bot.simulators.airbyte import Airbyte, Basic, Fault
from bot.simulators.airbyte.curl import NotCurl, parse
from bot.simulators.airbyte.provider import AirbyteProvider, ProviderError
from bot.simulators.airbyte.provider_values import go_json

DEFINITION = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
async def airbyte():
    async with Airbyte(LeapingClock()) as made:
        yield made


@pytest.fixture
async def provider(airbyte):
    async with AirbyteProvider(f"{airbyte.url}/api/") as made:
        yield made


async def make_source(airbyte, provider, **changed: Any) -> dict[str, Any]:
    planned = {
        "name": "Shop",
        "workspace_id": airbyte.workspace_id,
        "source_definition_id": DEFINITION,
        "connection_configuration": '{"token": "t"}',
        "source_id": None,
        **changed,
    }
    return await provider.create("airbyte_source", planned)


QUIET: dict[str, Any] = {
    "stream": {
        "name": "orders",
        "namespace": None,
        "supported_sync_modes": ["full_refresh", "incremental"],
        "json_schema": {
            "additionalProperties": "true",
            "properties": '{"id":{"type":["null","integer"]},"total":{"type":["null","number"]}}',
            "type": '["null","object"]',
        },
        "default_cursor_field": None,
        "source_defined_cursor": True,
        "source_defined_primary_key": [["id"]],
    },
    "config": {
        "sync_mode": "incremental",
        "cursor_field": ["id"],
        "destination_sync_mode": "append_dedup",
        "primary_key": [["id"]],
        "alias_name": "orders",
        "selected": True,
        "suggested": False,
        "field_selection_enabled": True,
        "selected_fields": [{"field_path": ["id"]}, {"field_path": ["total"]}],
    },
}


def changed(stream: dict[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    return {
        "stream": {**QUIET["stream"], **(stream or {})},
        "config": {**QUIET["config"], **config},
    }


async def make_connection(airbyte, provider, *entries: dict[str, Any]) -> dict[str, Any]:
    source = await make_source(airbyte, provider)
    lake = await provider.create(
        "airbyte_destination",
        {
            "name": "Lake",
            "workspace_id": airbyte.workspace_id,
            "destination_definition_id": DEFINITION,
            "connection_configuration": "{}",
        },
    )
    return await provider.create(
        "airbyte_connection",
        {
            "name": "Shop to lake",
            "source_id": source["source_id"],
            "destination_id": lake["destination_id"],
            "status": "active",
            "namespace_definition": "customformat",
            "namespace_format": "shop",
            "prefix": "",
            "schedule_type": "basic",
            "schedule_data": {"basic_schedule": {"time_unit": "hours", "units": 1}, "cron": None},
            "sync_catalog": {"streams": list(entries)},
            "connection_id": None,
            "workspace_id": None,
        },
    )


async def test_a_created_source_has_its_computed_attributes(airbyte, provider):
    made = await make_source(airbyte, provider)
    assert set(made) == {
        "name", "workspace_id", "source_definition_id", "connection_configuration",
        "source_id", "source_name", "icon", "secret_id",
    }  # fmt: skip
    assert made["source_name"] == "Actor 11111111"
    assert made["source_id"] in airbyte.world.actors


async def test_a_created_connection_keeps_what_was_planned_and_fills_in_the_rest(airbyte, provider):
    spaced = changed({"json_schema": {"properties": '{"id": {}, "total": {}}', "type": '"object"'}})
    made = await make_connection(airbyte, provider, spaced)
    assert made["sync_catalog"]["streams"][0]["stream"]["json_schema"]["properties"] == (
        '{"id": {}, "total": {}}'
    )
    computed = {
        "breaking_change": False, "geography": "auto", "non_breaking_changes_preference": "ignore",
        "notify_schema_changes": True, "notify_schema_changes_by_email": False,
        "operation_ids": None, "resource_requirements": None, "source_catalog_id": None,
        "workspace_id": None,
    }  # fmt: skip
    assert {name: made[name] for name in computed} == computed


async def test_a_quiet_catalog_reads_back_as_it_was_written(airbyte, provider):
    made = await make_connection(airbyte, provider, QUIET)
    assert await provider.read("airbyte_connection", made) == made


DRIFTS = {
    "spaces in a json_schema string": changed(
        {"json_schema": {**QUIET["stream"]["json_schema"], "type": '["null", "object"]'}}
    ),
    "an empty list": changed({"default_cursor_field": []}),
    "a property that is not selected": changed(
        selected_fields=[{"field_path": ["id"]}],
    ),
    "fields in another order": changed(
        selected_fields=[{"field_path": ["total"]}, {"field_path": ["id"]}]
    ),
    "an alias of its own": changed(alias_name="Orders"),
    "suggested": changed(suggested=True),
}


@pytest.mark.parametrize("entry", DRIFTS.values(), ids=DRIFTS.keys())
async def test_every_cause_of_perpetual_drift_shows_on_read(airbyte, provider, entry):
    made = await make_connection(airbyte, provider, entry)
    read = await provider.read("airbyte_connection", made)
    assert read["sync_catalog"] != made["sync_catalog"]
    again = await provider.update("airbyte_connection", made)
    assert again["sync_catalog"] == made["sync_catalog"]


async def test_a_stream_that_is_not_selected_is_gone_on_read(airbyte, provider):
    other = changed({"name": "customers"}, selected=False)
    made = await make_connection(airbyte, provider, QUIET, other)
    read = await provider.read("airbyte_connection", made)
    assert [entry["stream"]["name"] for entry in read["sync_catalog"]["streams"]] == ["orders"]


async def test_a_configuration_changed_in_the_ui_is_never_read(airbyte, provider):
    made = await make_source(airbyte, provider)
    body = {
        "sourceId": made["source_id"],
        "name": "Renamed",
        "connectionConfiguration": {"token": "x"},
    }
    await airbyte.act("sources/update", body)
    read = await provider.read("airbyte_source", made)
    assert (read["name"], read["connection_configuration"]) == ("Renamed", '{"token": "t"}')


async def test_a_deleted_connection_reads_back_as_deprecated(airbyte, provider):
    made = await make_connection(airbyte, provider, QUIET)
    await provider.delete("airbyte_connection", made)
    assert (await provider.read("airbyte_connection", made))["status"] == "deprecated"


async def test_a_deleted_source_reads_back_as_if_nothing_had_happened(airbyte, provider):
    made = await make_source(airbyte, provider)
    await provider.delete("airbyte_source", made)
    assert await provider.read("airbyte_source", made) == made


async def test_what_airbyte_never_had_fails_the_read(airbyte, provider):
    with pytest.raises(ProviderError, match="404"):
        await provider.read("airbyte_source", {"source_id": "gone"})


async def test_what_airbyte_refuses_fails_the_apply(airbyte, provider):
    with pytest.raises(ProviderError, match="422"):
        await make_connection(
            airbyte, provider, changed(selected_fields=[{"field_path": ["total"]}])
        )


async def test_a_configuration_that_is_not_json_is_refused_without_a_call(airbyte, provider):
    with pytest.raises(ProviderError, match="Invalid JSON"):
        await make_source(airbyte, provider, connection_configuration="{token: t}")


async def test_a_workspace_is_made_read_renamed_and_deleted(airbyte, provider):
    made = await provider.create("airbyte_workspace", {"name": "Second"})
    renamed = await provider.update("airbyte_workspace", {**made, "name": "Third"})
    assert (await provider.read("airbyte_workspace", made))["name"] == renamed["name"] == "Third"
    await provider.delete("airbyte_workspace", made)
    with pytest.raises(ProviderError, match="404"):
        await provider.read("airbyte_workspace", made)


async def test_what_only_fires_has_an_id_and_is_not_airbytes(airbyte, provider):
    one = await provider.create("null_resource", {"triggers": {"connection_id": "c"}})
    two = await provider.create("null_resource", {"triggers": None})
    assert one["id"] != two["id"]
    assert one["id"].isdigit()
    data = await provider.create("terraform_data", {"input": 1, "triggers_replace": None})
    assert data["output"] == 1
    await provider.delete("null_resource", one)
    assert airbyte.requests == []


def curl(airbyte, connection: str, options: str = "-s") -> str:
    return (
        f"curl {options} -X POST {airbyte.url}/api/v1/connections/reset "
        f"-H 'Content-Type: application/json' -d '{{\"connectionId\": \"{connection}\"}}'"
    )


async def test_a_local_exec_posts_the_reset(airbyte, provider):
    made = await make_connection(airbyte, provider, QUIET)
    await provider.provision(curl(airbyte, made["connection_id"]))
    assert [job.type for job in airbyte.jobs][-1] == "reset_connection"


async def test_without_f_an_error_goes_unnoticed_and_with_it_the_apply_fails(airbyte, provider):
    airbyte.faults.append(Fault("connections/reset", 500, times=2))
    await provider.provision(curl(airbyte, "gone"))
    with pytest.raises(ProviderError, match="exit status 22"):
        await provider.provision(curl(airbyte, "gone", "-sf"))
    assert airbyte.jobs == []


async def test_the_provisioner_can_name_a_user():
    async with (
        Airbyte(LeapingClock(), auth=Basic("admin", "p:w")) as airbyte,
        AirbyteProvider(f"{airbyte.url}/api/", "admin", "p:w") as provider,
    ):
        made = await make_connection(airbyte, provider, QUIET)
        await provider.provision(curl(airbyte, made["connection_id"], "-s -u admin:p:w"))
        assert airbyte.jobs[-1].type == "reset_connection"


@pytest.mark.parametrize(
    ("command", "method", "data", "fails"),
    [
        ("curl http://a/", "GET", None, False),
        ("curl -d x http://a/", "POST", "x", False),
        ("curl -fsS --request PUT --data=x 'http://a/'", "PUT", "x", True),
        ("curl -sXPOST \\\n  --data-raw '{}' http://a/", "POST", "{}", False),
        ("curl --fail -H A:b http://a/", "GET", None, True),
        ("curl -sX POST http://a/", "POST", None, False),
    ],
)
def test_curl_as_people_write_it(command, method, data, fails):
    found = parse(command)
    assert (found.url, found.method, found.data, found.fails) == ("http://a/", method, data, fails)


@pytest.mark.parametrize(
    "command", ["", "wget x", "curl http://a | jq .", "curl -d $(cat f) http://a", "curl -s"]
)
def test_what_a_shell_would_do_is_refused_not_guessed(command):
    with pytest.raises(NotCurl):
        parse(command)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('{"b": 1, "a": [true, null]}', '{"a":[true,null],"b":1}'),
        ('"<é&\\u2028>"', '"\\u003cé\\u0026\\u2028\\u003e"'),
        ("1.0", "1"),
        ("1e21", "1e+21"),
        ("0.0000001", "1e-7"),
        ("123456789012345678", "123456789012345680"),
        ("1.5e300", "1.5e+300"),
        ("-0.0", "-0"),
        ('"\\ud800"', '"\ufffd"'),
    ],
)
def test_json_as_go_writes_it(text, written):
    assert go_json(json.loads(text)) == written
