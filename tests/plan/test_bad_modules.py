"""Whole modules that are wrong, hostile or huge: a diagnostic or a bounded answer, soon."""

from __future__ import annotations

import time

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Prediction

SECRET = "root:x:0:0"
SOON = 5.0
"""Seconds of this process, for the machine may do other things as well."""


def planned(files: dict[str, str], links: dict[str, str] | None = None) -> Prediction:
    tree = Snapshot({path: text.encode() for path, text in files.items()}, links or {})
    began = time.process_time()
    prediction = predict(Request(tree, "m", variables={}))
    assert time.process_time() - began < SOON
    return prediction


def call(source: str, name: str = "x", more: str = "") -> str:
    return f'module "{name}" {{\n  source = "{source}"\n{more}}}\n'


def block(body: str, name: str = "a") -> str:
    return f'resource "terraform_data" "{name}" {{\n  {body}\n}}\n'


LETTERS = '[for c in split("", "{}") : c]'.format("abcdefghij")
MILLION = f'toset([for l in setproduct({", ".join([LETTERS] * 6)}) : join("", l)])'

ROUNDS = "[for x in range(1000) : [for y in range(1000) : [for z in range(1000) : x + y + z]]]"

DOUBLED = "locals {\n  x0 = [1]\n" + "".join(
    f"  x{i + 1} = [local.x{i}, local.x{i}]\n" for i in range(40)
)
"""A value of 2**40 leaves that costs forty steps to make."""

CASES: dict[str, tuple[dict[str, str], set[str]]] = {
    "a module that calls itself": ({"m/main.tf": call("./")}, {"Module calls itself"}),
    "twice in each": (
        {"m/main.tf": call("../m", "x") + call("../m", "y")},
        {"Module calls itself"},
    ),
    "two that call each other": (
        {"m/main.tf": call("../n"), "n/main.tf": call("../m")},
        {"Module calls itself"},
    ),
    "modules that double at each level": (
        {
            f"m{i or ''}/main.tf": call(f"../m{i + 1}", "x") + call(f"../m{i + 1}", "y")
            for i in range(25)
        }
        | {"m25/main.tf": ""},
        {"Too many modules"},
    ),
    "a for_each over a million": (
        {"m/main.tf": block(f"for_each = {MILLION}")},
        {"Error in function call"},
    ),
    "a billion rounds": (
        {"m/main.tf": block(f"input = {ROUNDS}") + f"locals {{\n  a = {ROUNDS}\n}}\n"},
        {"Expression too expensive"},
    ),
    "a billion rounds, thirty times": (
        {"m/main.tf": "locals {\n" + "".join(f"  a{i} = {ROUNDS}\n" for i in range(30)) + "}\n"},
        {"Expression too expensive"},
    ),
    "what doubles forty times": (
        {"m/main.tf": f'{DOUBLED}}}\noutput "o" {{ value = jsonencode(local.x40) }}\n'},
        {"Expression too expensive"},
    ),
    "what doubled, compared": (
        {"m/main.tf": f'{DOUBLED}}}\noutput "o" {{ value = local.x24 == local.x24 }}\n'},
        {"Expression too expensive"},
    ),
    "a count of 1e9": ({"m/main.tf": block("count = 1e9")}, {"Invalid count argument"}),
    "counts that multiply": (
        {
            "m/main.tf": call("./n", more="  count = 4000\n"),
            "m/n/main.tf": block("count = 4000"),
        },
        {"Too many instances"},
    ),
    "a source out of the repository": (
        {"m/main.tf": call("../../../../etc")},
        {"Invalid module source"},
    ),
    "a file out of the repository": (
        {"m/main.tf": block('input = file("../../../../etc/passwd")')},
        {"Invalid function argument"},
    ),
    "an absolute path": (
        {"m/main.tf": block('input = file("/etc/passwd")')},
        {"Invalid function argument"},
    ),
    "a template out of the repository": (
        {"m/main.tf": block('input = templatefile("../../../../etc/passwd", {})')},
        {"Invalid function argument"},
    ),
    "a cycle": (
        {"m/main.tf": "locals {\n  a = local.b\n  b = local.a\n}\n"},
        {"Cycle: local.a (expand), local.b (expand)"},
    ),
    "no module at all": ({"other/main.tf": ""}, {"No configuration files"}),
    "characters that are none of the language": (
        {"m/main.tf": "a = \x00\x01"},
        {"Invalid character", "Invalid expression", "Unsupported argument"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_said_soon(name: str) -> None:
    files, wanted = CASES[name]
    prediction = planned(files)
    assert not prediction.ok
    summaries = {each.summary for each in prediction.diagnostics}
    assert summaries == wanted


def test_bytes_that_are_no_text_are_said() -> None:
    prediction = predict(Request(Snapshot({"m/main.tf": b"\xff\xfe"}), "m"))
    assert [each.summary for each in prediction.diagnostics] == ["Invalid character encoding"]


def test_a_link_out_of_the_repository_is_not_followed() -> None:
    files = {"m/main.tf": block('input = file("./inside")')}
    for target in ("../../../../etc/passwd", "/etc/passwd"):
        prediction = planned(files, {"m/inside": target})
        assert not prediction.ok
        assert SECRET not in repr(prediction)


def test_a_chain_of_a_thousand_is_planned() -> None:
    chain = [
        block(f"input = terraform_data.r{i - 1}.output" if i else "input = 1", f"r{i}")
        for i in range(1000)
    ]
    names = "".join(f"  l{i} = {f'local.l{i - 1}' if i else '1'}\n" for i in range(1000))
    prediction = planned({"m/main.tf": "".join(reversed(chain)) + f"locals {{\n{names}}}\n"})
    assert prediction.ok
    assert prediction.counts.add == 1000
    assert prediction.changes[0].address == "terraform_data.r0"


def test_what_nests_too_deeply_is_said() -> None:
    prediction = planned({"m/main.tf": f"locals {{\n  a = {'(' * 5000}1{')' * 5000}\n}}\n"})
    assert not prediction.ok
