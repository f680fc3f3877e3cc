"""What a person does with their own rights while installing; the bot itself never calls it.

An edge. So nothing of it is in `permissions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubernetes.aio import client

from bot.clients.kubernetes.cluster import FIELD_MANAGER, translated


async def apply_secret(api: client.ApiClient, document: Mapping[str, Any], seconds: float) -> None:
    """Create a Secret or change it, by server-side apply; raises `NotFound` without its namespace.

    A field that somebody else set differently is a `Conflict`, and stays as it is.
    """
    place = document["metadata"]
    with translated(f"apply secret {place['namespace']}/{place['name']}"):
        await client.CoreV1Api(api).patch_namespaced_secret(
            place["name"],
            place["namespace"],
            dict(document),
            field_manager=FIELD_MANAGER,
            _content_type="application/apply-patch+yaml",
            _request_timeout=seconds,
        )
