"""What a state tells of Airbyte's ids and workspaces."""

from __future__ import annotations

from pathlib import Path

from bot.lifecycle.state_ids import ids_by_address, workspace_of, workspaces
from bot.plan.state import parse_state

STATE = Path(__file__).parents[1] / "truth" / "plans" / "nothing-changed" / "state.json"
WORKSPACE = "b1b1b1b1-0000-4000-8000-000000000001"


def test_a_connections_workspace_is_its_sources() -> None:
    state = parse_state(STATE.read_bytes())
    connection = ids_by_address(state)["airbyte_connection.shop_to_lake"]
    assert workspace_of(state, connection) == WORKSPACE
    assert workspace_of(state, "nowhere") == ""
    assert workspace_of(None, connection) == ""
    assert workspaces(state) == {WORKSPACE}
    assert workspaces(None) == frozenset()
