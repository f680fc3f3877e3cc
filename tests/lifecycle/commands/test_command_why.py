"""`/lotus why`: the change that is meant, and its causes from the edited line on."""

from __future__ import annotations

import pytest
from command_world import Said, observed, said
from msgspec.structs import replace
from truth_platform import Case

from bot.lifecycle.flags import StreamFlag
from bot.lifecycle.observed import FlagSeen, ModuleSeen, PullRequestObserved
from bot.lifecycle.reach import Reach
from bot.model.github import PullRequest, PullRequestState
from bot.plan.diagnostics import Position, Range
from bot.plan.prediction import Cause, Prediction
from bot.plan.values import Value
from bot.render.streams import streams

CONNECTION = "airbyte_connection.shop_to_lake"
PULL_REQUEST = PullRequest(
    "octo/lake", 7, PullRequestState.OPEN, "", "anna", "main", "a", "b", "c", "octo/lake", "url"
)
AT = Range("streams/shop/orders json", Position(5, 1, 40), Position(5, 9, 48))
CAUSES = (Cause("`backfill` is *true*", AT), Cause("local.shop is true"))


def seen(prediction: Prediction, *flags: FlagSeen) -> PullRequestObserved:
    module = ModuleSeen("lake-airbyte", prediction, flags=flags)
    return PullRequestObserved(PULL_REQUEST, "a", (module,), (), (), "https://x/blob/c")


def why(subject: str, found: PullRequestObserved | None) -> Said:
    return said(observed(f"/lotus why {subject}", pull_request=found))


def schedule(causes: tuple[Cause, ...] = CAUSES) -> PullRequestObserved:
    prediction = Case("schedule-change").predicted()
    changes = tuple(
        replace(c, causes=causes) if c.address == CONNECTION else c for c in prediction.changes
    )
    return seen(replace(prediction, changes=changes))


@pytest.mark.parametrize("subject", [CONNECTION, "shop_to_lake"])
def test_the_chain_goes_from_the_edit_to_the_change(subject: str) -> None:
    found = why(subject, schedule())
    lines = found.text.splitlines()
    assert found.reaction == "rocket"
    assert lines[0].startswith(f"`~` `{CONNECTION}`: ")
    assert lines[2] == (
        r"1. \`backfill\` is \*true\* ([`streams/shop/orders json:5`]"
        "(https://x/blob/c/streams/shop/orders%20json#L5))"
    )
    assert lines[3] == r"2. local\.shop is true"


def test_without_causes_it_says_what_it_knows() -> None:
    assert "\n1. it is declared ([" in why(CONNECTION, schedule(())).text


def test_a_stream_is_what_its_flag_makes() -> None:
    prediction = Case("todo-004-flag-set").predicted()
    firing = next(c.address for c in prediction.changes if c.type == "null_resource")
    (target,) = [a for a in prediction.references[firing.partition("[")[0]] if "connection" in a]
    flag = FlagSeen(StreamFlag("streams/shop/orders.json", "orders", 5), True, (Reach(target),))
    text = why("shop/orders", seen(prediction, flag)).text
    assert f"`{firing}`" in text


def test_a_stream_is_a_connection_where_its_catalog_entry_changes() -> None:
    prediction = Case("catalog-stream-added").predicted()
    assert why("nothing-of-this-name", seen(prediction)).reaction == "confused"
    updated = [c for c in prediction.changes if c.action.value == "update"]
    before, after = (
        streams(_catalog(side)) or {} for side in (updated[0].before, updated[0].after)
    )
    (added,) = after.keys() - before.keys()
    assert f"`{updated[0].address}`" in why(added, seen(prediction)).text


def _catalog(value: Value | None) -> Value | None:
    return value.raw["sync_catalog"] if value is not None and isinstance(value.raw, dict) else None


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (schedule(), f"What changes: `{CONNECTION}`"),
        (seen(Case("nothing-changed").predicted()), "Nothing changes at all"),
        (None, "changes nothing that a Terraform object applies"),
    ],
)
def test_what_does_not_change_is_refused(found: PullRequestObserved | None, words: str) -> None:
    answer = why("airbyte_source.none", found)
    assert answer.reaction == "confused"
    assert words in answer.text
