"""A loop's turns are kept by the files that they read; a kept turn and a new one are the same."""

from __future__ import annotations

import pytest
from msgspec import field

from bot.plan.files import Snapshot
from bot.plan.predict import Cache, Request, predict

Tree = dict[str, str]
LOOP = """
variable "secret" {
  type      = string
  sensitive = true
  default   = "b.json"
}
locals {
  read = { for f in fileset(".", "streams/*.json") :
    trimsuffix(f, ".json") => try(jsondecode(file("./${local.shown}/${basename(f)}")).name, "") %s }
}
output "read" {
  value = nonsensitive(jsonencode(local.read))
}
output "sensitive" {
  value = issensitive(local.read)
}
"""
SHOWN = 'locals {\n  shown = "streams"\n}\n'
STREAMS = {f"streams/{name}.json": f'{{"name": "{name}", "on": true}}' for name in "abc"}


def module(more: str = "") -> Tree:
    return {"main.tf": LOOP % more, "names.tf": SHOWN, **STREAMS}


EDITS: dict[str, tuple[Tree, dict[str, str | None]]] = {
    "nothing": (module(), {}),
    "a file's content": (module(), {"streams/b.json": '{"name": "other"}'}),
    "a file that is new": (module(), {"streams/d.json": '{"name": "d"}'}),
    "a file that is broken": (module(), {"streams/b.json": "{"}),
    "a name that the loop uses": (
        module() | {"other/a.json": '{"name": "z"}'},
        {"names.tf": SHOWN.replace("streams", "other")},
    ),
    "what an if reads": (
        module('if jsondecode(file("./${f}")).on'),
        {"streams/b.json": '{"name": "b", "on": false}'},
    ),
    "the first of those that a secret marks": (
        module('if !endswith(f, var.secret) && file("./${f}") != ""'),
        {"streams/a.json": None},
    ),
    "a file beside those of the loop": (
        module('if fileexists("./marks/${basename(f)}")'),
        {"marks/b.json": ""},
    ),
    "a template within": (
        module('if templatefile("./t.tpl", { f = f }) == ""')
        | {"t.tpl": '${file("./u")}', "u": ""},
        {"u": "x"},
    ),
    "a list of files within": (
        module('if file("./${f}") != "" && length(fileset("./marks", "*")) == 0'),
        {"marks/x": ""},
    ),
}


def snapshot(tree: Tree) -> Snapshot:
    return Snapshot({path: text.encode() for path, text in tree.items()})


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_comes_to_what_a_new_evaluation_comes_to(edit: str) -> None:
    base, edited = EDITS[edit]
    after = {path: text for path, text in (base | edited).items() if text is not None}
    head, cache = snapshot(after), Cache()
    predict(Request(snapshot(base), "", cache=cache))
    kept = predict(Request(head, "", cache=cache))
    new = predict(Request(head, ""))
    assert kept == new
    assert kept.ok == new.ok


def test_a_link_that_leads_elsewhere_is_followed_again() -> None:
    tree, cache = module() | {"v1/a.json": '{"name": "1"}', "v2/a.json": '{"name": "2"}'}, Cache()
    tree["names.tf"] = SHOWN.replace("streams", "now")
    contents = snapshot(tree).contents
    predict(Request(Snapshot(contents, {"now": "v1"}), "", cache=cache))
    head = Snapshot(contents, {"now": "v2"})
    assert predict(Request(head, "", cache=cache)) == predict(Request(head, ""))


class Counting(Snapshot, frozen=True):
    """Files that tell which of them were read."""

    read_paths: list[str] = field(default_factory=list)

    def read(self, path: str) -> bytes | None:
        self.read_paths.append(path)
        return super().read(path)


def test_an_edit_reads_what_it_edits() -> None:
    base, cache = module(), Cache()
    predict(Request(snapshot(base), "", cache=cache))
    edited = snapshot(base | {"streams/b.json": '{"name": "other"}'})
    counting = Counting(edited.contents)
    prediction = predict(Request(counting, "", cache=cache))
    assert [each for each in counting.read_paths if each.endswith("json")] == ["streams/b.json"]
    assert {each.path for each in prediction.reads} >= set(STREAMS)
