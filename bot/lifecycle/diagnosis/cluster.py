"""The cluster: may the bot do what it must, are the kinds there, can each object be followed. PURE.

What is not allowed is told once for each verb and namespace, whatever number of names it hits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.lifecycle.diagnosis.finding import Finding, Level

AREA = "Kubernetes"
_CREATE = {"Secret": "secret generic", "ConfigMap": "configmap"}
_GRANT = "lotus doctor --rbac | kubectl apply -f -"


@dataclass(frozen=True, slots=True)
class AccessSeen:
    """A verb that was refused. `namespace` "": in all of them; `names`: for these only, if any.

    `why` says what it is for, `loss` what is missed without it ("": everything). `fixed`: what
    grants it is the same everywhere, and in an overlay.
    """

    verb: str
    resource: str
    namespace: str
    why: str
    loss: str = ""
    names: tuple[str, ...] = ()
    fixed: bool = True


@dataclass(frozen=True, slots=True)
class KindSeen:
    """A kind of custom object: the version that the bot uses, and those that are served."""

    resource: str
    version: str
    served: tuple[str, ...]
    whose: str


@dataclass(frozen=True, slots=True)
class ReferenceSeen:
    """An entry of `varsFrom` that gives no value; `keys`: those that it lacks, () for all of it."""

    kind: str
    name: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectSeen:
    """A Terraform object (`namespace/name`).

    `unfollowed` says why its source cannot be followed; `other_kind` that it is no GitRepository.
    `mend`: what helps, in a sentence. `repository` is set, and `installed` False, where the App
    does not see it. `valueless`: variables that the module requires and nobody gives, in the tool's
    words; `unread`: why that is not known.
    """

    name: str
    unfollowed: str = ""
    other_kind: bool = False
    repository: str = ""
    installed: bool = True
    references: tuple[ReferenceSeen, ...] = ()
    problems: tuple[str, ...] = ()
    mend: str = ""
    valueless: tuple[str, ...] = ()
    unread: str = ""


@dataclass(frozen=True, slots=True)
class ClusterSeen:
    """`problem` "": the API server answered."""

    problem: str = ""
    refused: tuple[AccessSeen, ...] = ()
    kinds: tuple[KindSeen, ...] = ()
    objects: tuple[ObjectSeen, ...] | None = None
    app_page: str = ""


def cluster_findings(seen: ClusterSeen) -> Iterator[Finding]:
    """Everything that is missing there."""
    if seen.problem:
        yield _missing(
            seen.problem,
            "the bot does not know what is deployed, and refreshes nothing",
            "in the cluster: kubectl apply -k manifests/overlays/cluster-wide; elsewhere set "
            "LOTUS_KUBECONFIG",
        )
        return
    for kind in seen.kinds:
        yield from _kind(kind)
    for access in seen.refused:
        yield _access(access)
    if seen.objects == ():
        yield _missing(
            "there is no Terraform object",
            "the bot finds what to look after from these objects, and there is none",
            "kubectl get terraforms --all-namespaces; LOTUS_NAMESPACES says where the bot looks",
        )
    for item in seen.objects or ():
        yield from _object(item, seen.app_page)


def _kind(kind: KindSeen) -> Iterator[Finding]:
    if not kind.served:
        yield _missing(
            f"the kind {kind.resource} is not there",
            f"{kind.whose} brings it, and the bot finds nothing without",
            f"install {kind.whose}; kubectl get crd {kind.resource}",
        )
    elif kind.version not in kind.served:
        yield _missing(
            f"{kind.resource} is served as {', '.join(kind.served)}, and not as {kind.version}",
            "the bot reads and writes that version",
            f"bring {kind.whose} to a version that serves {kind.version}",
        )


def _access(access: AccessSeen) -> Finding:
    where = f"in the namespace {access.namespace}" if access.namespace else "in all namespaces"
    named = f" {_some(access.names)}" if access.names else ""
    overlay = "namespaced" if access.namespace else "cluster-wide"
    return Finding(
        AREA,
        Level.ADVICE if access.loss else Level.MISSING,
        f"not allowed: {access.verb} {access.resource}{named} {where}",
        f"the bot {access.why}" + (f"; without it {access.loss}" if access.loss else ""),
        f"kubectl apply -k manifests/overlays/{overlay}" if access.fixed else _GRANT,
    )


def _object(item: ObjectSeen, app_page: str) -> Iterator[Finding]:
    if item.other_kind:
        yield Finding(
            AREA,
            Level.ADVICE,
            f"Terraform {item.name}: {item.unfollowed}",
            "no pull request can be told what it changes there",
            item.mend,
        )
    elif item.unfollowed:
        yield _missing(
            f"Terraform {item.name}: {item.unfollowed}",
            "no pull request can be told what it changes there",
            f"{item.mend} kubectl describe terraform -n {item.name.replace('/', ' ')}",
        )
    elif not item.installed:
        yield _missing(
            f"Terraform {item.name}: the App is not installed on {item.repository}",
            "its pull requests are not seen",
            f"install it: {app_page or 'the page of the App'}/installations/new",
        )
    for reference in item.references:
        yield _reference(item.name, reference)
    yield from _variables(item)
    for problem in item.problems:
        yield _missing(
            f"Terraform {item.name}: {problem}",
            "predictions compare with the base branch instead of the state",
            f"kubectl describe terraform -n {item.name.replace('/', ' ')}",
        )


def _variables(item: ObjectSeen) -> Iterator[Finding]:
    for words in item.valueless:
        yield _missing(
            f"Terraform {item.name}: {words}",
            "the controller cannot plan, and neither can a prediction",
            "give it in the Secret or ConfigMap of spec.varsFrom, in spec.vars, or by a default",
        )
    if item.unread:
        yield Finding(
            AREA,
            Level.ADVICE,
            f"Terraform {item.name}: its module could not be read: {item.unread}",
            "whether each of its variables has a value is not known",
            "its branch has to be there, and the App to have the permission contents: read",
        )


def _reference(owner: str, reference: ReferenceSeen) -> Finding:
    namespace = owner.partition("/")[0]
    what = f"{reference.kind} {namespace}/{reference.name}"
    if not reference.keys:
        return _missing(
            f"Terraform {owner}: its {what} (varsFrom) is not there",
            "the controller cannot plan, and its variables have no value",
            f"kubectl create {_CREATE[reference.kind]} -n {namespace} {reference.name} …",
        )
    return _missing(
        f"Terraform {owner}: {what} has no key {_some(reference.keys)} (varsKeys)",
        "the variable gets an empty value"
        if reference.kind == "Secret"
        else "the variable gets no value from there",
        f"kubectl edit {reference.kind.lower()} -n {namespace} {reference.name}",
    )


def _some(names: tuple[str, ...], most: int = 3) -> str:
    """The first of them, and how many more."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _missing(what: str, why: str, mend: str) -> Finding:
    return Finding(AREA, Level.MISSING, what, why, mend)
