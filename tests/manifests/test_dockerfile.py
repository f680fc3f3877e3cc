"""The Dockerfile, read as Docker reads it: pinned, two stages, no root, nothing to build with."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
Instruction = tuple[str, str]


def stages() -> list[list[Instruction]]:
    """Each stage's instructions, from its FROM on."""
    text = (ROOT / "Dockerfile").read_text()
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    found: list[list[Instruction]] = []
    for line in filter(str.strip, lines):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest.strip()))
    return found


def last(stage: list[Instruction], word: str) -> str:
    return [rest for name, rest in stage if name == word][-1]


def test_both_stages_stand_on_one_pinned_slim_python() -> None:
    images = {stage[0][1].partition(" ")[0] for stage in stages()}
    assert len(stages()) == 2
    (image,) = images
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", image)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert tuple(map(int, image.split(":")[1].split(".")[:2])) >= tuple(
        map(int, wanted.removeprefix(">=").split("."))
    )


def test_whatever_is_copied_is_there_and_not_ignored() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_through = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    copied = set()
    for word, rest in stages()[0]:
        if word == "COPY":
            copied |= set(shlex.split(rest)[:-1])
    assert copied == let_through
    assert all((ROOT / path).exists() for path in copied)


def test_the_build_gets_every_file_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = {project["project"]["readme"], "pyproject.toml", "app.yml"}
    named |= set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    copies = " ".join(rest for word, rest in stages()[0] if word == "COPY").split()
    assert named <= set(copies)


def test_the_image_can_share_a_queue_between_replicas() -> None:
    (install,) = [rest for word, rest in stages()[0] if word == "RUN" and "pip install" in rest]
    (extra,) = re.findall(r"\.\[(\w+)\]", install)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert any("procrastinate" in item for item in project["optional-dependencies"][extra])


def test_the_image_only_takes_what_was_built_and_runs_nothing_as_root() -> None:
    final = stages()[1]
    assert [rest for word, rest in final if word == "COPY"] == [
        "--from=build /opt/lotus-bot /opt/lotus-bot"
    ]
    assert "RUN" not in {word for word, _ in final}
    uid, gid = last(final, "USER").split(":")
    assert int(uid) >= 10000
    assert int(gid) >= 10000


def test_it_starts_the_installed_script_with_serve() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (script,) = json.loads(last(stages()[1], "ENTRYPOINT"))
    assert script in project["scripts"]
    assert json.loads(last(stages()[1], "CMD")) == ["serve"]
    assert "/opt/lotus-bot/bin" in last(stages()[1], "ENV")


def test_it_runs_as_the_user_that_the_deployment_names() -> None:
    text = (ROOT / "manifests" / "base" / "deployment.yaml").read_text()
    uid, gid = last(stages()[1], "USER").split(":")
    assert f"runAsUser: {uid}\n" in text
    assert f"runAsGroup: {gid}\n" in text
