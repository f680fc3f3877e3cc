"""What a few lines blow up, or a file repeats without end, is said soon: nothing takes long.

Every class was found by a sweep, took seconds or minutes, and is kept.
"""

from __future__ import annotations

import time

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict

SECONDS = 8
"""Of this process's own time: far more than each needs, for machines that are busy."""


def doubled(leaf: str, times: int = 40, name: str = "x") -> str:
    """`local.x40`: 2**40 times the leaf, for forty steps."""
    lines = [f"{name}{i + 1} = [local.{name}{i}, local.{name}{i}]" for i in range(times)]
    return f"locals {{\n{name}0 = {leaf}\n" + "\n".join(lines) + "\n}\n"


def each(count: int, text: str) -> str:
    """The text `count` times, `#` being the number and `@` the next one."""
    return "".join(text.replace("#", str(i)).replace("@", str(i + 1)) for i in range(count))


def output(value: str) -> str:
    return f'output "o" {{ value = {value} }}\n'


OPAQUE = 'variable "v" { type = string }\n'
ONES = "[" + "1," * 600_000 + "1]"
SOME_22 = doubled("1", 22)

TOO_EXPENSIVE = {
    "compared with itself": doubled("[1]") + output("local.x40 == local.x40"),
    "a set of it": SOME_22 + output("toset(local.x22)"),
    "a union of it": SOME_22 + output("setunion([local.x22], [local.x22])"),
    "once each": SOME_22 + output("distinct(local.x22)"),
    "either of two": SOME_22 + doubled('""', 22, "y") + output("true ? local.x22 : local.y22"),
    "functions that are none": "locals {\n" + each(60_000, "  a# = lowe#(1)\n") + "}\n",
}
TOO_LARGE = {
    "main.tf": f"locals {{\n  a = {ONES}\n}}\n",
    "lines.tf": "locals {\n  a = <<EOT\n" + "x\n" * 600_000 + "EOT\n}\n",
    "main.tf.json": f'{{"locals": {{"a": {ONES}}}}}',
    "terraform.tfvars": f"a = {ONES}\n",
}
WRONG = {
    "variables that are none": (
        "locals {\n" + each(5000, "  a# = var.x#\n") + "}\n" + each(2000, 'variable "y#" {}\n'),
        "Reference to undeclared input variable",
    ),
    "moves to one place": (
        each(3000, "moved {\n  from = terraform_data.a#\n  to = terraform_data.b\n}\n"),
        "Too many moved blocks",
    ),
    "moves of modules": (
        each(3000, "moved {\n  from = module.a#\n  to = module.a@\n}\n"),
        "Too many moved blocks",
    ),
    "imports of one": (
        each(5000, 'import {\n  to = terraform_data.a\n  id = "x"\n}\n'),
        'Duplicate import configuration for "terraform_data.a"',
    ),
}
FINE = {
    "two that are equal": doubled("1", 17) + output("local.x17 == local.x17"),
    "two that nobody knows": OPAQUE
    + doubled("var.v", 22)
    + doubled("var.v", 22, "y")
    + output("local.x22 == local.y22"),
    "a chain of moves": each(
        3000, "moved {\n  from = terraform_data.a#\n  to = terraform_data.a@\n}\n"
    ),
    "a name ignored often": 'resource "terraform_data" "a" {\n  lifecycle {\n    ignore_changes = ['
    + "input," * 50_000
    + "]\n  }\n}\n",
}


def said(files: dict[str, str]) -> set[str]:
    before = time.process_time()
    snapshot = Snapshot({path: text.encode() for path, text in files.items()})
    found = predict(Request(snapshot, "", variables=None)).diagnostics
    assert time.process_time() - before < SECONDS
    return {problem.summary for problem in found if problem.severity == "error"}


@pytest.mark.parametrize("text", TOO_EXPENSIVE.values(), ids=TOO_EXPENSIVE)
def test_what_grows_by_itself_is_too_expensive(text: str) -> None:
    assert "Expression too expensive" in said({"main.tf": text})


@pytest.mark.parametrize("path", TOO_LARGE)
def test_a_file_of_too_many_words_is_not_read(path: str) -> None:
    assert "Configuration file too large" in said({"a.tf": "", path: TOO_LARGE[path]})


@pytest.mark.parametrize(("text", "summary"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_thousands_of_times_is_said(text: str, summary: str) -> None:
    assert summary in said({"main.tf": text})


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_only_looks_expensive_is_planned(text: str) -> None:
    assert said({"main.tf": text}) == set()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (r"{\"a\": 1, \"a\": \"x\"}", True),
        (r"{\"a\": null, \"a\": 1}", True),
        (r"[{\"a\": {\"b\": 1}, \"a\": {\"b\": true}}]", True),
        (r"{\"a\": 1, \"a\": 2}", False),
    ],
)
def test_a_property_twice_is_of_one_type(text: str, wrong: bool) -> None:
    """https://github.com/zclconf/go-cty 1.16.2 and later; Terraform 1.11.4 has an older one."""
    found = predict(Request(Snapshot({"main.tf": output(f'jsondecode("{text}")').encode()}), ""))
    detail = 'duplicate "a" property in JSON object'
    assert any(detail in problem.detail for problem in found.diagnostics) is wrong
