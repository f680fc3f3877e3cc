"""`/lotus suspend` and `/lotus resume`: one object, said so, and nothing done twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from command_world import ladder, observed, said

from bot.lifecycle.operations import SuspendTerraform
from bot.lifecycle.status import ObjectStatus
from bot.model.cluster import ObjectName
from bot.model.github import Permission

STOP = SuspendTerraform("lake", "lake-airbyte", True)
GO = SuspendTerraform("lake", "lake-airbyte", False)


def other() -> ObjectStatus:
    (item,) = ladder()
    made = item.rollout.deployment
    terraform = replace(made.terraform, name=ObjectName("sea", "sea-airbyte"))
    rollout = replace(item.rollout, deployment=replace(made, terraform=terraform))
    return replace(item, rollout=rollout)


@pytest.mark.parametrize(
    ("body", "suspended", "effects", "words"),
    [
        ("/lotus suspend", False, (STOP,), "is suspended. Nothing is applied"),
        ("/lotus suspend lake-airbyte", False, (STOP,), "is suspended."),
        ("/lotus suspend lake/lake-airbyte", False, (STOP,), "is suspended."),
        ("/lotus suspend", True, (), "is suspended already"),
        ("/lotus resume", True, (GO,), "is resumed."),
        ("/lotus resume", False, (), "is not suspended already"),
    ],
)
def test_the_one_object(
    body: str, suspended: bool, effects: tuple[SuspendTerraform, ...], words: str
) -> None:
    found = said(observed(body, ladder=ladder(suspend=suspended)))
    assert (found.effects, found.reaction) == (effects, "rocket")
    assert words in found.text


@pytest.mark.parametrize(
    ("body", "words"),
    [("/lotus suspend", "Say which"), ("/lotus suspend pond", "There is no `pond` here")],
)
def test_an_object_that_is_not_named_rightly(body: str, words: str) -> None:
    found = said(observed(body, ladder=(*ladder(), other())))
    assert (found.effects, found.reaction) == ((), "confused")
    assert words in found.text
    assert "`sea/sea-airbyte`" in found.text


@pytest.mark.parametrize("body", ["/lotus suspend", "/lotus resume"])
def test_it_needs_an_admin(body: str) -> None:
    found = said(observed(body, ladder=ladder(), permission=Permission.WRITE))
    assert (found.effects, found.reaction) == ((), "confused")
