"""Text for a terminal: nothing from outside steers it, carets stand under the place, the count is the tool's."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from bot.plan.diagnostics import Position, Range, error
from bot.plan.prediction import Action, Prediction, ResourceChange
from bot.render.document import enclosing_block
from bot.render.outcome import changes_anything, summary
from bot.render.plain_text import printable, spoken, without
from bot.render.snippet import snippet


def place(start: tuple[int, int], end: tuple[int, int]) -> Range:
    return Range("main.tf", Position(*start, 0), Position(*end, 0))


@pytest.mark.parametrize(
    ("text", "shown", "ascii_shown"),
    [
        ("plain", "plain", "plain"),
        ("a\tb", "a b", "a b"),
        ("\x1b[31mred\x07", "\ufffd[31mred\ufffd", "?[31mred?"),
        ("1 → 2 · ±…", "1 → 2 · ±…", "1 -> 2 ; +/-..."),
        ("é", "é", "\\xe9"),
        ("\u202egnp.exe", "\ufffdgnp.exe", "?gnp.exe"),
        ("zero\u200bwidth", "zero\ufffdwidth", "zero?width"),
        ("\udcff", "\ufffd", "?"),
        ("\x9b31m", "\ufffd31m", "?31m"),
    ],
)
def test_what_cannot_be_printed_is_replaced(text: str, shown: str, ascii_shown: str) -> None:
    assert printable(text) == shown
    assert printable(text, ascii_only=True) == ascii_shown


@pytest.mark.parametrize(
    ("markdown", "pieces"),
    [
        ("new", [("new", False)]),
        ("moved from `a.b`", [("moved from ", False), ("a.b", True)]),
        ("`a` → `b`", [("a", True), (" → ", False), ("b", True)]),
        ("<code>x&#124;y &amp; &lt;z</code> changes", [("x|y & <z", True), (" changes", False)]),
        ("", []),
    ],
)
def test_a_comments_markdown_is_turned_back_into_text(
    markdown: str, pieces: list[tuple[str, bool]]
) -> None:
    assert list(spoken(markdown)) == pieces


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("token hunter22 is", "token (sensitive value) is"),
        ("hunter2222", "hunter2222"),
        ("hunter22-longer", "(sensitive value)"),
        ("abc", "abc"),
    ],
)
def test_values_are_taken_out_as_words_longest_first(text: str, left: str) -> None:
    assert without(text, ["hunter22", "hunter22-longer", "abc"]) == left


@pytest.mark.parametrize(
    ("line", "columns", "width", "expected"),
    [
        ("x = foo.bar", (5, 12), 80, ["   1 | x = foo.bar", "     |     ^^^^^^^"]),
        ("\tx = é + y", (10, 11), 80, ["   1 |  x = é + y", "     |          ^"]),
        ("x = 日本 + y", (10, 11), 80, ["   1 | x = 日本 + y", "     |            ^"]),
        ("x = e\u0301 + y", (9, 10), 80, ["   1 | x = e\u0301 + y", "     |         ^"]),
        ("x", (9, 9), 80, ["   1 | x", "     |  ^"]),
        ("a" * 50 + "HERE", (51, 55), 27, ["   1 | …aaaaaaHERE", "     |        ^^^^"]),
        ("HERE" + "a" * 50, (1, 5), 27, ["   1 | HERE" + "a" * 16, "     | ^^^^"]),
    ],
)
def test_carets_stand_under_the_place(
    line: str, columns: tuple[int, int], width: int, expected: list[str]
) -> None:
    subject = place((1, columns[0]), (1, columns[1]))
    shown = snippet(subject, line.encode(), width)
    assert shown == expected
    assert all(cell_len(each) <= width for each in shown)


def test_a_place_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    content = b"\xef\xbb\xbfx = [\r\n  1,\r\n]\r\n"
    assert snippet(place((1, 5), (3, 2)), content, 80) == ["   1 | x = [", "     |     ^"]
    assert snippet(place((9, 1), (9, 2)), content, 80) == []


def test_a_megabyte_in_one_line_is_cut_around_the_place() -> None:
    content = b"x" * 1_000_000 + b"HERE" + b"y" * 1_000_000
    code, caret = snippet(place((1, 1_000_001), (1, 1_000_005)), content, 60)
    assert code[caret.index("^") :].startswith("HERE")


@pytest.mark.parametrize(
    ("text", "number", "block"),
    [
        ('resource "a" "b" {\n  x = 1\n}\ny\n', 2, 'resource "a" "b"'),
        ('resource "a" "b" {\n  x = 1\n}\ny\n', 4, None),
        ("locals {\n  a = {\n  }\n  b = 1\n}", 4, "locals"),
        ("x = 1\n", 1, None),
    ],
)
def test_the_block_around_a_line_is_named(text: str, number: int, block: str | None) -> None:
    assert enclosing_block(text.split("\n"), number) == block


def change(action: Action, **more: str) -> ResourceChange:
    return ResourceChange("t.x", "managed", "t", "x", "p", action, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prediction", "line", "changes"),
    [
        (Prediction(""), "No changes. Your infrastructure matches the configuration.", False),
        (Prediction("", uncertain=("why",)), "No changes, as far as can be told.", True),
        (Prediction("", (change(Action.NO_OP),)), "No changes. Your", False),
        (Prediction("", (change(Action.NO_OP, uncertain="why"),)), "Plan: 0 to add, 0 to", True),
        (
            Prediction("", (change(Action.DELETE_CREATE), change(Action.FORGET))),
            "Plan: 1 to add, 0 to change, 1 to destroy, 1 to forget.",
            True,
        ),
        (
            Prediction("", diagnostics=(error("a"), error("b"))),
            "The plan would fail: 2 errors.",
            False,
        ),
    ],
)
def test_the_last_line_counts_as_the_tool_does(
    prediction: Prediction, line: str, changes: bool
) -> None:
    assert summary(prediction).startswith(line)
    assert changes_anything(prediction) is changes
