"""A symbolic link to a file of the repository is that file, wherever a module meets it."""

from __future__ import annotations

from bot.cli.root_modules import root_modules
from bot.plan.files import Linked, NotFetched, Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action

MAIN = b"""
output "all" {
  value = [var.region, local.names, file("${path.module}/motd"), module.there.x]
}
module "there" {
  source = "./linked"
}
"""
FILES = {
    "live/main.tf": MAIN,
    "shared/variables.tf": b'variable "region" {\n  type = string\n}\n',
    "shared/names.tf": b'locals {\n  names = fileset(path.module, "*.txt")\n}\n',
    "shared/a.txt": b"a",
    "shared/eu.tfvars": b'region = "eu"\n',
    "modules/there/main.tf": b'output "x" {\n  value = 1\n}\n',
}
LINKS = {
    "live/variables.tf": "../shared/variables.tf",
    "live/names.tf": "../shared/names.tf",
    "live/eu.auto.tfvars": "../shared/eu.tfvars",
    "live/b.txt": "../shared/a.txt",
    "live/motd": "b.txt",
    "live/linked": "../modules/there",
    "live/gone.tf": "../../../etc/passwd",
    "live/circle.tf": "circle.tf",
}


def test_configuration_values_and_files_are_read_through_links() -> None:
    prediction = predict(Request(Snapshot(FILES, LINKS), "live", variables={}))
    assert prediction.ok, prediction.diagnostics
    (output,) = prediction.outputs
    assert output.after is not None
    assert [each.raw for each in output.after.elements()][0::2] == ["eu", "a"]
    read = {each.path for each in prediction.reads}
    assert {"live/variables.tf", "shared/variables.tf", "modules/there/main.tf"} <= read


def test_the_same_is_no_change_and_an_edit_behind_a_link_is_one() -> None:
    there = Snapshot(FILES, LINKS)
    edited = Snapshot({**FILES, "shared/eu.tfvars": b'region = "us"\n'}, LINKS)
    for head, action in ((there, Action.NO_OP), (edited, Action.UPDATE)):
        prediction = predict(Request(head, "live", base=there, variables={}))
        assert [each.action for each in prediction.outputs] == [action]


def test_a_folder_of_links_alone_is_a_root_module() -> None:
    links = {"prod/main.tf": "../live/main.tf"}
    assert "prod" in root_modules(Snapshot({"live/main.tf": b"locals {}\n"}, links), {})


class NotHere(Snapshot):
    """Links are not fetched yet."""

    def link(self, path: str) -> str | None:
        if path in self.targets:
            raise NotFetched(path)
        return None


def test_links_that_are_not_fetched_are_asked_for() -> None:
    prediction = predict(Request(NotHere(FILES, LINKS), "live", variables={}))
    assert prediction.not_fetched >= {"live/variables.tf"}


def test_a_view_of_a_view_holds_each_file_once() -> None:
    twice = list(Linked(Linked(Snapshot(FILES, LINKS))).paths())
    assert len(twice) == len(set(twice))
