"""An apply, resource by resource: in which order, with which values, and what a failure leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from airbyte_world import LeapingClock

from bot.simulators.airbyte import Airbyte, Fault
from bot.simulators.airbyte.provider import AirbyteProvider, ProviderError
from bot.simulators.flux import state
from bot.simulators.flux.applying import Application, Result, diagnostic
from bot.simulators.flux.planning import Applied, Change, Json, Known, Output, Plan, PlanFailed
from bot.simulators.flux.scripted import ImaginaryProvider

DEFINITION = "11111111-1111-4111-8111-111111111111"
EMPTY = state.empty("lineage-1")
ORDERS = {
    "stream": {"name": "orders", "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
    "config": {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite", "selected": True},
}


def change(address: str, *actions: Any, needs: Sequence[str] = (), **values: Any) -> Change:
    type, _, name = address.partition(".")
    provider = "hashicorp/null" if type == "null_resource" else "aballiet/airbyte-oss"
    needed = tuple(needs)
    return Change(address, type, name, actions, provider=provider, dependencies=needed, **values)


async def apply(plan: Plan, before: Json, provider: Any) -> Result:
    return await Application(plan, before, provider, {}, "").run()


def stored(*changes: Change) -> Json:
    """A state that has these, each with its `before`."""
    kept = [state.of_change(each, dict(each.before or {})) for each in changes]
    return state.written(EMPTY, kept, {})


class Noting(ImaginaryProvider):
    """Notes names, not types."""

    async def create(self, type: str, attributes: Mapping[str, Any]) -> Json:
        self._note("create", attributes["name"])
        return {**attributes, "id": attributes["name"]}

    async def delete(self, type: str, attributes: Mapping[str, Any]) -> None:
        self._note("delete", attributes["name"])


def named(name: str) -> Json:
    return {"name": name}


async def test_what_depends_on_others_is_destroyed_before_them_and_all_of_it_before_creations():
    source = change("airbyte_source.s", "delete", "create", before=named("s"), after=named("s"))
    lake = change("airbyte_destination.d", "delete", before=named("d"))
    needs = ["airbyte_source.s", "airbyte_destination.d"]
    link = change("airbyte_connection.c", "delete", before=named("c"), needs=needs)
    provider = Noting()
    plan = Plan((source, lake, link), Known({"airbyte_source.s": named("s")}))
    result = await apply(plan, stored(source, lake, link), provider)
    assert provider.done == [("delete", "c"), ("delete", "s"), ("delete", "d"), ("create", "s")]
    assert [each["name"] for each in result.state["resources"]] == ["s"]


async def test_a_replacement_that_creates_first_deletes_the_old_one_last():
    one = change("airbyte_source.s", "create", "delete", before=named("old"), after=named("new"))
    provider = Noting()
    await apply(Plan((one,), Known({one.address: named("new")})), stored(one), provider)
    assert provider.done == [("create", "new"), ("delete", "old")]


async def test_what_is_forgotten_leaves_the_state_and_nothing_else():
    one = change("airbyte_source.s", "forget", before=named("s"))
    provider = Noting()
    result = await apply(Plan((one,)), stored(one), provider)
    assert (provider.done, result.state["resources"]) == ([], [])


async def test_a_provisioner_that_fails_leaves_a_tainted_resource():
    one = change("null_resource.n", "create", after=named("n"))
    provider = Noting()
    provider.failures += [None, ProviderError("local-exec provisioner error", "exit status 22")]
    plan = Plan((one,), Known({one.address: named("n")}, {one.address: ["curl x"]}))
    result = await apply(plan, EMPTY, provider)
    assert result.error.startswith("Error: local-exec provisioner error\n\n  with null_resource.n,")
    assert result.state["resources"][0]["instances"][0]["status"] == "tainted"


async def test_what_the_refresh_found_is_stored_and_what_did_not_change_is_not_written():
    one = change("airbyte_source.s", "no-op", before=named("s"), after=named("s"))
    before = stored(one)
    assert (await apply(Plan((one,)), before, Noting())).state is before
    seen = change("airbyte_source.s", "no-op", before=named("seen"), after=named("seen"))
    after = (await apply(Plan((seen,)), before, Noting())).state
    assert after["resources"][0]["instances"][0]["attributes"] == named("seen")
    assert after["serial"] == before["serial"] + 1


async def test_data_keys_and_modules_survive_a_state_that_is_written_anew():
    data = {"mode": "data", "type": "http", "name": "h", "provider": "p", "instances": []}
    keyed = change("null_resource.n", "no-op", before=named("n"), after=named("n"))
    nested = Change(
        'module.a["x"].null_resource.n[0]', "null_resource", "n", ("no-op",), named("m"), named("m"),
        index=0, module='module.a["x"]', provider="hashicorp/null", sensitive=("name",),
    )  # fmt: skip
    before = {**stored(keyed, nested), "resources": [data, *stored(keyed, nested)["resources"]]}
    read = list(state.instances(before))
    assert [each.address for each in read] == [nested.address, keyed.address]
    assert state.written(before, read, None) is before
    assert read[0].sensitive == ("name",)


@dataclass
class Linked:
    """A source, a destination, a connection whose ids are unknown until these exist, a reset."""

    workspace: str
    api: str

    def plan(self) -> Plan:
        unknown = {"source_id": True, "destination_id": True}
        return Plan(
            (
                change("airbyte_source.s", "create", after={}),
                change("airbyte_destination.d", "create", after={}),
                change("airbyte_connection.c", "create", after={}, after_unknown=unknown),
                change("null_resource.r", "create", after={}, needs=["airbyte_connection.c"]),
            ),
            self,
        )

    def attributes(self, address: str, applied: Applied) -> Json:
        kind = address.partition(".")[0].removeprefix("airbyte_")
        if kind in ("source", "destination"):
            return {
                "name": kind, "workspace_id": self.workspace,
                f"{kind}_definition_id": DEFINITION, "connection_configuration": "{}",
            }  # fmt: skip
        if kind == "connection":
            return {
                "name": "link", "status": "active", "sync_catalog": {"streams": [ORDERS]},
                "source_id": applied["airbyte_source.s"]["source_id"],
                "destination_id": applied["airbyte_destination.d"]["destination_id"],
            }  # fmt: skip
        return {"triggers": {"c": applied["airbyte_connection.c"]["connection_id"]}}

    def provisioners(self, address: str, applied: Applied) -> Sequence[str]:
        if not address.startswith("null_resource"):
            return ()
        trigger = applied[address]["triggers"]["c"]
        body = f'{{"connectionId": "{trigger}"}}'
        json_header = "Content-Type: application/json"
        return [
            f"curl -f -X POST -H '{json_header}' -d '{body}' {self.api}/api/v1/connections/reset"
        ]

    def outputs(self, applied: Applied) -> Mapping[str, Output]:
        return {"link": Output(applied["airbyte_connection.c"]["connection_id"])}


@pytest.fixture
async def airbyte():
    async with Airbyte(LeapingClock()) as made:
        yield made


@pytest.fixture
async def provider(airbyte):
    async with AirbyteProvider(f"{airbyte.url}/api/") as made:
        yield made


async def test_ids_that_only_airbyte_gives_reach_what_hangs_on_them(airbyte, provider):
    linked = Linked(airbyte.workspace_id, airbyte.url)
    result = await apply(linked.plan(), EMPTY, provider)
    assert result.error == ""
    made = {each.address: each.attributes for each in state.instances(result.state)}
    connection = made["airbyte_connection.c"]
    assert connection["source_id"] == made["airbyte_source.s"]["source_id"]
    assert result.state["outputs"]["link"]["value"] == connection["connection_id"]
    jobs = [(job.connection_id, job.type.value) for job in airbyte.jobs]
    assert (connection["connection_id"], "reset_connection") in jobs


async def test_an_update_keeps_the_objects_id(airbyte, provider):
    linked = Linked(airbyte.workspace_id, airbyte.url)
    first = (await apply(linked.plan(), EMPTY, provider)).state
    source = {each.address: each.attributes for each in state.instances(first)}["airbyte_source.s"]
    renamed = {**linked.attributes("airbyte_source.s", {}), "name": "renamed"}
    one = change("airbyte_source.s", "update", before=source, after=renamed)
    after = (await apply(Plan((one,), Known({one.address: renamed})), first, provider)).state
    found = {each.address: each.attributes for each in state.instances(after)}["airbyte_source.s"]
    assert (found["source_id"], found["name"]) == (source["source_id"], "renamed")


async def test_a_refusal_by_airbyte_stops_there_and_keeps_what_is_made(airbyte, provider):
    airbyte.faults.append(Fault(path="connections/create", status=422))
    linked = Linked(airbyte.workspace_id, airbyte.url)
    result = await apply(linked.plan(), EMPTY, provider)
    assert "unexpected response code 422" in result.error
    made = [each.address for each in state.instances(result.state)]
    assert made == ["airbyte_destination.d", "airbyte_source.s"]


def test_a_planners_own_words_are_taken_as_they_are_and_other_errors_are_raised():
    failed = PlanFailed("Error: no such thing", "apply")
    assert diagnostic(failed, "a.b", {}, "") == "Error: no such thing"
    with pytest.raises(ZeroDivisionError):
        diagnostic(ZeroDivisionError(), "a.b", {}, "")


def test_everything_is_destroyed_in_an_order_even_where_a_state_has_a_circle():
    one = change("null_resource.a", "delete", before={}, needs=["null_resource.b"])
    other = change("null_resource.b", "delete", before={}, needs=["null_resource.a"])
    order = state.destroy_order(stored(one, other), ["null_resource.a", "null_resource.b"])
    assert sorted(order) == ["null_resource.a", "null_resource.b"]
