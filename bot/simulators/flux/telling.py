"""Events about an object, one for each reason and message, counted.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.simulators.flux import durations
from bot.simulators.flux.api import Api, ApiError
from bot.simulators.flux.steps import Say

Json = dict[str, Any]
LONGEST = 1024
"""Bytes of an Event's message that the API server takes."""


async def tell(
    api: Api, document: Json, say: Say, component: str, now: Callable[[], datetime]
) -> None:
    """Write it; the same again counts up. An API server that refuses it is not minded."""
    metadata = document["metadata"]
    namespace, name = str(metadata.get("namespace", "default")), str(metadata["name"])
    message = say.message[:LONGEST]
    digest = hashlib.sha256(f"{say.reason}\0{message}".encode()).hexdigest()[:16]
    event, at = f"{name}.{digest}", durations.stamp(now())
    try:
        old = await api.get("Event", namespace, event)
        if old is not None:
            count = {"count": int(old.get("count") or 1) + 1, "lastTimestamp": at}
            await api.patch("Event", namespace, event, count)
            return
        await api.create("Event", namespace, _event(document, say, message, (event, at, component)))
    except ApiError:
        return


def _event(document: Json, say: Say, message: str, made: tuple[str, str, str]) -> Json:
    name, at, component = made
    metadata = document["metadata"]
    about = {
        "apiVersion": document.get("apiVersion", ""),
        "kind": document.get("kind", ""),
        "name": metadata["name"],
        "namespace": metadata.get("namespace", "default"),
        "uid": metadata.get("uid", ""),
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name},
        "involvedObject": about,
        "type": say.type,
        "reason": say.reason,
        "message": message,
        "source": {"component": component},
        "reportingComponent": component,
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }
