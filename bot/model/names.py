"""Which Secrets, ConfigMaps, Leases and Pods belong to a Terraform object, by name. Pure.

RBAC cannot restrict a list by name, so nothing is listed: all names follow from the object.
`facts/tofu-controller.md` has the forms of names, of a stored plan's chunks too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.model.cluster import ObjectName, kept_state, state_parts, terraform_from
from bot.model.plan_copy import POOL, chunked, left_behind, stored_names


@dataclass(frozen=True, slots=True)
class Names:
    """What is read by name in one namespace; each sorted, none twice.

    `states` and `copies` are those of the Secrets that a rebuild deletes, and makes; `plans` are
    those that plan-only copies leave behind; in `sync_states` sync states are saved before a merge.
    """

    secrets: tuple[str, ...] = ()
    config_maps: tuple[str, ...] = ()
    leases: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    sync_states: tuple[str, ...] = ()


def saved_sync_states(name: ObjectName) -> str:
    """The Secret for the sync states of connections that an open pull request would replace."""
    return f"lotus-sync-state-{name.name}"


def variable_references(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """`spec.varsFrom` of a Terraform object's JSON; entries of another shape are left out."""
    spec = item.get("spec")
    references = spec.get("varsFrom") if isinstance(spec, Mapping) else None
    return [
        entry
        for entry in (references if isinstance(references, list) else ())
        if isinstance(entry, Mapping) and entry.get("kind") in ("Secret", "ConfigMap")
        if isinstance(entry.get("name"), str) and entry["name"]
    ]


def names_of(items: Iterable[Mapping[str, Any]]) -> Names:
    """Everything that these Terraform objects of one namespace make the bot read by name."""
    each = [_names(item) for item in items]
    return Names(
        _together(names.secrets for names in each),
        _together(names.config_maps for names in each),
        _together(names.leases for names in each),
        _together(names.pods for names in each),
        _together(names.states for names in each),
        _together(names.copies for names in each),
        _together(names.plans for names in each),
        _together(names.sync_states for names in each),
    )


def _names(item: Mapping[str, Any]) -> Names:
    terraform, workspace = terraform_from(item), _workspace(item)
    name = terraform.name.name
    given: dict[str, list[str]] = {"Secret": [], "ConfigMap": []}
    for reference in variable_references(item):
        given[reference["kind"]].append(reference["name"])
    return Names(
        secrets=(
            *state_parts(terraform.state),
            kept_state(terraform.name),
            saved_sync_states(terraform.name),
            *_plans(workspace),
            *_own_plan(item, workspace, name),
            *given["Secret"],
        ),
        config_maps=(*chunked(f"tfplan-{workspace}-{name}"), *given["ConfigMap"]),
        leases=(terraform.lock,),
        pods=(f"{name}-tf-runner",),
        states=(terraform.state,),
        copies=(kept_state(terraform.name),),
        plans=tuple(name for copy in POOL for name in left_behind(workspace, copy)),
        sync_states=(saved_sync_states(terraform.name),),
    )


def _together(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for each in names for name in each}))


def _workspace(item: Mapping[str, Any]) -> str:
    spec = item.get("spec")
    return str((spec.get("workspace") if isinstance(spec, Mapping) else None) or "default")


def _plans(workspace: str) -> list[str]:
    """The readable plans of the plan-only copies."""
    return [name for copy in POOL for name in stored_names(workspace, copy)]


def _own_plan(item: Mapping[str, Any], workspace: str, name: str) -> tuple[str, ...]:
    """The plan that was applied, where it is stored in JSON; for people it is a ConfigMap."""
    spec = item.get("spec")
    form = spec.get("storeReadablePlan") if isinstance(spec, Mapping) else None
    return stored_names(workspace, name) if form == "json" else ()
