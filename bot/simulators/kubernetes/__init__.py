"""A Kubernetes API server on loopback: objects, watches, RBAC, and the ways in which it says no.

A simulator: it imitates the vendor by its published contract
(https://kubernetes.io/docs/reference/using-api/api-concepts/) and imports nothing of the bot.
"""

from bot.simulators.kubernetes.server import Kubernetes

__all__ = ["Kubernetes"]
