"""`lotus setup` as a person lives it: a page, GitHub's page, and back; over real HTTP."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt
import pytest
import yaml

from bot.clients.github.manifest import packaged
from bot.simulators.clock import Clock
from bot.simulators.github import GitHub
from bot.simulators.kubernetes import Kubernetes


class Form(HTMLParser):
    """The one form of a page: where it goes, and what it holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found["action"]
        if tag == "input":
            self.fields[found["name"]] = found["value"]


@dataclass
class Setup:
    """A running `lotus setup`: its page, and all that it said when it is over."""

    process: asyncio.subprocess.Process
    page: str = ""
    said: list[str] = field(default_factory=list)

    async def output(self) -> str:
        out, _ = await self.process.communicate()
        return "".join([*self.said, out.decode()])


@asynccontextmanager
async def setup(github: GitHub, folder: Path, *arguments: str) -> AsyncIterator[Setup]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "setup", "--github-url", github.url),
        *("--output", str(folder), *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if name != "KUBECONFIG"},
    )
    assert process.stdout is not None
    running = Setup(process)
    try:
        while not running.page:
            line = (await process.stdout.readline()).decode()
            assert line, "".join(running.said)
            running.said.append(line)
            running.page = next((word for word in line.split() if word.startswith("http")), "")
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def agree(session: aiohttp.ClientSession, page: str) -> str:
    """What a person does in the browser: two buttons; returns where GitHub sends them."""
    async with session.get(page) as answer:
        ours = Form(await answer.text())
    async with session.post(ours.action, data=ours.fields) as answer:
        assert answer.status == 200, await answer.text()
        theirs = Form(await answer.text())
    target = str(answer.url.join(type(answer.url)(theirs.action)))
    async with session.post(target, data=theirs.fields, allow_redirects=False) as answer:
        assert answer.status == 302
        return answer.headers["Location"]


@pytest.fixture
async def github(tmp_path: Path) -> AsyncIterator[GitHub]:
    async with GitHub(Clock(), tmp_path / "github") as github:
        yield github


async def said_by(github: GitHub, folder: Path, *arguments: str) -> str:
    """The whole way, and everything said on it."""
    async with setup(github, folder, *arguments) as running, aiohttp.ClientSession() as session:
        back = await agree(session, running.page)
        async with session.get(back) as answer:
            assert answer.status == 200
        said = await running.output()
    assert running.process.returncode == 0, said
    return said


async def walk_through(github: GitHub, folder: Path, *arguments: str) -> tuple[str, dict[str, Any]]:
    """Everything said, and the Secret as it was written."""
    said = await said_by(github, folder, *arguments)
    return said, yaml.safe_load((folder / "secret.yaml").read_text())


async def test_the_app_that_is_made_is_the_one_that_app_yml_describes(
    github: GitHub, tmp_path: Path
) -> None:
    await walk_through(github, tmp_path / "out", "--webhook-url", "https://lotus.example.org/")
    made = github.world.app
    assert made is not None
    assert made.permissions == dict(packaged().permissions)
    assert made.events == list(packaged().events)
    assert made.webhook_url == "https://lotus.example.org/webhook"


async def test_the_secret_is_good_for_the_app_and_for_nobody_elses_eyes(
    github: GitHub, tmp_path: Path
) -> None:
    said, secret = await walk_through(
        github, tmp_path / "out", "--webhook-url", "https://lotus.example.org/hooks"
    )
    made, values = github.world.app, secret["stringData"]
    assert made is not None
    assert secret["metadata"] == {"name": "lotus-bot", "namespace": "lotus-bot"}
    assert values["app-id"] == str(made.id)
    assert values["webhook-secret"] == made.webhook_secret
    token = jwt.encode({"iss": "x"}, values["private-key"], algorithm="RS256")
    assert jwt.decode(token, made.public_key, algorithms=["RS256"]) == {"iss": "x"}
    mode = stat.S_IMODE((tmp_path / "out" / "secret.yaml").stat().st_mode)
    assert oct(mode) == "0o600"
    assert values["webhook-secret"] not in said
    assert "PRIVATE KEY" not in said


async def test_without_a_webhook_the_hook_is_off_and_the_bot_gets_a_secret_of_its_own(
    github: GitHub, tmp_path: Path
) -> None:
    _, secret = await walk_through(github, tmp_path / "out")
    assert github.world.app is not None
    assert github.world.app.webhook_url == ""
    assert len(secret["stringData"]["webhook-secret"]) == 64


async def test_an_organizations_app_is_made_on_its_page(github: GitHub, tmp_path: Path) -> None:
    async with (
        setup(github, tmp_path / "out", "--organization", "octo") as running,
        aiohttp.ClientSession() as session,
        session.get(running.page) as answer,
    ):
        form = Form(await answer.text())
    assert urlsplit(form.action).path == "/organizations/octo/settings/apps/new"


