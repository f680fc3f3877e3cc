"""How Airbyte says no: the error, and its body per version (`facts/airbyte-api.md`, section 7).

Below the rest of the simulator; knows no endpoint.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from bot.simulators.airbyte.versions import Version

_NAMES = {
    400: "io.micronaut.http.exceptions.HttpStatusException",
    404: "io.airbyte.commons.server.errors.IdNotFoundKnownException",
    409: "io.airbyte.commons.server.errors.ConflictException",
    422: "io.airbyte.validation.json.JsonValidationException",
    423: "io.airbyte.commons.server.errors.StateConflictException",
}


class Refusal(Exception):
    """An answer other than 2xx. `known` errors keep their message in every version."""

    def __init__(self, status: int, message: str, *, known: bool | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.known = status in (403, 409, 422, 423) if known is None else known

    def body(self, version: Version, *, public: bool = False) -> dict[str, Any]:
        """The JSON body; the public API speaks in problem objects."""
        if public:
            return self._problem()
        if not version.hides_messages:
            return self._with_message()
        if self.known:
            return {"message": self.message, "errorId": str(uuid.uuid4()), "details": {}}
        return {"errorId": str(uuid.uuid4())}

    def _problem(self) -> dict[str, Any]:
        kind = {404: "resource-not-found", 409: "state-conflict", 422: "unprocessable-entity"}
        return {
            "status": self.status,
            "type": f"error:{kind.get(self.status, 'unexpected-problem')}",
            "title": kind.get(self.status, "unexpected-problem"),
            "detail": self.message,
            "data": {"message": self.message},
        }

    def _with_message(self) -> dict[str, Any]:
        text = self.message if self.known else f"Internal Server Error: {self.message}"
        name = _NAMES.get(self.status, "java.lang.RuntimeException")
        if self.known:
            return {"message": text, "exceptionClassName": name}
        return {"message": text, "exceptionClassName": name, "exceptionStack": []}


def need(body: Mapping[str, Any], *names: str) -> list[Any]:
    """The required properties of a request; a missing one is 400, as bean validation has it."""
    missing = [name for name in names if body.get(name) is None]
    if missing:
        raise Refusal(400, f"{', '.join(missing)}: must not be null")
    return [body[name] for name in names]
