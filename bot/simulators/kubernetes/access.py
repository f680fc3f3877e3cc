"""Who asks, and what they may: bearer tokens, impersonation, RBAC.

Enforced as soon as a RoleBinding or ClusterRoleBinding is in the store; until then everybody may
do everything. https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.simulators.kubernetes import kinds
from bot.simulators.kubernetes.refusals import Refusal
from bot.simulators.kubernetes.store import Json, Store

_ACCOUNT = "system:serviceaccount:"
_MASTERS = "system:masters"


@dataclass(frozen=True, slots=True)
class User:
    """A name and the groups it is in."""

    name: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is asked for, in RBAC's terms; `resource` is the plural, "" means none or all."""

    verb: str
    group: str
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        part = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        where = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        return f'cannot {self.verb} resource "{part}" in API group "{self.group}" {where}'


_ANONYMOUS = User("system:anonymous", frozenset({"system:unauthenticated"}))


def user_named(name: str, groups: Iterable[str] = ()) -> User:
    """An authenticated user; `system:serviceaccount:<namespace>:<name>` is a ServiceAccount."""
    given = {"system:authenticated", *groups}
    if name.startswith(_ACCOUNT):
        namespace = name.removeprefix(_ACCOUNT).partition(":")[0]
        given |= {"system:serviceaccounts", f"system:serviceaccounts:{namespace}"}
    return User(name, frozenset(given))


class Access:
    """`tokens` says whose a bearer token is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.tokens: dict[str, User] = {}

    def user(self, request: web.Request) -> User:
        """Who asks, after impersonation; raises `Refusal` 401 and 403."""
        headers = request.headers
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        asking = _ANONYMOUS
        if scheme.lower() == "bearer":
            if token not in self.tokens:
                raise Refusal(401, "Unauthorized", "Unauthorized")
            asking = self.tokens[token]
        name = headers.get("Impersonate-User")
        if not name:
            return asking
        wanted = user_named(name, headers.getall("Impersonate-Group", []))
        self._check_impersonation(asking, wanted, headers.getall("Impersonate-Group", []))
        return wanted

    def check(self, user: User, attempt: Attempt) -> None:
        """Raises `Refusal` 403 where the user may not."""
        if self.allows(user, attempt):
            return
        what = f"{attempt.resource}.{attempt.group}" if attempt.group else attempt.resource
        named = f' "{attempt.name}"' if attempt.name else ""
        details = {
            **({"name": attempt.name} if attempt.name else {}),
            **({"group": attempt.group} if attempt.group else {}),
            "kind": attempt.resource,
        }
        message = f'{what}{named} is forbidden: User "{user.name}" {attempt}'
        raise Refusal(403, "Forbidden", message, details)

    def allows(self, user: User, attempt: Attempt) -> bool:
        """Whether the user may."""
        if not self._enforced() or _MASTERS in user.groups:
            return True
        return any(_covers(rule, attempt) for rule in self._rules(user, attempt.namespace))

    def _enforced(self) -> bool:
        return any(map(self._store.any, (kinds.ROLE_BINDING, kinds.CLUSTER_ROLE_BINDING)))

    def _check_impersonation(self, asking: User, wanted: User, groups: list[str]) -> None:
        namespace, _, account = wanted.name.removeprefix(_ACCOUNT).partition(":")
        if wanted.name.startswith(_ACCOUNT):
            attempt = Attempt("impersonate", "", "serviceaccounts", "", namespace, account)
        else:
            attempt = Attempt("impersonate", "", "users", name=wanted.name)
        self.check(asking, attempt)
        for group in groups:
            self.check(asking, Attempt("impersonate", "", "groups", name=group))

    def _rules(self, user: User, namespace: str) -> Iterable[Mapping[str, Any]]:
        for binding in self._store.all(kinds.CLUSTER_ROLE_BINDING).values():
            if _binds(binding, user):
                yield from self._role(binding, "")
        for (where, _), binding in self._store.all(kinds.ROLE_BINDING).items():
            if namespace and where == namespace and _binds(binding, user):
                yield from self._role(binding, where)

    def _role(self, binding: Json, namespace: str) -> Iterable[Mapping[str, Any]]:
        reference = binding["roleRef"]
        kind = kinds.CLUSTER_ROLE if reference["kind"] == "ClusterRole" else kinds.ROLE
        place = (namespace if kind is kinds.ROLE else "", reference["name"])
        role = self._store.get(kind, place)
        return (role or {}).get("rules") or ()


def _binds(binding: Json, user: User) -> bool:
    for subject in binding.get("subjects") or ():
        name = subject["name"]
        match subject["kind"]:
            case "ServiceAccount":
                where = subject.get("namespace") or binding["metadata"].get("namespace", "")
                if user.name == f"{_ACCOUNT}{where}:{name}":
                    return True
            case "Group":
                if name in user.groups:
                    return True
            case _:
                if name == user.name:
                    return True
    return False


def _covers(rule: Mapping[str, Any], attempt: Attempt) -> bool:
    resource, part = attempt.resource, attempt.subresource
    wanted = {"*", f"{resource}/{part}", f"*/{part}"} if part else {"*", resource}
    names = rule.get("resourceNames")
    return (
        bool({"*", attempt.verb} & set(rule.get("verbs") or ()))
        and bool({"*", attempt.group} & set(rule.get("apiGroups") or ()))
        and bool(wanted & set(rule.get("resources") or ()))
        and (not names or attempt.name in names)
    )
