"""The controller's own plan knows every value: of that, a comment gets only what is predicted so."""

from __future__ import annotations

from bot.lifecycle.confirm.comparison import compared, failed
from bot.lifecycle.confirm.plan import Planned, Row
from bot.lifecycle.confirm.record import Confirmation, Stage
from bot.lifecycle.confirm.words import told
from bot.plan.prediction import Action, Counts, Prediction

BLANK = Confirmation("f" * 40, 1, Stage.RUNNING)
WITHHELD = Prediction(
    "lake",
    uncertain=("how many terraform_data.t there are hangs on a Secret's value",),
    withheld=frozenset({"terraform_data.t", "module.m"}),
)
ROWS = tuple(
    Row(address, Action.CREATE)
    for address in (
        'module.m["czNjcjN0"].terraform_data.in',
        "terraform_data.other",
        'terraform_data.t["czNjcjN0"]',
        "terraform_data.t[0]",
    )
)


def test_instances_that_a_secret_decides_are_neither_named_nor_counted() -> None:
    found = compared(BLANK, WITHHELD, Planned(ROWS, Counts(add=4)))
    said = told(found, WITHHELD)
    assert "terraform_data.other" in said
    assert "1 to add" in said
    assert "czNjcjN0" not in said
    assert "terraform_data.t" not in said


def test_the_values_that_the_tool_lists_under_an_error_are_left_out() -> None:
    words = (
        "Error: Invalid index\n\n  on main.tf line 3, in locals:\n   3:   a = local.m[local.k]\n"
        '    ├────────────────\n    │ local.k is "czNjcjN0"\n    │ local.m is object with 1'
        ' attribute "czNj"\n\nThe given key does not identify an element.'
    )
    said = told(failed(BLANK, Prediction("lake"), words), Prediction("lake"))
    assert "czNj" not in said
    assert "main.tf line 3" in said
    assert "The given key does not identify" in said
