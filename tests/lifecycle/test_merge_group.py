"""A merge queue's commit gets the same check as a pull request's head, once."""

from __future__ import annotations

import pytest

from bot.lifecycle.checks import PLAN_CHECK, Planned
from bot.lifecycle.effects import Conclusion, PutCheck
from bot.lifecycle.merge_group import MergeGroupObserved, base_of, decide_merge_group
from bot.lifecycle.observed import ModuleSeen
from bot.model.github import CheckRun
from bot.plan.diagnostics import error
from bot.plan.prediction import Prediction

GOOD = ModuleSeen("lake", Prediction("m"))
BROKEN = ModuleSeen("lake", Prediction("m", diagnostics=(error("Unsupported argument"),)))


def check(*modules: ModuleSeen) -> PutCheck:
    (effect,) = decide_merge_group(
        MergeGroupObserved(Planned("octo/lake", "ab" * 20, modules))
    ).effects
    assert isinstance(effect, PutCheck)
    return effect


@pytest.mark.parametrize(
    ("branch", "base"),
    [
        ("gh-readonly-queue/main/pr-7-0123", "main"),
        ("gh-readonly-queue/release/1.2/pr-7-0123", "release/1.2"),
        ("gh-readonly-queue/", None),
        ("gh-readonly-queue/main", None),
        ("main", None),
        ("feature/gh-readonly-queue/main/pr-7", None),
    ],
)
def test_the_branch_tells_what_it_would_be_merged_into(branch: str, base: str | None) -> None:
    assert base_of(branch) == base


def test_a_committed_state_stops_the_queue_though_no_module_is_touched() -> None:
    planned = Planned("octo/lake", "ab" * 20, (), ("x/terraform.tfstate",))
    (found,) = decide_merge_group(MergeGroupObserved(planned)).effects
    assert isinstance(found, PutCheck)
    assert found.conclusion is Conclusion.FAILURE
    assert "x/terraform.tfstate" in found.title


@pytest.mark.parametrize(
    ("modules", "conclusion"),
    [((GOOD,), Conclusion.SUCCESS), ((BROKEN,), Conclusion.FAILURE), ((), Conclusion.SUCCESS)],
)
def test_the_check_always_ends(modules: tuple[ModuleSeen, ...], conclusion: Conclusion) -> None:
    found = check(*modules)
    assert (found.name, found.conclusion) == (PLAN_CHECK, conclusion)


def test_what_stands_already_is_not_put_again() -> None:
    made = check(GOOD)
    planned = Planned("octo/lake", "ab" * 20, (GOOD,))
    standing = CheckRun(
        1, made.name, made.head_sha, "completed", "success", "", "", made.fingerprint
    )
    assert decide_merge_group(MergeGroupObserved(planned, (standing,))).effects == ()
