"""`lotus setup`: from nothing to a GitHub App, its Secret, and the one line that installs the bot.

No secret is ever printed.
"""

from __future__ import annotations

import asyncio
import secrets
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import click

import bot
from bot.cli import fail
from bot.clients.clock import SystemClock
from bot.clients.errors import ClientError, NotFound
from bot.clients.github.manifest import (
    AppManifest,
    Registered,
    api_url,
    exchange,
    packaged,
    registration_page,
)
from bot.clients.github.transport import Answers, Endpoint
from bot.clients.kubernetes.connection import connected
from bot.clients.kubernetes.installing import apply_secret
from bot.runtime.setup.installation_files import (
    Target,
    prepare,
    secret,
    write_kustomization,
    write_secret,
)
from bot.runtime.setup.registration import Registration
from bot.runtime.web.server import WEBHOOK_PATH

_OVERLAYS = {"one": "namespaced", "all": "cluster-wide"}
_SECONDS = 30.0
_PATIENCE = 3600.0  # GitHub's code is good for an hour


@dataclass(frozen=True, slots=True)
class Options:
    """The command line's, each as it is named there."""

    name: str
    organization: str | None
    github_url: str
    webhook_url: str | None
    namespace: str
    watch: str
    manifests: Path
    output: Path
    port: int
    apply: bool
    kubeconfig: Path | None

    @property
    def target(self) -> Target:
        """Where it is to run."""
        overlay = self.manifests / "overlays" / _OVERLAYS[self.watch]
        return Target(self.output, self.namespace, overlay, api_url(self.github_url))


def _url(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """An absolute URL without a slash at its end."""
    if value is None:
        return None
    found = urllib.parse.urlsplit(value)
    if found.scheme not in ("http", "https") or not found.hostname:
        raise click.BadParameter("must begin with http:// or https:// and name a host")
    return value.rstrip("/")


def _webhook(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    url = _url(context, parameter, value)
    return url + WEBHOOK_PATH if url and not urllib.parse.urlsplit(url).path else url


@click.command("setup", context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--name", default=None, help="The App's name, unique on GitHub; yours to change there."
)
@click.option("--organization", metavar="LOGIN", help="Whose App it is; yours, if not given.")
@click.option("--github-url", default="https://github.com", callback=_url, show_default=True)
@click.option(
    "--webhook-url",
    callback=_webhook,
    help="Where GitHub reaches the bot. Without it the hook is off, and the bot polls.",
)
@click.option("--namespace", help="Where the bot will live; lotus-bot, if it watches all.")
@click.option(
    "--watch",
    type=click.Choice(list(_OVERLAYS)),
    default="all",
    show_default=True,
    help="Look after Terraform objects in this one namespace, or in all.",
)
@click.option(
    "--manifests",
    type=click.Path(path_type=Path),
    default=Path(bot.__file__).parents[1] / "manifests",
    help="The repository's manifests/, where this is not run from a clone.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("lotus-bot-install"),
    show_default=True,
    help="The folder for the Secret and the kustomization.",
)
@click.option("--port", default=0, help="The local page's port; 0: any that is free.")
@click.option("--apply", is_flag=True, help="Put the Secret into the cluster, and into no file.")
@click.option("--kubeconfig", type=click.Path(path_type=Path), help="With --apply: which cluster.")
def command(**given: Any) -> None:
    """Create the GitHub App, write its Secret, print the line that installs the bot."""
    manifest = packaged()
    if given["watch"] == "one" and not given["namespace"]:
        raise click.UsageError("--watch one needs --namespace: the one with the Terraform objects")
    given["name"] = given["name"] or manifest.name
    given["namespace"] = given["namespace"] or "lotus-bot"
    options = Options(**given)
    _check(options)
    try:
        asyncio.run(_run(options, manifest))
    except TimeoutError:
        fail("nobody agreed within an hour; nothing was made")
    except (ClientError, OSError) as error:
        fail(str(error))


def _check(options: Options) -> None:
    """Everything that can be known to be wrong before an App is made."""
    if not (options.target.overlay / "kustomization.yaml").is_file():
        fail(f"no manifests in {options.manifests}: run it in a clone, or give --manifests", 2)
    try:
        prepare(options.target)
    except OSError as error:
        fail(f"{error}; give another --output", 2)


async def _run(options: Options, manifest: AppManifest) -> None:
    app = await _register(options, manifest)
    document = secret(app, app.webhook_secret or secrets.token_hex(32), options.namespace)
    target = options.target
    if not (options.apply and await _applied(options, document)):
        click.echo(f"Its key is in {write_secret(target, document)}, for your eyes only.")
        write_kustomization(target, with_secret=True)
    else:
        click.echo(f"Its key is in the Secret {options.namespace}/lotus-bot.")
        write_kustomization(target, with_secret=False)
    _say_how_to_go_on(options, app)


async def _register(options: Options, manifest: AppManifest) -> Registered:
    """The App, made on GitHub by the person in the browser."""
    page = Registration(
        registration_page(options.github_url, options.organization),
        lambda back: manifest.as_sent(options.name, back, options.webhook_url),
    )
    async with page.listening(options.port), aiohttp.ClientSession() as session:
        click.echo(f"Open {page.url}/ in a browser on this machine, and agree there.")
        code = await asyncio.wait_for(page.code(), _PATIENCE)
        endpoint = Endpoint(session, api_url(options.github_url), SystemClock(), Answers())
        app = await exchange(endpoint, code)
    click.echo(f"GitHub made the App {app.slug} ({app.page}).")
    return app


async def _applied(options: Options, document: dict[str, Any]) -> bool:
    """Whether the cluster has the Secret; where it fails, a file must keep the key."""
    try:
        async with connected(options.kubeconfig, None) as api:
            await apply_secret(api, document, _SECONDS)
    except NotFound:
        click.echo(f"The namespace {options.namespace} is not there yet.", err=True)
        return False
    except ClientError as error:
        click.echo(f"The Secret could not be applied: {error}", err=True)
        return False
    return True


def _say_how_to_go_on(options: Options, app: Registered) -> None:
    click.echo("")
    click.echo("Install it on your repositories:")
    click.echo(f"  {app.page}/installations/new")
    click.echo("Install it in the cluster:")
    click.echo(f"  kubectl apply -k {options.output}")
    click.echo("See what is missing:")
    click.echo(f"  kubectl exec -n {options.namespace} deploy/lotus-bot -- lotus doctor")
