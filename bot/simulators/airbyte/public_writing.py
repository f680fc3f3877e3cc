"""What the public API makes and changes: its own bodies in, the Config API's out. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.simulators.airbyte.refusals import Refusal, need
from bot.simulators.airbyte.views import Json

MODES = {
    ("full_refresh", "overwrite"): "full_refresh_overwrite",
    ("full_refresh", "append"): "full_refresh_append",
    ("incremental", "append"): "incremental_append",
    ("incremental", "append_dedup"): "incremental_deduped_history",
}
_PLAIN = ("name", "status", "prefix", "namespaceFormat")


def actor_body(kind: str, sent: Json) -> Json:
    """POST /sources, /destinations: as `sources/create` wants it."""
    name, workspace, configuration = need(sent, "name", "workspaceId", "configuration")
    return {
        "name": name,
        "workspaceId": workspace,
        "connectionConfiguration": configuration,
        f"{kind}DefinitionId": need(sent, "definitionId")[0],
    }


def connection_body(sent: Json) -> Json:
    """POST /connections: as `connections/create` wants it; active where nothing is said."""
    source, destination = need(sent, "sourceId", "destinationId")
    streams = (sent.get("configurations") or {}).get("streams") or ()
    return {
        "sourceId": source,
        "destinationId": destination,
        "syncCatalog": {"streams": [_entry(stream) for stream in streams]},
        "status": "active",
        **changed(sent),
    }


def changed(sent: Json) -> Json:
    """PATCH /connections: what is named, as `connections/update` wants it."""
    body = {name: sent[name] for name in _PLAIN if sent.get(name) is not None}
    schedule = sent.get("schedule")
    if not schedule:
        return body
    if schedule.get("scheduleType") == "manual":
        return {**body, "scheduleType": "manual"}
    # Quartz's expression, and behind it a zone where it names one.
    words = need(schedule, "cronExpression")[0].split()
    named = len(words) > 6 and not words[-1].isdigit() and words[-1] not in ("*", "?")
    zone = words.pop() if named else "UTC"
    cron = {"cronExpression": " ".join(words), "cronTimeZone": zone}
    return {**body, "scheduleType": "cron", "scheduleData": {"cron": cron}}


def stream_properties(connections: Iterable[Json]) -> list[Json]:
    """GET /streams: what the connections of a source have discovered, each stream once."""
    found: dict[str, Json] = {}
    for connection in connections:
        for entry in connection["syncCatalog"]["streams"]:
            stream = entry["stream"]
            found[stream["name"]] = {
                "streamName": stream["name"],
                "syncModes": [MODES[mode] for mode in MODES if mode[0] in _supported(stream)],
                "defaultCursorField": stream.get("defaultCursorField") or [],
                "sourceDefinedCursorField": bool(stream.get("sourceDefinedCursor")),
                "sourceDefinedPrimaryKey": stream.get("sourceDefinedPrimaryKey") or [],
                "propertyFields": [[name] for name in _properties(stream)],
            }
    return list(found.values())


def _entry(stream: Json) -> Json:
    mode = stream.get("syncMode") or "full_refresh_overwrite"
    known = [pair for pair, name in MODES.items() if name == mode]
    if not known:
        raise Refusal(422, f"{mode} is no sync mode")
    config: dict[str, Any] = {"syncMode": known[0][0], "destinationSyncMode": known[0][1]}
    config |= {key: stream[key] for key in ("cursorField", "primaryKey") if stream.get(key)}
    described = {"name": need(stream, "name")[0], "jsonSchema": {}}
    return {"stream": described, "config": {**config, "selected": True}}


def _supported(stream: Json) -> list[str]:
    return stream.get("supportedSyncModes") or ["full_refresh", "incremental"]


def _properties(stream: Json) -> Iterable[str]:
    return (stream.get("jsonSchema") or {}).get("properties") or ()
