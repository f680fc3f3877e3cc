"""What can go wrong at an edge, in one tree; libraries' exceptions never get past a client.

    ClientError
    ├── Unavailable          nobody answered, or with 5xx: ask again later
    │   └── Throttled        asked too often: ask again after `after` seconds
    ├── Unintelligible       an answer came, and it was nonsense (HTML, half a document)
    ├── TooMuch              more than is taken from anybody: asking again changes nothing
    └── Refused              an answer came, and it was no
        ├── NotFound         404, 410: not there, or not for us to see
        ├── Forbidden        401, 403: not allowed
        ├── Conflict         409, 412: somebody else was faster
        └── Invalid          400, 422: it cannot be done as asked

Messages are for people and for logs: they name the system, what was asked and what came back,
and never a header or a body that may hold a secret.
"""

from __future__ import annotations


class ClientError(Exception):
    """Something outside did not do what it was asked; `system` is GitHub, Kubernetes or Airbyte."""

    def __init__(self, system: str, message: str) -> None:
        super().__init__(f"{system}: {message}")
        self.system = system


class Unavailable(ClientError):
    """Nobody answered in time, or with 5xx. `after`: seconds to wait, where they were told."""

    def __init__(self, system: str, message: str, after: float | None = None) -> None:
        super().__init__(system, message)
        self.after = after


class Throttled(Unavailable):
    """A rate limit, primary or secondary."""


class Unintelligible(ClientError):
    """The answer is not what the contract says."""


class TooMuch(ClientError):
    """What would have to be read is larger than what is read for anybody."""


class Refused(ClientError):
    """The answer is no; `status` is the HTTP status."""

    def __init__(self, system: str, message: str, status: int) -> None:
        super().__init__(system, f"{message} ({status})")
        self.status = status


class NotFound(Refused):
    """404 or 410."""


class Forbidden(Refused):
    """401 or 403."""


class Conflict(Refused):
    """409 or 412."""


class Invalid(Refused):
    """400 or 422."""


def refusal(system: str, message: str, status: int) -> Refused:
    """The `Refused` that fits an HTTP status of 4xx."""
    kinds: dict[int, type[Refused]] = {
        400: Invalid,
        401: Forbidden,
        403: Forbidden,
        404: NotFound,
        409: Conflict,
        410: NotFound,
        412: Conflict,
        422: Invalid,
    }
    return kinds.get(status, Refused)(system, message, status)
