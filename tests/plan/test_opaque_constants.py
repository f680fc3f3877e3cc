"""What is made of values that nobody gave: the same of the same, and never the same of another."""

from __future__ import annotations

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action

HEAD = """
variable "text" {
  type = string
}
variable "other" {
  type = string
}
variable "flag" {
  type = bool
}
variable "list" {
  type = list(object({ a = string, b = string }))
}
variable "map" {
  type = map(string)
}
variable "any" {}
resource "terraform_data" "x" {
  input = EXPRESSION
}
"""
PAIRS = [
    ("[for x in var.list : x.a]", "[for x in var.list : x.b]"),
    ("[for x in var.list : x.a]", "[for x in var.list : x.a if x.b != null]"),
    ("[for x in var.list : x.a if var.flag]", "[for x in var.list : x.a if !var.flag]"),
    ('[for x in var.any : "${x.a}-${var.text}"]', '[for x in var.any : "${x.a}-${var.other}"]'),
    ("{ for k, v in var.map : k => v }", "{ for k, v in var.map : v => k... }"),
    ("{ for k, v in var.map : k => v }", "{ for k, v in var.map : k => upper(v) }"),
    ('[for k, v in var.map : k if k != "a"]', '[for k, v in var.map : k if k != "b"]'),
    ("var.list[*].a", "var.list[*].b"),
    ("var.any[*].a", "var.any[*].b"),
    ("var.any.*.a", "var.any.*.b"),
    ("var.any[0].a", "var.any[0].b"),
    ("var.any[0].a", "var.any[1].a"),
    ('var.any["a"]', 'var.any["b"]'),
    ('var.flag ? "a" : "b"', 'var.flag ? "a" : "c"'),
    ("var.flag ? var.text : var.other", "var.flag ? var.other : var.text"),
    ('"${var.text}-a"', '"${var.text}-b"'),
    ('"%{ if var.flag }a%{ endif }"', '"%{ if var.flag }b%{ endif }"'),
    ('"%{ for x in var.list }${x.a}%{ endfor }"', '"%{ for x in var.list }${x.b}%{ endfor }"'),
    ("upper(var.text)", "lower(var.text)"),
    ("join(var.text, var.list[*].a)", "join(var.other, var.list[*].a)"),
    ("length(var.list) + 1", "length(var.list) + 2"),
    ("length(var.list) + 1", "length(var.list) - 1"),
    ("-length(var.list)", "length(var.list)"),
    ("var.flag || var.text == var.other", "var.flag && var.text == var.other"),
    ('var.text == "a"', 'var.text == "b"'),
    ("!var.flag", "var.flag"),
    ("merge(var.map, { a = 1 })", "merge(var.map, { a = 2 })"),
    ("concat(var.list, [1])", "concat([1], var.list)"),
    ("try(var.any.a, 1)", "try(var.any.a, 2)"),
    ("try(var.any.a, 1)", "try(var.any.b, 1)"),
    ("coalesce(var.text, 1)", "coalesce(var.other, 1)"),
    ("jsondecode(var.text).a", "jsondecode(var.text).b"),
    ('templatestring("$${a}", { a = var.text })', 'templatestring("x$${a}", { a = var.text })'),
    ("path.cwd", "basename(path.cwd)"),
    ("max(var.list[*].a...)", "min(var.list[*].a...)"),
    ('[for x in ["p", "q"] : x if var.flag]', '[for x in ["p", "q"] : "${x}!" if var.flag]'),
    ("{ for x in var.list : x.a => 1 }", "{ for x in var.list : x.a => 2 }"),
    ("{ (var.text) = 1 }", "{ (var.text) = 2 }"),
    ("{ (var.text) = 1 }", "{ (var.other) = 1 }"),
    ('abspath("a")', 'abspath("b")'),
    ("sensitive(var.text)", "sensitive(var.other)"),
    ("tolist(var.any)", "toset(var.any)"),
    ("one(var.list).a", "one(var.list).b"),
    ("[var.text, var.other]", "[var.other, var.text]"),
    ("{ a = var.text }", "{ b = var.text }"),
    ("can(var.any.a)", "can(var.any.b)"),
    ("flatten([for x in var.list : x.a])", "flatten([for x in var.list : x.b])"),
    ("lookup(var.map, var.text, 1)", "lookup(var.map, var.text, 2)"),
]


def planned(before: str, after: str) -> tuple[Action, bool]:
    sides = [
        Snapshot({"main.tf": HEAD.replace("EXPRESSION", text).encode()}) for text in (before, after)
    ]
    prediction = predict(Request(sides[1], "", base=sides[0]))
    assert prediction.ok, prediction.diagnostics
    (change,) = prediction.changes
    return change.action, bool(change.uncertain)


@pytest.mark.parametrize("expression", sorted({each for pair in PAIRS for each in pair}))
def test_the_same_of_the_same_is_no_change(expression: str) -> None:
    assert planned(expression, expression) == (Action.NO_OP, False)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_another_is_a_change_or_nobody_can_tell(before: str, after: str) -> None:
    assert planned(before, after) != (Action.NO_OP, False)


SURELY_OTHER = [
    ("jsonencode({ a = 1, b = var.text })", "jsonencode({ a = 2, b = var.text })"),
    ("jsonencode({ a = var.text })", "jsonencode({ b = var.text })"),
    ("jsonencode([var.text])", "jsonencode([var.text, 1])"),
    ('jsonencode({ a = var.text, c = "1" })', "jsonencode({ a = var.text, c = 1 })"),
    ("jsonencode({ a = var.text, c = null })", "jsonencode({ a = var.text, c = 1 })"),
]
PERHAPS_OTHER = [
    ("jsonencode({ a = var.text })", "jsonencode({ a = var.other })"),
    ("jsonencode({ a = var.text })", "jsonencode({ a = null })"),
    ('jsonencode(toset([var.text, "a"]))', 'jsonencode(toset(["a", var.other]))'),
]


@pytest.mark.parametrize(("before", "after"), SURELY_OTHER)
def test_json_that_differs_beside_what_is_not_given_is_a_change(before: str, after: str) -> None:
    assert planned(before, after) == (Action.UPDATE, False)


@pytest.mark.parametrize(("before", "after"), PERHAPS_OTHER)
def test_json_that_differs_in_what_is_not_given_may_be_a_change(before: str, after: str) -> None:
    assert planned(before, after) == (Action.UPDATE, True)
