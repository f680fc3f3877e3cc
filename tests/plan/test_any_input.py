"""Any text and any arguments: the parser and the functions answer, and never raise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from truth_expressions import outcome

from bot.plan.functions.table import FUNCTIONS, functions_of
from bot.plan.syntax import parse_expression, parse_native, parse_template
from bot.plan.syntax.json import parse_json
from bot.plan.values import Value, number, number_text, string

PIECES = [
    "x", "a b", "=", "{", "}", "[", "]", "(", ")", '"', "${", "%{", "~}", "\n", "\r\n", "<<E", "<<-E",
    "E\n", "for", "in", ":", "=>", "...", "if", "else", "endif", "endfor", "?", "1", "1.5e3", ".", "*",
    "[*]", ",", "&&", "||", "!", "-", "==", "#", "//", "/*", "*/", "::", "\\u00e9", "\\", "'", "`", "é",
    "\u0301", "\0", "\ufeff", "null", "true", "upper(", "try(", "  ", "\t", "$${", "$", "%",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
VALUES = st.recursive(
    st.sampled_from(
        ["null", "true", "1", "-1", "0", "1.5", "1e300", "1/0", '""', '"a"', '"é"', '"2"', '"a,b"',
         '"2017-11-22T00:00:00Z"', '"1h"', '"10.0.0.0/8"', '"%s"', '"(a)"', '"{}"', '"a: b"', '"YQ=="',
         '"fixtures/hello.txt"', 'sensitive("s")', "timestamp()", "toset([])", "tomap({})", "tolist([1])"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(inner, max_size=2).map(
            lambda items: "{" + ", ".join(f"k{n} = {item}" for n, item in enumerate(items)) + "}"
        ),
    ),
    max_leaves=5,
)  # fmt: skip

parse_expression(
    "1", "any.tf"
)  # the parser makes room on the stack once, before anything is measured


def repeatable(examples: int) -> settings:
    """The same examples in every run, and nothing kept between runs."""
    return settings(max_examples=examples, derandomize=True, deadline=None, database=None)


@repeatable(400)
@given(TEXTS)
def test_any_text_is_parsed_or_explained(text: str) -> None:
    for parse in (parse_expression, parse_template):
        _, problems = parse(text, "any.tf")
        assert all(problem.subject for problem in problems)
    _, problems = parse_native(text.encode(), "any.tf")
    assert all(problem.subject for problem in problems)


@repeatable(150)
@given(st.binary(max_size=60))
def test_any_bytes_are_parsed_or_explained(content: bytes) -> None:
    for parse in (parse_native, parse_json):
        parse(content, "any.tf")


@repeatable(200)
@given(TEXTS)
def test_any_expression_has_an_outcome(text: str) -> None:
    value, problems = outcome(text)
    assert isinstance(value, Value)
    assert all(problem.summary for problem in problems)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_answers_whatever_it_is_given(name: str) -> None:
    @repeatable(25)
    @given(st.lists(VALUES, max_size=4))
    def answers(arguments: list[str]) -> None:
        value, problems = outcome(f"{name}({', '.join(arguments)})")
        assert isinstance(value, Value)
        assert all(problem.summary for problem in problems)

    answers()


@repeatable(200)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=20))
def test_a_number_reads_back_as_it_is_written(decimal: object) -> None:
    written = number_text(number(f"{decimal:f}").raw)
    assert number(written) == number(f"{decimal:f}")


@repeatable(100)
@given(st.text())
def test_a_string_is_itself_in_a_template(text: str) -> None:
    text = text.replace("\ud800", "")
    quoted = "".join(
        f"\\U{ord(character):08x}" for character in text if not 0xD800 <= ord(character) < 0xE000
    )
    kept = "".join(character for character in text if not 0xD800 <= ord(character) < 0xE000)
    value, problems = outcome(f'"{quoted}"')
    assert problems == []
    assert value == string(kept)


def test_every_function_is_where_the_table_says() -> None:
    for area in set(FUNCTIONS.values()):
        named = {name for name, of in FUNCTIONS.items() if of == area}
        assert set(functions_of(area)) == named
