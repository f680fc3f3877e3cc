"""What must never be committed, under whatever name; and what belongs into the repository."""

from __future__ import annotations

import pytest

from bot.lifecycle.state_files import reason, state_files


@pytest.mark.parametrize(
    "path",
    [
        "terraform.tfstate",
        "a/b/terraform.tfstate",
        "x.tfstate.backup",
        "terraform.tfstate.1700000000.backup",
        "TERRAFORM.TFSTATE",
        "errored.tfstate",
        ".terraform.tfstate.lock.info",
        "terraform.tfstate.d/prod/notes.txt",
        ".tfstate",
        ".terraform/providers/x",
        "deep/in/.terraform/modules/modules.json",
        ".Terraform/x",
    ],
)
def test_a_state_is_known_by_any_of_its_names(path: str) -> None:
    assert state_files(["README.md", path]) == (path,)


@pytest.mark.parametrize(
    "path",
    [
        ".terraform.lock.hcl", "terraform/main.tf", "docs/tfstate.md", "my.terraform/main.tf",
        "terraform.tfvars", ".terraform-version", "tfstate",
    ],
)  # fmt: skip
def test_what_only_sounds_like_one_is_none(path: str) -> None:
    assert state_files([path]) == ()


def test_the_reason_names_some_and_counts_the_rest() -> None:
    assert reason(()) == ""
    assert reason(("a.tfstate",)) == "state files are committed: a.tfstate"
    assert reason(tuple(f"{n}.tfstate" for n in range(9))).endswith("4.tfstate and 4 more")
