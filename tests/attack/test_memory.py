"""A service that runs for weeks: what it remembers of one prediction does not add to the next."""

from __future__ import annotations

import json

import pytest
from truth_platform import Case

from bot.plan.configuration import ParsedFiles
from bot.plan.files import Snapshot
from bot.plan.predict import Cache, Request, predict
from bot.plan.state import parse_state
from bot.plan.values.memo import Kept, Memo, grow_old, kept

CASE = Case("nothing-changed")


def looked_at(cache: Cache) -> int:
    """The lake as it is predicted with each resync: files that are known, a state read anew."""
    state = parse_state((CASE.folder / "state.json").read_bytes())
    files = Snapshot(CASE.files.contents)
    variables = CASE.case["head_variables"]
    made = predict(Request(files, CASE.case["module"], state, variables=variables, cache=cache))
    assert made.ok, made.diagnostics
    return kept()


def test_to_look_again_and_again_adds_nothing_in_the_end() -> None:
    cache = Cache()
    counts = [looked_at(cache) for _ in range(420)]
    assert counts[1] > counts[0]  # a state that is read anew is all new values
    assert max(counts) < 22_000


def test_nor_do_texts_that_are_new_each_time() -> None:
    text = 'output "all" {\n  value = jsondecode(file("${path.module}/x.json"))\n}\n'
    cache, counts = Cache(), []
    for number in range(120):
        fields = {f"f{number}_{i}": [{"type": f"t{number}_{i}"}] for i in range(300)}
        files = {"main.tf": text.encode(), "x.json": json.dumps(fields).encode()}
        assert predict(Request(Snapshot(files), "", cache=cache)).ok
        counts.append(kept())
    assert max(counts) < 30_000


def test_files_are_kept_parsed_up_to_a_size() -> None:
    cache = Cache(parsed=ParsedFiles(10_000))
    for number in range(50):
        files = {"main.tf": b"# %d\n" % number + b"# much is said here\n" * 40}
        predict(Request(Snapshot(files), "", cache=cache))
        assert 0 < sum(each.size for each in cache.parsed.values()) <= 10_000


def test_a_file_larger_than_all_that_is_kept_is_read_each_time_and_pushes_nothing_out() -> None:
    cache = Cache(parsed=ParsedFiles(300))
    for size in (10, 400, 400):
        files = {"main.tf": b'output "x" {\n  value = 1\n}\n' + b"#" * size + b"\n"}
        assert predict(Request(Snapshot(files), "", cache=cache)).outputs
        assert len(cache.parsed) == 1


@pytest.mark.parametrize(("asked", "there"), [(True, True), (False, False)])
def test_what_is_asked_for_stays_and_what_is_not_goes(asked: bool, there: bool) -> None:
    memo: Memo[str] = Memo()
    subject, crowd = object(), Kept[int, int]()
    memo.put("known", subject)
    for generation in range(5):
        for number in range(11_000):
            crowd.put(generation * 11_000 + number, 0)
        grow_old()
        if asked:
            assert memo.get(subject) == "known"
    assert (memo.get(subject) is not None) is there
