"""Files of values that a deployment names are read like the rest of the repository, last of all."""

from __future__ import annotations

import pytest

from bot.model.cluster import terraform_from
from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction

MAIN = b'variable "size" {\n  default = 1\n}\noutput "size" {\n  value = var.size\n}\n'
FILES = {
    "live/main.tf": MAIN,
    "live/a.auto.tfvars": b"size = 2\n",
    "envs/prod.tfvars": b"size = 3\n",
    "envs/eu.tfvars.json": b'{"size": 4}',
}


def predicted(files: dict[str, bytes], *named: str, base: Snapshot | None = None) -> Prediction:
    given = {"size": "9"}
    return predict(Request(Snapshot(files), "live", base=base, variables=given, named_files=named))


@pytest.mark.parametrize(
    ("named", "size"),
    [
        ((), 2),
        (("envs/prod.tfvars",), 3),
        (("envs/prod.tfvars", "envs/eu.tfvars.json"), 4),
        (("envs/eu.tfvars.json", "envs/prod.tfvars"), 3),
    ],
)
def test_the_last_one_named_wins_over_all_that_is_given(named: tuple[str, ...], size: int) -> None:
    [output] = predicted(FILES, *named).outputs
    assert output.after is not None
    assert output.after.raw == size


def test_an_edit_of_one_is_a_change_and_it_is_among_what_the_module_reads() -> None:
    edited = FILES | {"envs/prod.tfvars": b"size = 5\n"}
    prediction = predicted(edited, "envs/prod.tfvars", base=Snapshot(FILES))
    assert [output.action for output in prediction.outputs] == [Action.UPDATE]
    assert "envs/prod.tfvars" in {read.path for read in prediction.reads}


def test_one_that_is_not_there_fails_as_with_the_tool() -> None:
    [found] = predicted(FILES, "envs/gone.tfvars").diagnostics
    assert found.summary == "Failed to read variables file"
    assert found.detail == "Given variables file envs/gone.tfvars does not exist."


def test_their_paths_are_from_the_sources_root_and_do_not_leave_it() -> None:
    given = ["./envs/prod.tfvars", "envs/../eu.tfvars", "../../etc/passwd"]
    made = terraform_from({"metadata": {"name": "lake"}, "spec": {"tfVarsFiles": given}})
    assert made.var_files == ("envs/prod.tfvars", "eu.tfvars", "etc/passwd")
