"""The API server's ways of saying no: Status objects with code, reason and details.

Reasons and texts as https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
and the API server's own errors have them: clients look at the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.simulators.kubernetes.kinds import Kind

Json = dict[str, Any]


class Refusal(Exception):
    """Answered as a Status with `code`; `details` names the object, `after` is Retry-After."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.after = after
        self.status: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            **({"reason": reason} if reason else {}),
            "code": code,
        }
        if details or after is not None:
            more = {} if after is None else {"retryAfterSeconds": after}
            self.status["details"] = {**(details or {}), **more}


def bad_request(message: str) -> Refusal:
    """400: it cannot be understood."""
    return Refusal(400, "BadRequest", message)


def not_found(kind: Kind, name: str) -> Refusal:
    """404: no such object."""
    return Refusal(404, "NotFound", f'{kind} "{name}" not found', _details(kind, name))


def already_exists(kind: Kind, name: str) -> Refusal:
    """409: the name is taken."""
    message = f'{kind} "{name}" already exists'
    return Refusal(409, "AlreadyExists", message, _details(kind, name))


def conflict(kind: Kind, name: str, why: str = "") -> Refusal:
    """409: somebody else was faster, or a precondition does not hold."""
    why = why or (
        "the object has been modified; "
        "please apply your changes to the latest version and try again"
    )
    message = f'Operation cannot be fulfilled on {kind} "{name}": {why}'
    return Refusal(409, "Conflict", message, _details(kind, name))


def forbidden(kind: Kind, name: str, why: str) -> Refusal:
    """403."""
    shown = f'{kind} "{name}"' if name else str(kind)
    return Refusal(403, "Forbidden", f"{shown} is forbidden: {why}", _details(kind, name))


def invalid(kind: Kind, name: str, causes: Sequence[tuple[str, str, str]]) -> Refusal:
    """422; a cause is (reason, field, message)."""
    told = "; ".join(f"{field}: {message}" for _, field, message in causes)
    details = {
        "name": name,
        **({"group": kind.group} if kind.group else {}),
        "kind": kind.name,
        "causes": [
            {"reason": reason, "message": message, "field": field}
            for reason, field, message in causes
        ],
    }
    return Refusal(422, "Invalid", f'{kind.name} "{name}" is invalid: {told}', details)


def expired(message: str) -> Refusal:
    """410: that resourceVersion is too old."""
    return Refusal(410, "Expired", message)


def too_new(asked: int, current: int) -> Refusal:
    """504: that resourceVersion was never given out."""
    details = {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large"}]}
    message = f"Too large resource version: {asked}, current: {current}"
    return Refusal(504, "Timeout", message, details, after=1)


def not_allowed(method: str) -> Refusal:
    """405."""
    message = f"the server does not allow this method on the requested resource ({method})"
    return Refusal(405, "MethodNotAllowed", message)


def unsupported(accepted: Sequence[str]) -> Refusal:
    """415."""
    message = "the body of the request was in an unknown format - accepted media types include: "
    return Refusal(415, "UnsupportedMediaType", message + ", ".join(accepted))


def success(kind: Kind, item: Mapping[str, Any]) -> Json:
    """The Status that a deletion answers with."""
    metadata = item["metadata"]
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {**_details(kind, metadata["name"]), "uid": metadata["uid"]},
    }


def _details(kind: Kind, name: str) -> Json:
    named = {"name": name} if name else {}
    return {**named, **({"group": kind.group} if kind.group else {}), "kind": kind.plural}
