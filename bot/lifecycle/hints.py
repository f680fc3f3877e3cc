"""A webhook, read only as far as to know what to look at.

PURE. A hint is never believed: what happened is observed when the key is worked on. A payload of
another shape gives no keys, and no error: the periodic look finds what it meant.
https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.lifecycle.keys import (
    CommandKey,
    InstallationsKey,
    Key,
    MergeGroupKey,
    PressKey,
    PullRequestKey,
    PushKey,
)

_BRANCH = "refs/heads/"
_WORD = re.compile(r"[\w.\[\]-]{1,100}", re.ASCII)


def keys_of(event: str, payload: Mapping[str, Any], delivery: str = "") -> tuple[Key, ...]:
    """What `event` (the value of X-GitHub-Event) says to look at; () where it is of no interest.

    `delivery` is the value of X-GitHub-Delivery, the same for each attempt; a press needs it.
    """
    try:
        if is_press(event, payload):
            return (_pressed(payload, delivery),)
        return _keys_of(event, payload)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
        return ()


def is_press(event: str, payload: Mapping[str, Any]) -> bool:
    """Whether somebody pressed a button of a check of ours."""
    return event == "check_run" and payload.get("action") == "requested_action"


def _keys_of(event: str, payload: Mapping[str, Any]) -> tuple[Key, ...]:
    match event:
        case "installation" | "installation_repositories":
            return (InstallationsKey(),)
        case "push":
            return _pushed(payload)
        case "pull_request":
            return (PullRequestKey(_repository(payload), int(payload["number"])),)
        case "issue_comment":
            return _commented(payload)
        case "merge_group":
            branch = str(payload["merge_group"]["head_ref"]).removeprefix(_BRANCH)
            return (MergeGroupKey(_repository(payload), branch),)
        case "check_run" | "check_suite":
            return _checked(payload[event], _repository(payload))
        case _:
            return ()


def _pushed(payload: Mapping[str, Any]) -> tuple[Key, ...]:
    ref = str(payload["ref"])
    if not ref.startswith(_BRANCH):
        return ()
    return (PushKey(_repository(payload), ref.removeprefix(_BRANCH)),)


def _commented(payload: Mapping[str, Any]) -> tuple[Key, ...]:
    """A command, perhaps; and where a pull request's comment is gone or edited, that too."""
    repository, number = _repository(payload), int(payload["issue"]["number"])
    comment = int(payload["comment"]["id"])
    if payload["action"] == "created":
        return (CommandKey(repository, number, comment),)
    if "pull_request" not in payload["issue"]:
        return (CommandKey(repository, number, comment),)
    return CommandKey(repository, number, comment), PullRequestKey(repository, number)


def _pressed(payload: Mapping[str, Any], delivery: str) -> PressKey:
    """Believed as far as GitHub's signature goes: who pressed is told nowhere else."""
    check = payload["check_run"]
    words = (
        check["head_sha"],
        payload["requested_action"]["identifier"],
        payload["sender"]["login"],
        delivery,
    )
    if not all(_WORD.fullmatch(word) for word in words):
        raise ValueError("not a press in GitHub's shape")
    return PressKey(_repository(payload), int(check["id"]), *words)


def _checked(check: Mapping[str, Any], repository: str) -> tuple[Key, ...]:
    numbers = [int(item["number"]) for item in check.get("pull_requests") or ()]
    return tuple(PullRequestKey(repository, number) for number in numbers)


def _repository(payload: Mapping[str, Any]) -> str:
    return str(payload["repository"]["full_name"])
