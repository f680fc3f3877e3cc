"""A check run in GitHub's fields, made once for a commit and name and edited from then on."""

from __future__ import annotations

from typing import Any

from bot.clients.github.repository import RepositoryReader
from bot.clients.github.writing import RepositoryWriter
from bot.lifecycle.effects import Annotation, PutCheck

_TITLE = 255
_SUMMARY = 65_535


async def put(
    reader: RepositoryReader, writer: RepositoryWriter, login: str, check: PutCheck
) -> None:
    """Create or edit it; a check that says this already (its fingerprint) is left alone.

    `login` is our own: another App's check of the same name is not ours to edit.
    """
    existing = check.existing
    for found in await reader.check_runs(check.head_sha, check.name):
        if f"{found.app}[bot]" != login:
            continue
        if found.external_id == check.fingerprint and found.conclusion == check.conclusion:
            return
        existing = existing or found.id
    annotations = [_annotation(item) for item in check.annotations]
    if existing is None:
        await writer.create_check(_fields(check), annotations)
    else:
        await writer.update_check(existing, _fields(check), annotations)


def _fields(check: PutCheck) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": check.name,
        "head_sha": check.head_sha,
        "external_id": check.fingerprint,
        "status": "in_progress" if check.conclusion is None else "completed",
        "output": {"title": check.title[:_TITLE], "summary": check.summary[:_SUMMARY]},
    }
    if check.conclusion is not None:
        fields["conclusion"] = check.conclusion.value
    fields["actions"] = [
        {"identifier": item.identifier, "label": item.label, "description": item.description}
        for item in check.buttons
    ]  # also where there is none: the check that stands may have some
    return fields


def _annotation(item: Annotation) -> dict[str, Any]:
    return {
        "path": item.path,
        "start_line": item.line,
        "end_line": item.line,
        "annotation_level": item.level,
        "title": item.title[:_TITLE],
        "message": item.message,
    }
