"""`lotus doctor`: what is missing, why it matters, how to mend it; `--rbac` prints a Role."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import yaml

from bot.cli import fail
from bot.clients.clock import SystemClock
from bot.clients.errors import ClientError
from bot.clients.github.manifest import NO_WEBHOOK, packaged
from bot.clients.kubernetes.permissions import role
from bot.config import Settings, SettingsError, load
from bot.lifecycle.diagnosis import (
    Declared,
    Finding,
    Level,
    airbyte_findings,
    cluster_findings,
    exit_code,
    github_findings,
)
from bot.runtime.examination.whole import Examined, Place, examine, names_in

_WRONG_SETTINGS = 2
_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_SIGNS = {Level.MISSING: "✗", Level.ADVICE: "•"}


@click.command("doctor", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--rbac", is_flag=True, help="Print the Roles for the Terraform objects found.")
@click.option("--account", metavar="NAMESPACE/NAME", help="With --rbac: the bot's ServiceAccount.")
@click.option("--kubeconfig", envvar="LOTUS_KUBECONFIG", type=click.Path(path_type=Path))
@click.option("--namespaces", envvar="LOTUS_NAMESPACES", default="", help="Separated by commas.")
def command(
    as_json: bool, rbac: bool, account: str | None, kubeconfig: Path | None, namespaces: str
) -> None:
    """Check what the bot needs, and say how to mend what is missing.

    Exits 0 where nothing is missing, 1 where something is, 2 where the settings are wrong.
    """
    wanted = tuple(part.strip() for part in namespaces.split(",") if part.strip())
    if rbac:
        _print_roles(Place(kubeconfig, None, wanted), account or _own_account())
        return
    try:
        settings = load()
    except SettingsError as error:
        _show(_settings_findings(error), as_json)
        sys.exit(_WRONG_SETTINGS)
    given = {"kubeconfig": kubeconfig, "namespaces": wanted}
    changed = {name: value for name, value in given.items() if value}
    findings = _look(settings.model_copy(update=changed))
    _show(findings, as_json)
    sys.exit(exit_code(findings))


def _look(settings: Settings) -> list[Finding]:
    return diagnose(asyncio.run(examine(settings, SystemClock())))


def diagnose(seen: Examined) -> list[Finding]:
    """All findings, what is missing before what is advice."""
    manifest = packaged()
    declared = Declared(manifest.permissions, manifest.events, NO_WEBHOOK)
    findings = [
        *github_findings(declared, seen.github),
        *cluster_findings(seen.cluster),
        *airbyte_findings(seen.airbyte),
    ]
    return sorted(findings, key=lambda finding: finding.level is Level.ADVICE)


def _settings_findings(error: SettingsError) -> list[Finding]:
    why = "lotus serve does not start"
    mend = "kubectl edit secret lotus-bot, or the variables of the Deployment (manifests/base)"
    lines = str(error).splitlines()
    return [Finding("settings", Level.MISSING, line, why, mend) for line in lines]


def _show(findings: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        document = {"findings": [dataclasses.asdict(finding) for finding in findings]}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    for finding in findings:
        click.echo(f"{_SIGNS[finding.level]} {finding.area}: {finding.what}")
        click.echo(f"    why:  {finding.why}")
        click.echo(f"    mend: {finding.mend}")
    click.echo(_summary(findings))


def _summary(findings: Iterable[Finding]) -> str:
    missing = sum(finding.level is Level.MISSING for finding in findings)
    if missing:
        return f"{missing} {'thing is' if missing == 1 else 'things are'} missing."
    return "Nothing is missing."


def _print_roles(place: Place, account: str) -> None:
    namespace, _, name = account.partition("/")
    if not namespace or not name:
        raise click.BadParameter("NAMESPACE/NAME is needed", param_hint="--account")
    try:
        found = asyncio.run(names_in(place))
    except ClientError as error:
        fail(str(error))
        return
    if not found:
        fail("no Terraform object can be seen: give --namespaces, or a --kubeconfig that may list")
        return
    documents = [
        item for where, names in found.items() for item in role(where, names, (namespace, name))
    ]
    click.echo(yaml.safe_dump_all(documents, sort_keys=False), nl=False)


def _own_account() -> str:
    """In a Pod its own namespace, elsewhere that of the manifests."""
    try:
        return f"{_OWN_NAMESPACE.read_text().strip()}/lotus-bot"
    except OSError:
        return "lotus-bot/lotus-bot"
