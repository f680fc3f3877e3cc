"""What Prometheus reads: how much there is to do, how long it takes, what was refused.

Labels are from closed sets only: no repository, no name, nothing that grows or tells.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.runtime.loop.queue import Depth

EVENTS = frozenset(
    {
        "push",
        "pull_request",
        "issue_comment",
        "check_run",
        "check_suite",
        "installation",
        "installation_repositories",
        "merge_group",
        "ping",
    }
)
"""The webhooks in use; all others count as "other"."""


class Metrics:
    """One registry a service, so that two in one process do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        own = self._registry
        self._webhooks = Counter(
            "lotus_webhooks", "webhooks by event and outcome", ["event", "outcome"], registry=own
        )
        self._keys = Gauge(
            "lotus_queue_keys", "keys by what they wait for", ["state"], registry=own
        )
        self._seconds = Histogram(
            "lotus_reconcile_seconds", "time to work on a key", ["kind", "outcome"], registry=own
        )
        self._effects = Counter("lotus_effects", "effects performed", ["effect"], registry=own)
        self._remaining = Gauge(
            "lotus_github_requests_remaining", "the lowest of all installations", registry=own
        )
        self._requests = Gauge(
            "lotus_github_requests",
            "answers by method and status",
            ["method", "status"],
            registry=own,
        )

    def webhook(self, event: str, outcome: str) -> None:
        """`outcome`: accepted, ignored, unsigned, malformed, too_large."""
        self._webhooks.labels(event if event in EVENTS else "other", outcome).inc()

    def reconciled(self, kind: str, outcome: str, seconds: float) -> None:
        """A key of this kind took so long; `outcome`: done, failed."""
        self._seconds.labels(kind, outcome).observe(seconds)

    def effect(self, name: str) -> None:
        """An effect was performed."""
        self._effects.labels(name).inc()

    def depth(self, depth: Depth) -> None:
        """The queue as it stands."""
        self._keys.labels("ready").set(depth.ready)
        self._keys.labels("working").set(depth.working)
        self._keys.labels("waiting").set(depth.waiting)
        self._keys.labels("failing").set(depth.failing)

    def github(self, counted: dict[tuple[str, int], int], remaining: int | None) -> None:
        """GitHub's answers so far, and what is left of the limit where it is known."""
        for (method, status), count in counted.items():
            self._requests.labels(method, str(status)).set(count)
        if remaining is not None:
            self._remaining.set(remaining)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)
