"""The App on GitHub: does its key work, may it do what it must, do webhooks arrive. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.lifecycle.diagnosis.finding import Finding, Level

AREA = "GitHub"
_SKEW = 30.0  # seconds; GitHub allows a JWT to be from 60 s in the past, and from no future
_LEVELS = {"none": 0, "read": 1, "write": 2, "admin": 3}


@dataclass(frozen=True, slots=True)
class Declared:
    """What `app.yml` asks for, and the address that stands for "no webhook"."""

    permissions: Mapping[str, str]
    events: tuple[str, ...]
    no_webhook: str


@dataclass(frozen=True, slots=True)
class InstallationSeen:
    """The App on an account; `page` is where its owner accepts what the App asks."""

    account: str
    page: str
    suspended: bool
    permissions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HookSeen:
    """Where webhooks go, "" for nowhere, and how the latest deliveries went."""

    url: str
    delivered: int = 0
    failed: int = 0
    last_failure: str = ""


@dataclass(frozen=True, slots=True)
class AppSeen:
    """The App as GitHub has it; `page` is its page there."""

    page: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    hook: HookSeen
    installations: tuple[InstallationSeen, ...]


@dataclass(frozen=True, slots=True)
class GitHubSeen:
    """`app` None: GitHub gave no answer to the App, for `problem`. `skew`: how many seconds our
    clock is ahead of GitHub's, None where it could not be asked."""

    url: str
    app: AppSeen | None = None
    problem: str = ""
    refused: bool = False
    skew: float | None = None
    poll_seconds: float = 30.0


def github_findings(declared: Declared, seen: GitHubSeen) -> Iterator[Finding]:
    """Everything that is missing or too much there."""
    if seen.skew is not None and abs(seen.skew) > _SKEW:
        yield _missing(
            f"this machine's clock is {_ahead(seen.skew)} GitHub's",
            "GitHub refuses what is signed in its future or too long ago",
            "set the clock of the node: timedatectl set-ntp true",
        )
    if seen.app is None:
        yield _unanswered(seen)
        return
    app = seen.app
    yield from _permissions(declared, app)
    yield from _events(declared, app)
    yield from _installations(declared, app)
    yield from _hook(declared, app, seen.poll_seconds)


def _unanswered(seen: GitHubSeen) -> Finding:
    if seen.refused:
        return _missing(
            f"the App's key is not accepted: {seen.problem}",
            "the bot cannot read or say anything on GitHub",
            "compare LOTUS_GITHUB_APP_ID with the App's page, and make a new private key there "
            "(lotus setup makes a new App)",
        )
    return _missing(
        f"no answer from {seen.url}: {seen.problem}",
        "the bot cannot read or say anything on GitHub",
        "let the Pod reach it on port 443 (manifests/base/network-policy.yaml), or set "
        "LOTUS_GITHUB_URL",
    )


def _permissions(declared: Declared, app: AppSeen) -> Iterator[Finding]:
    mend = f"set it at {app.page}/permissions, and accept it on each installation"
    for name, level in declared.permissions.items():
        if not _covers(app.permissions, name, level):
            yield _missing(
                f"the App has no permission {name}: {level}",
                f"it has {app.permissions.get(name, 'none')}; GitHub answers 403 to what needs it",
                mend,
            )
    for name, level in app.permissions.items():
        if not _covers(declared.permissions, name, level):
            yield _advice(
                f"the App has a permission too many: {name}: {level}",
                "nothing uses it, and whoever steals the key may",
                mend,
            )


def _events(declared: Declared, app: AppSeen) -> Iterator[Finding]:
    page = f"{app.page}/permissions"
    for event in declared.events:
        if event not in app.events:
            yield _missing(
                f"the App does not subscribe to the event {event}",
                "what it tells of is only seen at the next resync",
                f"subscribe to it at {page}",
            )
    for event in app.events:
        if event not in declared.events:
            yield _advice(
                f"the App subscribes to an event too many: {event}",
                "it is answered and thrown away",
                f"take it off at {page}",
            )


def _installations(declared: Declared, app: AppSeen) -> Iterator[Finding]:
    if not app.installations:
        yield _missing(
            "the App is installed nowhere",
            "it sees no repository",
            f"install it: {app.page}/installations/new",
        )
    for item in app.installations:
        if item.suspended:
            yield _missing(
                f"the installation on {item.account} is suspended",
                "its repositories cannot be read",
                f"let it go on: {item.page}",
            )
            continue
        lacking = [
            f"{name}: {level}"
            for name, level in declared.permissions.items()
            if _covers(app.permissions, name, level) and not _covers(item.permissions, name, level)
        ]
        if lacking:
            yield _missing(
                f"{item.account} has not accepted {', '.join(lacking)}",
                "the App asks for it, and may not use it there before somebody agrees",
                f"accept it: {item.page}",
            )


def _hook(declared: Declared, app: AppSeen, poll_seconds: float) -> Iterator[Finding]:
    hook = app.hook
    if hook.url in ("", declared.no_webhook):
        yield _advice(
            "the App has no webhook",
            f"the bot polls: it sees a push after up to {poll_seconds:g} s, not at once",
            f"where GitHub can reach the bot, set https://…/webhook at {app.page}; else set "
            "LOTUS_WEBHOOKS=false, and it polls each LOTUS_POLL_SECONDS",
        )
    elif hook.failed:
        total = hook.delivered + hook.failed
        level = Level.ADVICE if hook.delivered else Level.MISSING
        yield Finding(
            AREA,
            level,
            f"{hook.failed} of the latest {total} webhooks failed, the last with "
            f"{hook.last_failure}",
            f"GitHub sends them to {hook.url}; what is lost is only seen at the next resync",
            f"see what GitHub got: {app.page}/advanced (401: another LOTUS_GITHUB_WEBHOOK_SECRET)",
        )


def _covers(held: Mapping[str, str], name: str, level: str) -> bool:
    return _LEVELS.get(held.get(name, "none"), 0) >= _LEVELS.get(level, 1)


def _ahead(skew: float) -> str:
    return f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'}"


def _missing(what: str, why: str, mend: str) -> Finding:
    return Finding(AREA, Level.MISSING, what, why, mend)


def _advice(what: str, why: str, mend: str) -> Finding:
    return Finding(AREA, Level.ADVICE, what, why, mend)
