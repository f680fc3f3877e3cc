"""A plan in the words of the tool, and in its JSON."""

from __future__ import annotations

from typing import Any

import pytest

from bot.simulators.flux import readable
from bot.simulators.flux.planning import Change, Known, Output, Plan

ADDRESS = "airbyte_source.s"


def one(*actions: Any, **values: Any) -> Plan:
    change = Change(ADDRESS, "airbyte_source", "s", actions, provider="x/y", **values)
    return Plan((change,))


@pytest.mark.parametrize(
    ("plan", "line", "counted"),
    [
        (one("create", after={"a": 1}), f"  # {ADDRESS} will be created", "1 to add, 0 to change, 0 to destroy"),
        (one("update", before={"a": 1}, after={"a": 2}), "      ~ a = 1 -> 2", "0 to add, 1 to change, 0 to destroy"),
        (one("delete", before={"a": 1}), "      - a = 1 -> null", "0 to add, 0 to change, 1 to destroy"),
        (
            one("delete", "create", before={"a": 1}, after={"a": 2}, replace_paths=(("a",),)),
            "      ~ a = 1 -> 2 # forces replacement",
            "1 to add, 0 to change, 1 to destroy",
        ),
        (
            one("create", "delete", before={"a": 1}, after={"a": 2}),
            f"  # {ADDRESS} must be replaced",
            "1 to add, 0 to change, 1 to destroy",
        ),
        (
            one("update", before={"a": 1}, after={}, after_unknown={"a": True}),
            "      ~ a = 1 -> (known after apply)",
            "0 to add, 1 to change, 0 to destroy",
        ),
        (
            one("create", after={"a": "s3cret"}, sensitive=("a",)),
            "      + a = (sensitive value)",
            "1 to add, 0 to change, 0 to destroy",
        ),
    ],
)  # fmt: skip
def test_a_change_is_shown_and_counted(plan, line, counted):
    lines = readable.text(plan).splitlines()
    assert line in lines
    assert f"Plan: {counted}." in lines
    assert "s3cret" not in readable.text(plan)


def test_nothing_to_do_is_said_in_the_tools_words():
    assert "No changes. Your infrastructure matches" in readable.text(
        one("no-op", before={}, after={})
    )


def test_outputs_alone_have_no_line_that_counts():
    outputs = {"flag": Output(True, "bool"), "key": Output("s3cret", sensitive=True)}
    plan = Plan(resolver=Known(values=outputs), outputs_change=True)
    told = readable.text(plan, {"outputs": {"flag": {"value": False}}})
    assert "  ~ flag = false -> true\n  + key = (sensitive value)\n" in told
    assert "Plan:" not in told
    assert "without changing any real infrastructure" in told


def test_a_planners_own_text_is_left_alone():
    assert readable.text(Plan(text="as it is")) == "as it is"


def test_the_documents_changes_have_the_tools_shape():
    change = Change(
        'module.m.airbyte_source.s["k"]', "airbyte_source", "s", ("delete", "create"),
        before={"a": 1}, after={"a": 2}, after_unknown={"id": True}, index="k", module="module.m",
        provider="x/y", reason="replace_because_cannot_update", replace_paths=(("a",),),
        sensitive=("a",),
    )  # fmt: skip
    found = readable.document(Plan((change,)), {"v": "x"}, None)["resource_changes"][0]
    assert found == {
        "address": 'module.m.airbyte_source.s["k"]',
        "module_address": "module.m",
        "mode": "managed",
        "type": "airbyte_source",
        "name": "s",
        "index": "k",
        "provider_name": "registry.opentofu.org/x/y",
        "change": {
            "actions": ["delete", "create"],
            "before": {"a": 1},
            "after": {"a": 2},
            "after_unknown": {"id": True},
            "before_sensitive": {"a": True},
            "after_sensitive": {"a": True},
            "replace_paths": [["a"]],
        },
        "action_reason": "replace_because_cannot_update",
    }
