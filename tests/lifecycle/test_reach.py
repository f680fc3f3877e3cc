"""What a flag brings about, as the evaluation of real modules has it: nothing is guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.lifecycle.flag_edit import without_backfill
from bot.lifecycle.flags import Overlay, StreamFlag, flags_of, unread_candidates
from bot.lifecycle.reach import Firing, Reach, reaches, refired
from bot.plan.files import Files, Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Prediction, Read

PLANS = Path(__file__).parents[1] / "truth" / "plans"
SHOP, ORDERS = "airbyte_connection.shop_to_lake", "streams/shop/orders.json"


class Case:
    """A real module with its base, predicted from the code alone."""

    def __init__(self, name: str, **edits: str) -> None:
        case = json.loads((PLANS / name / "case.json").read_text())
        self.module: str = case["module"]
        base, head = _tree(PLANS / name / "base"), _tree(PLANS / name / "head")
        self.base = Snapshot(base)
        self.files = Snapshot({**base, **head, **{k: v.encode() for k, v in edits.items()}})

    def predict(self, files: Files, base: Files | None = None) -> Prediction:
        return predict(Request(files, self.module, base=base or self.base))

    def reaches(self, path: str) -> tuple[Reach, ...]:
        whole = self.predict(self.files)
        flags, odd = flags_of(whole, self.files)
        places = {flag.path for flag in flags} | {flag.path for flag in odd}
        off = {place: _off(self.files, place) for place in places}
        alone = self.predict(Overlay(self.files, {p: c for p, c in off.items() if p != path}))
        again = self.predict(self.files, self.files)
        return reaches(whole, alone, self.predict(Overlay(self.files, off)), refired(again))


def _tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _off(files: Files, path: str) -> bytes:
    content = without_backfill(files.read(path) or b"")
    assert isinstance(content, bytes)
    return content


@pytest.mark.parametrize(
    ("name", "path", "hit", "firing"),
    [
        ("todo-004-flag-set", ORDERS, [SHOP], Firing.FIRES),
        ("todo-004-flag-set-twice", "streams/shop/customers.json", [SHOP], Firing.STANDS),
        ("flag-and-schedule-change", ORDERS, [SHOP], Firing.FIRES),
        ("flag-with-drift", ORDERS, [SHOP], Firing.FIRES),
        ("flag-in-a-draft", "infra/data/streams/web/_draft.json", ["airbyte_connection.web_archive"], Firing.FIRES),
    ],
)  # fmt: skip
def test_what_is_hit_and_whether_it_fires(
    name: str, path: str, hit: list[str], firing: Firing
) -> None:
    case = Case(name)
    found = {p for p in case.files.paths() if p.endswith(path.rpartition("/")[2])}
    place = path if path in case.files.paths() else found.pop()
    got = case.reaches(place)
    assert [item.connection for item in got] == hit
    assert [item.firing for item in got] == [firing] * len(hit)


def test_a_for_each_over_connections_hits_just_those_of_the_flag() -> None:
    case = Case("flags-in-two-sources")
    [path] = [p for p in case.files.paths() if p.endswith("billing/invoices.json")]
    assert [item.connection for item in case.reaches(path)] == [
        "airbyte_connection.billing_archive",
        "airbyte_connection.billing_warehouse",
    ]


def test_two_flags_of_one_connection_both_count() -> None:
    """Either alone would fire it, so taking one away changes nothing: each is asked alone."""
    case = Case("todo-004-flag-set", **{"streams/shop/customers.json": '{"backfill": true}'})
    for path in (ORDERS, "streams/shop/customers.json"):
        [reach] = case.reaches(path)
        assert (reach.connection, reach.firing) == (SHOP, Firing.FIRES)
        assert set(reach.streams) == {"orders", "customers"}


def test_a_loop_is_seen_before_it_begins() -> None:
    [reach] = Case("reset-loop").reaches(ORDERS)
    assert reach.again
    [quiet] = Case("todo-004-flag-set").reaches(ORDERS)
    assert not quiet.again


@pytest.mark.parametrize(
    ("value", "hit"),
    [('"true"', [SHOP]), ("false", []), ("null", []), ('"false"', [])],
)
def test_the_evaluation_decides_what_counts_as_set(value: str, hit: list[str]) -> None:
    case = Case("todo-004-flag-set", **{ORDERS: f'{{"stream": "orders", "backfill": {value}}}'})
    assert [item.connection for item in case.reaches(ORDERS)] == hit


def test_a_new_connection_has_nothing_to_reset() -> None:
    case = Case("todo-004-flag-set")
    case.base = Snapshot(
        {k: b for k, b in case.base.contents.items() if k.endswith("_catalog.json")}
    )
    [reach] = case.reaches(ORDERS)
    assert reach.fresh


@pytest.mark.parametrize(
    ("content", "edited"),
    [
        (b'{"backfill": "yes", "a": 1}', b'{"backfill": false, "a": 1}'),
        (b'{"backfill": [1, 2]}', b'{"backfill": false}'),
        (b'{"backfill": 1, "backfill": {}}', b'{"backfill": 1, "backfill": false}'),
        (b'{"a": 1}', b'{"a": 1}'),
    ],
)
def test_as_if_the_flag_were_not_set(content: bytes, edited: bytes) -> None:
    assert without_backfill(content) == edited


READS = Prediction("m", reads=(Read("s/shop/orders.json", "local.x"), Read("m/main.tf", "m")))


@pytest.mark.parametrize(
    ("path", "beside"),
    [
        ("s/shop/draft.json", True),
        ("s/mail/new.json", True),
        ("s/shop/orders.json", False),  # is read
        ("s/shop/notes.txt", False),
        ("s/shop/deep/down.json", False),
        ("package.json", False),
        ("other/shop/orders.json", False),
        ("s/shop/gone.json", False),
    ],
)
def test_files_that_look_like_stream_files_and_are_not_read(path: str, beside: bool) -> None:
    there = [path] if "gone" not in path else []
    assert unread_candidates(READS, there, [path]) == ([path] if beside else [])


def test_a_quoted_flag_is_known_as_one() -> None:
    files: Any = Snapshot({"s/shop/orders.json": b'{"backfill": "true"}'})
    flags, _ = flags_of(READS, files)
    assert flags == (StreamFlag("s/shop/orders.json", "orders", 1, quoted=True),)
