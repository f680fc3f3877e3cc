"""Whatever a file holds, the answer is a diagnostic or a bounded value: never an exception."""

from __future__ import annotations

import base64
import gzip
import time

import pytest
from truth_expressions import outcome

from bot.plan.syntax import parse_native, parse_template
from bot.plan.syntax.json import parse_json

SECONDS = 10
"""Of this process's own time: far more than each needs, for machines that are busy."""
BOMB = base64.b64encode(gzip.compress(b"a" * 100_000_000)).decode()
ALIASES = "\\n".join(
    f"{name}: &{name} [{', '.join([f'*{before}' if before else 'x'] * 9)}]"
    for before, name in zip(["", *"abcdefgh"], "abcdefghi", strict=True)
)

REFUSED = {
    "a thousand brackets": "(" * 1000 + "1" + ")" * 1000,
    "a thousand braces": "{a=" * 1000 + "1" + "}" * 1000,
    "a hundred thousand negations": "!" * 100_000 + "true",
    "a hundred thousand operators": "+".join(["1"] * 100_000),
    "five thousand conditionals": "true ? 1 : " * 5000 + "1",
    "a hundred thousand steps": "path.module" + ".b" * 100_000,
    "a hundred thousand indexes": "[1]" + "[0]" * 100_000,
    "a thousand splats": "[1]" + "[*]" * 1000,
    "a thousand interpolations": '"${' * 1000 + "1" + '}"' * 1000,
    "five thousand template ifs": '"' + "%{ if true }" * 5000 + "%{ endif }" * 5000 + '"',
    "two to the sixtieth": "[for a in [1, 2] : " * 60 + "1" + "]" * 60,
    "a thousand millions": "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : 1]]]",
    "a range of 1e12": "range(1e12)",
    "an infinite range": "range(1/0)",
    "a product of a thousand millions": "setproduct(range(1000), range(1000), range(1000))",
    "a million digits": 'tonumber("1e1000001")',
    "a fraction in full": 'format("%f", 1e999999)',
    "a wide format": 'format("%99999999999999999999d", 1)',
    "a precise format": 'format("%.999999999f", 1)',
    "a long join": f'join("{"a" * 10_000}", [for i in range(1000) : "{"b" * 10_000}"])',
    "many long joins": f'[for i in range(1000) : join("", [for j in range(1000) : "{"x" * 10_000}"])]',
    "a long replace": f'replace("{"a" * 100_000}", "a", "{"b" * 10_000}")',
    "a long replace by pattern": f'replace("{"a" * 100_000}", "/a/", "{"b" * 10_000}")',
    "a deep indent": r'indent(10000000, "\n\n")',
    "a large regular expression": 'regex("((a{100}){100}){100}", "a")',
    "deep JSON": f'jsondecode("{"[" * 100_000}")',
    "a JSON number of no size": 'jsondecode("1e999999999")',
    "deep YAML": f'yamldecode("{"[" * 10_000}{"]" * 10_000}")',
    "YAML aliases of aliases": f'yamldecode("{ALIASES}")',
    "a gzip bomb": f'base64gunzip("{BOMB}")',
    "an absolute path": 'file("/etc/passwd")',
    "a path out of the repository": 'file("../../../../etc/passwd")',
    "a glob out of the repository": 'fileset("fixtures", "../../../**")',
    "a glob of stars": f'fileset(".", "{"*a" * 200}")',
    "a date of many letters": f'formatdate("{"Y" * 100_000}", "2017-11-22T00:00:00Z")',
    "a long duration": f'timeadd("2017-11-22T00:00:00Z", "{"9" * 100_000}h")',
    "an endless comment": "1 /* abc",
    "an endless heredoc": "<<EOT\nabc",
    "closing brackets only": "]" * 100_000,
    "quotes only": '"' * 99_999,
    "nothing in common but emptiness": "coalesce([null, toset([])], [])",
    "a NUL": "a\0b",
    "half a character": '"\\ud800"',
    "a mark in the middle": "\ufeff1",
}

BOUNDED = {
    "a hundred and fifty brackets": "[" * 150 + "]" * 150,
    "a hundred and fifty calls": "upper(" * 150 + '"a"' + ")" * 150,
    "an exponential pattern": f'can(regex("^(a+)+$$", "{"a" * 10_000}!"))',
    "a large power": 'tostring(pow(10, 1e9)) == "x"',
    "a large number in full": "length(tostring(1e99999))",
    "many elements": f"length([{','.join(map(str, range(50_000)))}])",
    "many types": "length(tolist([" + '1, null, "a", ' * 5_000 + "]))",
    "many failures": f"can(try({','.join(['[][0]'] * 5_000)}))",
}


def timed(expression: str) -> tuple[object, list[str]]:
    before = time.process_time()
    value, problems = outcome(expression)
    assert time.process_time() - before < SECONDS
    return value, [problem.summary for problem in problems]


@pytest.mark.parametrize("expression", REFUSED.values(), ids=REFUSED)
def test_what_is_out_of_all_bounds_is_refused_with_words(expression: str) -> None:
    _, problems = timed(expression)
    assert problems
    assert all(problems)


@pytest.mark.parametrize("expression", BOUNDED.values(), ids=BOUNDED)
def test_what_only_looks_large_is_computed(expression: str) -> None:
    _, problems = timed(expression)
    assert problems == []


@pytest.mark.parametrize(
    ("content", "summary"),
    [
        (b"x = 1\n" * 9_000_000, "Configuration file too large"),
        (b'x = "\xff"\n', "Invalid character encoding"),
        (b"\xff\xfex\x00", "Invalid character encoding"),
        (b"\x00" * 1000, "Invalid character"),
        (b"a {\n" * 1000, "Nesting too deep"),
        (b"a b c d e f g", "Invalid block definition"),
    ],
    ids=["50 MB", "not UTF-8", "UTF-16", "NULs", "a thousand blocks", "words"],
)
def test_a_file_that_is_none_is_a_diagnostic(content: bytes, summary: str) -> None:
    _, problems = parse_native(content, "main.tf")
    assert problems[0].summary == summary
    assert problems[0].subject is not None
    assert problems[0].subject.file == "main.tf"


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbfx = 1\n", b"x = 1\r\n", b"\xef\xbb\xbfx = 1\r\ny = <<E\r\n  a\r\nE\r\n"],
    ids=["BOM", "CRLF", "both, with a heredoc"],
)
def test_a_mark_and_windows_lines_are_read(content: bytes) -> None:
    body, problems = parse_native(content, "main.tf")
    assert problems == []
    assert "x" in body.attributes


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"a":' * 5_000, b"\xff", b"", b"[1]", b"9" * 100_000]
)
def test_json_that_is_none_is_a_diagnostic(content: bytes) -> None:
    _, problems = parse_json(content, "main.tf.json")
    assert problems


def test_a_template_that_is_none_is_a_diagnostic() -> None:
    for text in ("%{ if", "${", "%{ endfor }", "${a b}", "%{ for x in y }"):
        _, problems = parse_template(text, "t.tftpl")
        assert problems
