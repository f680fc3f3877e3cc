"""The bound of what evaluation may cost: counted steps, the same on every machine."""

from __future__ import annotations

import pytest

from bot.plan.functions.context import TooMuchWork, Work

STREAMS = 10_000
ROUND = 150
"""Steps that a loop takes for each file that it reads and decodes."""


def test_loops_over_many_files_are_within_it() -> None:
    work = Work()
    for loop in range(4):
        before = work.begin()
        for number in range(STREAMS):
            work.reads(f"streams/{number}.json", 700)
            work.spend(ROUND)
        work.end(before)
        assert work.total > 0, loop


def test_a_file_counts_once() -> None:
    work = Work()
    work.reads("one.json", 700)
    once = work.total
    work.reads("one.json", 700)
    assert work.total == once


def test_many_expressions_share_what_there_is() -> None:
    work = Work()
    while work.total > 0:
        before = work.begin()
        work.spend(work.left)
        work.end(before)
    assert work.spent <= 3_000_000
    work.begin()
    with pytest.raises(TooMuchWork):
        work.spend(1)


def test_an_interrupted_expression_goes_on_with_what_it_had() -> None:
    work = Work()
    work.begin()
    work.spend(1000)
    left = work.left
    work.end(work.begin())
    assert work.left == left
