"""Finding the API server: in the cluster itself, or by a kubeconfig.

An edge.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import yaml
from kubernetes.aio import client, config
from kubernetes.aio.config.config_exception import ConfigException

from bot.clients.errors import Invalid

_SYSTEM = "Kubernetes"
# What the library lets through of a kubeconfig that is something else.
_MALFORMED = (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError)


@asynccontextmanager
async def connected(
    kubeconfig: Path | None, context: str | None
) -> AsyncIterator[client.ApiClient]:
    """An API client: a given kubeconfig, else in-cluster, else KUBECONFIG or ~/.kube/config.

    Raises `Invalid` that says what was tried.
    """
    configuration = client.Configuration()
    try:
        if kubeconfig is None and "KUBERNETES_SERVICE_HOST" in os.environ:
            config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
        else:
            await config.load_kube_config(  # type: ignore[no-untyped-call]
                config_file=str(kubeconfig) if kubeconfig else None,
                context=context,
                client_configuration=configuration,
            )
    except (ConfigException, OSError, *_MALFORMED) as error:
        tried = kubeconfig or os.environ.get("KUBECONFIG", "~/.kube/config")
        reason = f"no way to the cluster: not inside one, and {tried} does not serve"
        raise Invalid(_SYSTEM, f"{reason} ({type(error).__name__})", 400) from None
    async with client.ApiClient(configuration) as api:
        yield api
