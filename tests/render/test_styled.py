"""Lines that fit, cut between words; cells counted as rich counts them."""

import pytest
import rich.cells
from hypothesis import given
from hypothesis import strategies as st

from bot.render import cells
from bot.render.styled import Styled


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 8, [""]),
        ("one two", 8, ["one two"]),
        ("one two three", 8, ["one two", "three"]),
        ("one     two", 6, ["one", "two"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("ab cdefghij k", 4, ["ab", "cdef", "ghij", "k"]),
        ("世界世界", 4, ["世界", "世界"]),
    ],
)
def test_a_text_is_cut_into_lines(text: str, width: int, lines: list[str]) -> None:
    assert [line.plain for line in Styled(text).wrapped(width)] == lines


def test_each_line_keeps_the_styles_of_its_pieces() -> None:
    text = Styled("one ", "bold").append("two three", "dim")
    assert [line.pieces for line in text.wrapped(8)] == [
        [("one ", "bold"), ("two", "dim")],
        [("three", "dim")],
    ]


def test_what_does_not_fit_is_cropped() -> None:
    assert Styled("abc", "red").append("def").cropped(4).pieces == [("abc", "red"), ("d", "")]
    assert Styled("abc").cropped(3).plain == "abc"
    assert Styled().cropped(3).plain == ""


@given(st.text(alphabet="ab cdé→世", max_size=60), st.integers(2, 20))
def test_lines_fit_and_lose_nothing_but_white_space(text: str, width: int) -> None:
    lines = [line.plain for line in Styled(text).wrapped(width)]
    assert all(rich.cells.cell_len(line) <= width for line in lines)
    assert not any(line.startswith(" ") for line in lines[1:])
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_what_counts_one_cell_without_richs_tables_counts_one_with_them() -> None:
    for code in [*range(0x20, 0x7F), *range(0xA1, 0xD800), 0xFFFD]:
        sign = chr(code)
        assert cells.cell_len(sign) == rich.cells.cell_len(sign), hex(code)
