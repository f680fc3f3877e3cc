"""`dynamic` blocks of types whose schema nobody told: an iterator is a name of its own."""

from __future__ import annotations

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction

HEAD = """
terraform {
  required_providers {
    cloud = { source = "acme/cloud" }
  }
}

variable "ports" {
  type = list(object({ port = number, tags = optional(map(string), {}) }))
}

locals {
  rules = { web = 80, mail = 25 }
}

resource "cloud_wall" "a" {
"""


def wall(body: str) -> Snapshot:
    return Snapshot({"main.tf": f"{HEAD}{body}\n}}\n".encode()})


def planned(before: str, after: str) -> Prediction:
    return predict(Request(wall(after), "", base=wall(before)))


OVER_A_LOCAL = """
  dynamic "rule" {
    for_each = local.rules
    content {
      name = rule.key
      port = rule.value
    }
  }
"""
WRITTEN_OUT = """
  rule {
    name = "mail"
    port = 25
  }
  rule {
    name = "web"
    port = 80
  }
"""
NESTED = """
  dynamic "rule" {
    for_each = var.ports
    iterator = each_port
    content {
      port = each_port.value.port
      dynamic "tag" {
        for_each = each_port.value.tags
        content {
          name  = "${each_port.key}-${tag.key}"
          value = tag.value
        }
      }
    }
  }
"""
LABELLED = """
  dynamic "rule" {
    for_each = toset(["a"])
    labels   = [rule.key]
    content {
      name = rule.value
    }
  }
"""


@pytest.mark.parametrize("body", [OVER_A_LOCAL, NESTED, LABELLED, WRITTEN_OUT])
def test_an_iterator_is_no_reference_and_the_same_blocks_are_no_change(body: str) -> None:
    prediction = planned(body, body)
    assert prediction.ok, prediction.diagnostics
    assert [(c.action, c.uncertain) for c in prediction.changes] == [(Action.NO_OP, "")]


def test_a_dynamic_block_is_what_it_stands_for() -> None:
    prediction = planned(WRITTEN_OUT, OVER_A_LOCAL)
    assert [(c.action, c.uncertain) for c in prediction.changes] == [(Action.NO_OP, "")]


def test_one_element_more_is_a_change_and_so_is_other_content_over_what_is_not_given() -> None:
    more = OVER_A_LOCAL.replace("local.rules", "merge(local.rules, { ssh = 22 })")
    other = NESTED.replace("each_port.value.port\n", "each_port.value.port + 1\n")
    for before, after in ((OVER_A_LOCAL, more), (NESTED, other)):
        (change,) = planned(before, after).changes
        assert change.action is Action.UPDATE
        assert change.uncertain


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        (OVER_A_LOCAL.replace("rule.key", "role.key"), "Reference to undeclared resource"),
        (OVER_A_LOCAL.replace("local.rules", "rule.value"), "Reference to undeclared resource"),
        (OVER_A_LOCAL.replace("local.rules", "null"), "Invalid dynamic for_each value"),
        (OVER_A_LOCAL.replace("local.rules", '"text"'), "Invalid dynamic for_each value"),
        (OVER_A_LOCAL.replace("rule.value", "rule.value.port"), "Unsupported attribute"),
    ],
)
def test_what_is_wrong_in_it_is_said(body: str, summary: str) -> None:
    prediction = planned(WRITTEN_OUT, body)
    assert summary in [each.summary for each in prediction.diagnostics]


def test_without_for_each_it_is_incomplete() -> None:
    body = OVER_A_LOCAL.replace("    for_each = local.rules\n", "")
    found = [each.summary for each in planned(WRITTEN_OUT, body).diagnostics]
    assert "Missing required argument" in found
