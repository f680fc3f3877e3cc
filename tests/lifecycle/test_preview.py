"""A pull request's comment and checks: written once, edited where they differ, never multiplied."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from backfills import FLAGGED, connection, job
from preview_world import (
    ADDS,
    FAILS,
    HEAD,
    LOSES,
    MERGE,
    MERGED,
    NOW,
    PULL_REQUEST,
    REPLACES,
    SIGNER,
    UNSURE,
    after,
    effects,
    observed,
    performed,
)

from bot.lifecycle.arrival import ChangedConnection, ObjectAfter
from bot.lifecycle.checks import APPLY_CHECK, PLAN_CHECK
from bot.lifecycle.effects import (
    Conclusion,
    CreateComment,
    DeleteComment,
    PutCheck,
    UpdateComment,
)
from bot.lifecycle.flags import StreamFlag
from bot.lifecycle.marker import Signer, line, read
from bot.lifecycle.observed import FlagSeen, ModuleSeen, PullRequestObserved
from bot.lifecycle.preview import decide_pull_request, is_finished
from bot.lifecycle.reach import Reach
from bot.lifecycle.remedy import ByHand, Part
from bot.lifecycle.rollout import Stand
from bot.model.airbyte import Check, CheckResult, Job
from bot.plan.diagnostics import Position, Range, error
from bot.plan.prediction import Prediction


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(observed(), id="open"),
        pytest.param(observed(FAILS), id="failing"),
        pytest.param(observed(None), id="not to be predicted"),
        pytest.param(observed(pull_request=MERGED, modules=(after(Stand.FETCHING),)), id="merged"),
        pytest.param(observed(pull_request=MERGED, modules=(after(Stand.FAILED),)), id="failed"),
        pytest.param(observed(pull_request=MERGED, modules=(after(Stand.APPLIED),)), id="applied"),
    ],
)
def test_after_the_effects_there_is_nothing_to_do(seen: PullRequestObserved) -> None:
    assert effects(seen), "there was something to say"
    assert effects(performed(seen)) == ()


def test_nothing_is_said_where_nothing_is_applied_from() -> None:
    assert effects(observed(modules=())) == ()


def test_a_new_outcome_edits_the_one_comment() -> None:
    seen = replace(performed(observed()), modules=observed(LOSES).modules)
    [edit] = [effect for effect in effects(seen) if isinstance(effect, UpdateComment)]
    assert edit.comment_id == 1
    assert "1 to destroy" in edit.body
    assert not any(isinstance(effect, CreateComment) for effect in effects(seen))


def test_volatile_facts_alone_edit_nothing() -> None:
    seen = performed(observed())
    [module] = seen.modules
    later = replace(module, basis=("compared with the state, serial 5",))
    assert effects(replace(seen, modules=(later,), base_tip="f" * 40)) == ()


def test_of_two_comments_the_oldest_stays() -> None:
    seen = performed(observed())
    twice = (seen.ours[0], replace(seen.ours[0], id=2), replace(seen.ours[0], id=3))
    gone = [
        e.comment_id for e in effects(replace(seen, ours=twice)) if isinstance(e, DeleteComment)
    ]
    assert gone == [2, 3]
    assert len(effects(replace(seen, ours=twice))) == 2


def test_what_somebody_wrote_into_it_is_put_right() -> None:
    seen = performed(observed())
    edited = replace(seen.ours[0], body=seen.ours[0].body + "\nAll is well, merge it.")
    [effect] = effects(replace(seen, ours=(edited,)))
    assert isinstance(effect, UpdateComment)
    assert "All is well" not in effect.body


def test_github_may_store_other_line_ends() -> None:
    seen = performed(observed())
    stored = replace(seen.ours[0], body=seen.ours[0].body.replace("\n", "\r\n"))
    assert effects(replace(seen, ours=(stored,))) == ()


def test_a_deleted_comment_comes_back_with_the_next_news_only() -> None:
    deleted = replace(performed(observed()), ours=())
    assert effects(deleted) == ()
    assert [type(e) for e in effects(replace(deleted, news=True))] == [CreateComment]
    pushed = replace(deleted, pull_request=replace(PULL_REQUEST, head_sha="c" * 40))
    assert CreateComment in [type(e) for e in effects(pushed)]


def plan_check(seen: PullRequestObserved) -> PutCheck:
    [found] = [e for e in effects(seen) if isinstance(e, PutCheck)]
    assert (found.name, found.head_sha) == (PLAN_CHECK, HEAD)
    return found


@pytest.mark.parametrize(
    ("seen", "conclusion"),
    [
        (observed(), Conclusion.SUCCESS),
        (observed(Prediction("m")), Conclusion.SUCCESS),
        (observed(LOSES), Conclusion.NEUTRAL),
        (observed(REPLACES), Conclusion.NEUTRAL),
        (observed(UNSURE), Conclusion.NEUTRAL),
        (observed(None), Conclusion.NEUTRAL),
        (observed(FAILS), Conclusion.FAILURE),
        (observed(committed_state=("terraform.tfstate",)), Conclusion.FAILURE),
    ],
)
def test_the_plan_check(seen: PullRequestObserved, conclusion: Conclusion) -> None:
    assert plan_check(seen).conclusion is conclusion


def test_a_committed_state_is_the_checks_reason_and_told_once() -> None:
    """Whatever else the plan is; with several modules as well."""
    names = ("a/TERRAFORM.TFSTATE", *(f"{n}.tfstate.backup" for n in range(12)))
    modules = (ModuleSeen("x", Prediction("m")), ModuleSeen("y", Prediction("n")))
    seen = observed(modules=modules, committed_state=names)
    found = plan_check(seen)
    assert found.title.startswith("state files are committed: a/TERRAFORM.TFSTATE")
    assert "state files are committed" in found.summary
    assert (found.annotations[0].path, found.annotations[0].level) == (names[0], "failure")
    [comment] = [e for e in effects(seen) if isinstance(e, CreateComment)]
    assert comment.body.count("State must never be committed") == 10
    assert "There are 3 more of them" in comment.body


def test_a_mistake_is_annotated_on_its_line() -> None:
    [annotation] = plan_check(observed(FAILS)).annotations
    assert (annotation.path, annotation.line, annotation.level) == ("m/a.tf", 3, "failure")


@pytest.mark.parametrize(
    ("stand", "conclusion"),
    [
        (Stand.FETCHING, None),
        (Stand.RUNNING, None),
        (Stand.APPLIED, Conclusion.SUCCESS),
        (Stand.UNCHANGED, Conclusion.SUCCESS),
        (Stand.FAILED, Conclusion.FAILURE),
        (Stand.SUSPENDED, Conclusion.FAILURE),
    ],
)
def test_the_apply_check(stand: Stand, conclusion: Conclusion | None) -> None:
    seen = observed(pull_request=MERGED, modules=(after(stand),))
    [check] = [e for e in effects(seen) if isinstance(e, PutCheck)]
    assert (check.name, check.head_sha, check.conclusion) == (APPLY_CHECK, MERGE, conclusion)


def test_a_failure_after_the_merge_notifies_once_in_the_tools_words() -> None:
    seen = observed(pull_request=MERGED, modules=(after(Stand.FAILED),))
    created = [e for e in effects(seen) if isinstance(e, CreateComment)]
    assert len(created) == 2
    assert "the controller's own words" in created[0].body
    assert "The apply failed" in created[1].body


def test_moments_stay_as_they_were_told_though_the_status_forgets_them() -> None:
    at = NOW + timedelta(seconds=3)
    first = performed(observed(pull_request=MERGED, modules=(after(Stand.APPLIED, applied_at=at),)))
    assert "Applied after 3 s" in first.ours[0].body
    later = after(Stand.APPLIED, applied_at=NOW + timedelta(hours=1))
    assert effects(replace(first, modules=(later,))) == ()


def test_the_end_is_known_from_the_comment_and_only_with_our_signature() -> None:
    done = performed(observed(pull_request=MERGED, modules=(after(Stand.APPLIED),))).ours[0]
    assert is_finished(done, SIGNER, "lotus:preview:7")
    assert not is_finished(done, Signer.from_secret("other"), "lotus:preview:7")
    running = performed(observed(pull_request=MERGED, modules=(after(Stand.RUNNING),))).ours[0]
    assert not is_finished(running, SIGNER, "lotus:preview:7")


def test_a_forged_marker_is_no_marker() -> None:
    forged = line(Signer.from_secret("guess"), "lotus:preview:7", {"over": True})
    assert read(SIGNER, forged) is None
    genuine = line(SIGNER, "lotus:preview:7", {"over": True})
    assert read(SIGNER, genuine) is not None
    assert read(SIGNER, genuine.replace("preview:7", "preview:8")) is None


def test_a_marker_that_was_copied_is_no_marker_where_it_does_not_belong() -> None:
    here, there = SIGNER.at("octo/lake"), SIGNER.at("octo/other")
    genuine = line(here, "lotus:preview:7", {"over": True})
    assert read(here, genuine, "lotus:preview:7") is not None
    assert read(there, genuine) is None
    assert read(here, f"{genuine}\n<!-- lotus:preview:8 x -->", "lotus:preview:8") is None


def test_flags_losses_and_loops_are_told() -> None:
    flag = FlagSeen(
        StreamFlag("s/orders.json", "orders", 5),
        is_new=True,
        reaches=(Reach("airbyte_connection.shop", again=True, streams=("orders", "items")),),
    )
    module = ModuleSeen(
        "x",
        REPLACES,
        flags=(flag,),
        perpetual=frozenset({"airbyte_connection.shop", "airbyte_connection.other"}),
    )
    seen = observed(modules=(module,))
    [comment] = [e for e in effects(seen) if isinstance(e, CreateComment)]
    for words in ("Reset loop", "Sync state lost", "resets all 2 streams", "Perpetual update"):
        assert words in comment.body
    assert plan_check(seen).conclusion is Conclusion.NEUTRAL


def test_drift_that_no_command_writes_is_told_with_its_line() -> None:
    """`/lotus catalog` writes catalogs in files: of others it is not promised."""
    at = Range("m/main.tf", Position(21, 3, 0), Position(21, 9, 6))
    part = Part(("sync_catalog", "streams", 0, "config", "alias_name"), "a_b", "b")
    items = [
        ByHand(name, part, at, 'alias_name = "a_${x}"')
        for name in ("airbyte_connection.shop", "airbyte_connection.other")
    ]
    flag = FlagSeen(
        StreamFlag("s/orders.json", "orders", 5),
        is_new=True,
        reaches=(Reach("airbyte_connection.shop", again=True, streams=("orders",)),),
    )
    names = frozenset(item.address for item in items)
    module = ModuleSeen("x", REPLACES, flags=(flag,), perpetual=names, drift=tuple(items))
    [comment] = [e for e in effects(observed(modules=(module,))) if isinstance(e, CreateComment)]
    for words in ("Reset loop", "Perpetual update", "`alias_name` itself: leave it out", ":21"):
        assert words in comment.body
    assert "/lotus catalog" not in comment.body


def test_no_secret_gets_out() -> None:
    leaky = Prediction("m", diagnostics=(error("Invalid value", 'got "hunter2-secret"'),))
    seen = observed(leaky, secrets=frozenset({"hunter2-secret"}))
    said = repr(effects(seen))
    assert "Invalid value" in said
    assert "hunter2" not in said


def alarmed(seen: PullRequestObserved) -> list[str]:
    created = [e for e in effects(seen) if isinstance(e, CreateComment)]
    return [e.body.partition("\n")[2] for e in created if "lotus:alarm" in e.marker]


NOT_COMING = replace(FLAGGED, applied_at=NOW, now=NOW + timedelta(minutes=9))
REFUSED = ObjectAfter("airbyte_source.shop", True, ("s-1",), check=Check(CheckResult.REFUSED, "no"))


@pytest.mark.parametrize(
    ("after_merge", "words"),
    [
        pytest.param({"backfills": (NOT_COMING,)}, "no reset job of", id="no reset came"),
        pytest.param({"backfills": (replace(NOT_COMING, fires=False),)}, None, id="told before"),
        pytest.param({"backfills": (replace(FLAGGED, now=NOW),)}, None, id="it may still come"),
        pytest.param({"objects": (REFUSED,)}, "its connection check failed: no", id="refused"),
        pytest.param({"objects": (replace(REFUSED, check=None),)}, None, id="all well"),
    ],
)
def test_what_needs_a_person_after_the_apply_notifies_once(
    after_merge: dict[str, object], words: str | None
) -> None:
    seen = observed(pull_request=MERGED, modules=(after(Stand.APPLIED, **after_merge),))
    said = alarmed(seen)
    assert len(said) == (0 if words is None else 1)
    assert all(words in text for text in said if words)
    assert alarmed(performed(seen)) == []


def test_what_a_full_sync_cost_last_time_is_no_reason_to_edit() -> None:
    def with_cost(cost: str) -> PullRequestObserved:
        reach = Reach("airbyte_connection.shop", cost=cost)
        flag = FlagSeen(StreamFlag("s/orders.json", "orders", 5), True, (reach,))
        return observed(modules=(ModuleSeen("x", ADDS, flags=(flag,)),))

    first = performed(with_cost("It took 1 min."))
    assert "It took 1 min." in first.ours[0].body
    assert effects(replace(first, modules=with_cost("It took 2 min.").modules)) == ()


def test_where_only_a_schedule_is_waited_for_it_is_looked_at_less_often() -> None:
    waiting = ChangedConnection("airbyte_connection.shop", NOW, connection())
    idle = observed(pull_request=MERGED, modules=(after(Stand.APPLIED, changed=(waiting,)),))
    busy = observed(pull_request=MERGED, modules=(after(Stand.APPLIED, backfills=(FLAGGED,)),))
    assert decide_pull_request(idle, SIGNER).requeue.after == 300.0
    assert decide_pull_request(busy, SIGNER).requeue.after == 30.0


def test_what_is_wrong_in_the_repositorys_settings_is_told_where_it_is_brought() -> None:
    seen = observed(settings_problems=(".lotus.yaml:2: no setting backfill.auto-merge",))
    [comment] = [e for e in effects(seen) if isinstance(e, CreateComment)]
    assert "Settings" in comment.body
    assert "keeps its default" in comment.body


def test_a_sync_after_the_first_apply_counts_though_later_passes_move_the_status() -> None:
    def seen_at(minute: int, *jobs: Job) -> PullRequestObserved:
        by = NOW + timedelta(minutes=minute)
        waiting = ChangedConnection("airbyte_connection.shop", by, connection(), jobs)
        landed = after(Stand.APPLIED, landed_by=by, changed=(waiting,))
        return observed(pull_request=MERGED, modules=(landed,))

    first = performed(seen_at(1))
    synced = job(7, at=3)
    later = replace(first, modules=seen_at(6, synced).modules)
    assert "sync job 7: succeeded" in performed(later).ours[0].body
    assert is_finished(performed(later).ours[0], SIGNER, "lotus:preview:7")
    unknown = observed(pull_request=MERGED, modules=seen_at(6, synced).modules)
    assert "waits for its next sync" in performed(unknown).ours[0].body


def test_what_the_plan_counted_stays_when_the_next_plan_takes_its_place() -> None:
    module = after(Stand.APPLIED, counted="2 to add, 0 to change, 0 to destroy")
    seen = performed(observed(pull_request=MERGED, modules=(module,)))
    later = after(Stand.APPLIED, uncounted="the stored plan is another one")
    assert "its plan: 2 to add" in seen.ours[0].body
    again = performed(replace(seen, modules=(later,)))
    assert "its plan: 2 to add" in again.ours[0].body


def test_counts_that_are_not_known_are_said_to_be() -> None:
    module = after(Stand.APPLIED, uncounted="no readable plan is stored")
    (comment,) = performed(observed(pull_request=MERGED, modules=(module,))).ours
    assert "what its plan counted is not known: no readable plan is stored" in comment.body
