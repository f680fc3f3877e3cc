"""Airbyte: is it there, does it let us in, is there anything to look after. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.lifecycle.diagnosis.finding import Finding, Level

AREA = "Airbyte"


@dataclass(frozen=True, slots=True)
class AirbyteSeen:
    """`url` None: none is configured. `problem` "": it answered; `refused`: with a no."""

    url: str | None
    problem: str = ""
    refused: bool = False
    workspaces: int = 0


def airbyte_findings(seen: AirbyteSeen) -> Iterator[Finding]:
    """What keeps the bot from seeing data arrive."""
    if seen.url is None:
        yield Finding(
            AREA,
            Level.ADVICE,
            "no Airbyte is configured",
            "jobs are not followed: a backfill is never seen to end, and its flag stays",
            "set LOTUS_AIRBYTE_URL, such as http://airbyte-server.airbyte:8001",
        )
    elif seen.refused:
        yield _missing(
            f"{seen.url} does not let the bot in: {seen.problem}",
            "jobs are not followed: a backfill is never seen to end",
            "set LOTUS_AIRBYTE_CLIENT_ID and LOTUS_AIRBYTE_CLIENT_SECRET (an application made in "
            "Airbyte's settings), or LOTUS_AIRBYTE_USERNAME and LOTUS_AIRBYTE_PASSWORD",
        )
    elif seen.problem:
        yield _missing(
            f"{seen.url} does not answer: {seen.problem}",
            "jobs are not followed: a backfill is never seen to end",
            "check LOTUS_AIRBYTE_URL, and that the NetworkPolicy lets the Pod reach it "
            "(manifests/base/network-policy.yaml)",
        )
    elif not seen.workspaces:
        yield _missing(
            f"{seen.url} shows no workspace to these credentials",
            "no connection can be seen",
            "give the application's user access to the workspace, in Airbyte's settings",
        )


def _missing(what: str, why: str, mend: str) -> Finding:
    return Finding(AREA, Level.MISSING, what, why, mend)
