"""The cluster, observed: what we may, what is served, and each Terraform object's surroundings.

Of a Secret only the names of its keys are kept, and never longer than for a comparison.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from bot.clients.errors import ClientError, Forbidden, NotFound, Refused
from bot.clients.kubernetes.access import Access, Attempt
from bot.clients.kubernetes.cluster import GIT_REPOSITORY, TERRAFORM, Cluster, Resource
from bot.clients.kubernetes.permissions import RULES, Rule, named
from bot.lifecycle.diagnosis import (
    AccessSeen,
    ClusterSeen,
    KindSeen,
    ObjectSeen,
    ReferenceSeen,
)
from bot.lifecycle.platform import Deployment, deployment
from bot.model.cluster import Source, source_from, terraform_from
from bot.model.names import Names, names_of, variable_references
from bot.model.plan_copy import is_copy
from bot.runtime.examination.modules import ModuleExaminer
from bot.runtime.observe.inputs import read_state, read_variables

Json = dict[str, Any]

_KINDS = ((TERRAFORM, "tofu-controller"), (GIT_REPOSITORY, "Flux's source-controller"))


@dataclass(frozen=True, slots=True)
class Eyes:
    """What it looks with; `namespaces` () means all. `repositories`: those that the App sees,
    lower case, None where GitHub could not tell; `modules` reads what is in them."""

    cluster: Cluster
    access: Access
    namespaces: tuple[str, ...]
    repositories: Collection[str] | None = None
    app_page: str = ""
    modules: ModuleExaminer | None = None


async def observe_cluster(eyes: Eyes) -> ClusterSeen:
    """Everything there; an API server that does not answer is a problem, in words."""
    try:
        kinds = [
            KindSeen(str(kind), kind.version, await eyes.access.versions(kind), whose)
            for kind, whose in _KINDS
        ]
        refused = await _refused_everywhere(eyes)
        items = await terraforms(eyes)
        if items is None:
            return ClusterSeen(refused=tuple(refused), kinds=tuple(kinds))
        refused += await _refused_by_name(eyes, items)
        sources = await _sources(eyes)
        objects = [await _object(eyes, item, sources) for item in items]
    except ClientError as error:
        return ClusterSeen(problem=str(error))
    return ClusterSeen("", tuple(refused), tuple(kinds), tuple(objects), eyes.app_page)


async def terraforms(eyes: Eyes) -> list[Json] | None:
    """Every Terraform object by namespace and name, None where that is not ours to see."""
    return await _list(eyes, TERRAFORM)


def by_namespace(items: Sequence[Json]) -> dict[str, Names]:
    """What is read by name in each namespace."""
    ordered = sorted(items, key=_namespace)
    return {place: names_of(list(found)) for place, found in groupby(ordered, key=_namespace)}


async def _list(eyes: Eyes, resource: Resource) -> list[Json] | None:
    found: list[Json] = []
    for namespace in eyes.namespaces or (None,):
        try:
            items = (await eyes.cluster.list(resource, namespace)).items
            found += [item for item in items if not is_copy(item)]
        except (Forbidden, NotFound):
            return None
    return sorted(found, key=lambda item: (_namespace(item), item["metadata"]["name"]))


async def _refused_everywhere(eyes: Eyes) -> list[AccessSeen]:
    return [
        _seen(rule, verb, namespace, rule.only)
        for rule in RULES
        if not rule.named
        for namespace in eyes.namespaces or ("",)
        for verb in rule.verbs
        if not await _allowed(eyes.access, rule, verb, namespace)
    ]


async def _allowed(access: Access, rule: Rule, verb: str, namespace: str) -> bool:
    """For each of the names, where a rule is for these only."""
    for name in rule.only or ("",):
        if not await access.allows(Attempt(verb, rule.group, rule.resource, namespace, name)):
            return False
    return True


async def _refused_by_name(eyes: Eyes, items: Sequence[Json]) -> list[AccessSeen]:
    found = []
    for namespace, names in by_namespace(items).items():
        for rule in RULES:
            for verb in rule.verbs if rule.named else ():
                lacking = await _lacking(eyes.access, rule, verb, namespace, names)
                if lacking:
                    found.append(_seen(rule, verb, namespace, lacking))
    return found


async def _lacking(
    access: Access, rule: Rule, verb: str, namespace: str, names: Names
) -> tuple[str, ...]:
    attempts = [Attempt(verb, rule.group, rule.resource, namespace, n) for n in named(rule, names)]
    return tuple([attempt.name for attempt in attempts if not await access.allows(attempt)])


def _seen(rule: Rule, verb: str, namespace: str, names: tuple[str, ...] = ()) -> AccessSeen:
    fixed = not rule.named
    return AccessSeen(verb, str(rule), namespace, rule.why, rule.loss, names, fixed)


async def _sources(eyes: Eyes) -> dict[tuple[str, str], Source] | None:
    items = await _list(eyes, GIT_REPOSITORY)
    if items is None:
        return None
    return {(_namespace(item), item["metadata"]["name"]): source_from(item) for item in items}


async def _object(
    eyes: Eyes, item: Json, sources: Mapping[tuple[str, str], Source] | None
) -> ObjectSeen:
    terraform = terraform_from(item)
    references = await _references(eyes.cluster, item)
    state = await _state(eyes, item)
    name = str(terraform.name)
    if sources is None:  # that they cannot be listed is told by itself
        return ObjectSeen(name, references=references, problems=state)
    place = (terraform.source.namespace, terraform.source.name)
    looked_at = not eyes.namespaces or terraform.source.namespace in eyes.namespaces
    made = deployment(terraform, sources.get(place), looked_at=looked_at)
    if not isinstance(made, Deployment):
        other = terraform.source_kind != "GitRepository"
        return ObjectSeen(
            name, made.why, other, references=references, problems=state, mend=made.mend
        )
    installed = eyes.repositories is None or made.repository in eyes.repositories
    valueless = await _valueless(eyes, made, item)
    seen = ObjectSeen(
        name,
        repository=made.repository,
        installed=installed,
        references=references,
        problems=state,
    )
    if isinstance(valueless, str):
        return replace(seen, unread=valueless)
    return replace(seen, valueless=valueless)


async def _valueless(eyes: Eyes, made: Deployment, item: Json) -> tuple[str, ...] | str:
    if eyes.modules is None:
        return ()
    return await eyes.modules.valueless(made, await read_variables(eyes.cluster, item))


async def _references(cluster: Cluster, item: Json) -> tuple[ReferenceSeen, ...]:
    """Those entries of `varsFrom` that give no value; what we may not read is told elsewhere."""
    found = []
    for reference in variable_references(item):
        kind, name = reference["kind"], reference["name"]
        try:
            keys = await _keys(cluster, kind, _namespace(item), name)
        except NotFound:
            if not reference.get("optional"):
                found.append(ReferenceSeen(kind, name))
                continue
            keys = frozenset()
        except Refused:
            continue
        lacking = tuple(key for key in _wanted(reference) if key not in keys)
        if lacking:
            found.append(ReferenceSeen(kind, name, lacking))
    return tuple(found)


async def _keys(cluster: Cluster, kind: str, namespace: str, name: str) -> frozenset[str]:
    if kind == "ConfigMap":
        return frozenset(await cluster.config_map(namespace, name))
    return frozenset(await cluster.secret(namespace, name))


def _wanted(reference: Mapping[str, Any]) -> list[str]:
    """The keys named by `varsKeys`, of which `old:new` renames one."""
    keys = reference.get("varsKeys")
    return [str(key).partition(":")[0] for key in (keys if isinstance(keys, list) else ())]


async def _state(eyes: Eyes, item: Json) -> tuple[str, ...]:
    """What is wrong with the state's Secret. None yet is nothing wrong; that it may not be read is
    told elsewhere."""
    secret = terraform_from(item).state
    if not await eyes.access.allows(Attempt("get", "", "secrets", _namespace(item), secret)):
        return ()
    stored = await read_state(eyes.cluster, item)
    return (stored.problem,) if stored.problem else ()


def _namespace(item: Json) -> str:
    return str(item["metadata"].get("namespace") or "")