async def test_a_code_with_another_state_is_refused_and_the_page_goes_on_waiting(
    github: GitHub, tmp_path: Path
) -> None:
    async with setup(github, tmp_path / "out") as running, aiohttp.ClientSession() as session:
        callback = f"{running.page}callback"
        for query in ("?code=stolen", "?code=stolen&state=wrong", "?state=wrong", ""):
            async with session.get(callback + query) as answer:
                assert answer.status == 400
        async with session.get(running.page, headers={"Host": "evil.example"}) as answer:
            assert answer.status == 421
        back = await agree(session, running.page)
        async with session.get(back) as answer:
            assert answer.status == 200
        await running.output()
    assert running.process.returncode == 0


async def test_the_secret_goes_into_the_cluster_and_into_no_file_when_asked(
    github: GitHub, tmp_path: Path
) -> None:
    async with Kubernetes(Clock()) as kubernetes:
        kubernetes.put({"kind": "Namespace", "metadata": {"name": "lotus-bot"}})
        token = kubernetes.token_for("paula", ["system:masters"])
        kubeconfig = kubernetes.kubeconfig(tmp_path / "kubeconfig", token=token)
        arguments = ("--apply", "--kubeconfig", str(kubeconfig))
        said = await said_by(github, tmp_path / "out", *arguments)
        held = kubernetes.get("Secret", "lotus-bot", "lotus-bot")
    assert set(held["data"]) == {"app-id", "private-key", "webhook-secret"}
    assert not (tmp_path / "out" / "secret.yaml").exists()
    kustomization = yaml.safe_load((tmp_path / "out" / "kustomization.yaml").read_text())
    assert "secret.yaml" not in kustomization["resources"]
    assert "Secret lotus-bot/lotus-bot" in said


async def test_a_key_that_no_cluster_takes_is_kept_in_the_file(
    github: GitHub, tmp_path: Path
) -> None:
    async with Kubernetes(Clock()) as kubernetes:
        kubeconfig = kubernetes.kubeconfig(tmp_path / "kubeconfig")
        arguments = ("--apply", "--kubeconfig", str(kubeconfig))
        said, secret = await walk_through(github, tmp_path / "out", *arguments)
    assert "The namespace lotus-bot is not there yet." in said
    assert "PRIVATE KEY" in secret["stringData"]["private-key"]


async def test_a_code_that_github_does_not_take_is_an_error_without_the_code(
    github: GitHub, tmp_path: Path
) -> None:
    async with setup(github, tmp_path / "out") as running, aiohttp.ClientSession() as session:
        back = await agree(session, running.page)
        (code,) = github.world.offers
        github.world.offers.clear()
        async with session.get(back) as answer:
            assert answer.status == 200
        said = await running.output()
    assert running.process.returncode == 1
    assert "begin again" in said
    assert code not in said
    assert not (tmp_path / "out" / "secret.yaml").exists()


async def test_a_secret_that_is_there_is_never_overwritten_and_no_app_is_made_for_it(
    github: GitHub, tmp_path: Path
) -> None:
    (tmp_path / "secret.yaml").write_text("the only copy")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "setup", "--output", str(tmp_path)),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert b"is there already" in said
    assert (tmp_path / "secret.yaml").read_text() == "the only copy"


async def kustomized(folder: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        "kubectl", "kustomize", folder, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


@pytest.mark.kubectl
@pytest.mark.parametrize(
    ("arguments", "namespace"),
    [
        ((), "lotus-bot"),
        (("--namespace", "ops"), "ops"),
        (("--watch", "one", "--namespace", "data"), "data"),
    ],
)
async def test_the_line_that_is_printed_installs_all_of_it_in_the_namespace(
    github: GitHub, tmp_path: Path, arguments: tuple[str, ...], namespace: str
) -> None:
    said, _ = await walk_through(github, tmp_path / "out", *arguments)
    assert f"kubectl apply -k {tmp_path / 'out'}\n" in said
    items = list(yaml.safe_load_all(await kustomized(tmp_path / "out")))
    assert {item["metadata"]["namespace"] for item in items if "namespace" in item["metadata"]} == {
        namespace
    }
    assert ("Secret", "lotus-bot") in {(i["kind"], i["metadata"]["name"]) for i in items}
    assert {i["metadata"]["name"] for i in items if i["kind"] == "Namespace"} <= {namespace}
    (deployment,) = [item for item in items if item["kind"] == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {"name": "LOTUS_GITHUB_URL", "value": f"{github.url}/api/v3"} in container["env"]
    for item in items:
        for subject in item.get("subjects", ()):
            assert subject["namespace"] == namespace
