"""The simulator does what the real controllers were recorded doing: action by action.

For each action the story of each object (conditions, revisions, plans, what was answered, stored
plans, the state, its lock, Events) is the recorded one, times aside.
"""

from __future__ import annotations

import pytest
from flux_replay import VERSIONS, recording, replayed

# Actions that are not compared, each with its reason. There are none.
LEFT_OUT: dict[tuple[str, str], str] = {}

ACTIONS = [
    pytest.param(name, number, id=f"{name.removeprefix('tofu-controller-')}-{number}: {words[:50]}")
    for name in VERSIONS
    for number, words in enumerate(action["do"] for action in recording(name)["actions"])
    if (name, words) not in LEFT_OUT
]


@pytest.mark.parametrize(("name", "number"), ACTIONS)
def test_an_action_has_the_recorded_consequences(name: str, number: int) -> None:
    assert replayed(name)[number] == recording(name)["actions"][number]["story"]
