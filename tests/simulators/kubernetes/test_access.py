"""Who may do what: RBAC, impersonation, and what a reviewer is told, on every API server."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from kubernetes.aio import client
from kubernetes_world import APPLY, TERRAFORM, Place, Refused, secret, terraform

ROLE_RULES = [
    {
        "apiGroups": [""],
        "resources": ["secrets"],
        "verbs": ["get", "watch"],
        "resourceNames": ["s"],
    },
    {
        "apiGroups": ["infra.contrib.fluxcd.io"],
        "resources": ["terraforms"],
        "verbs": ["get", "list", "patch"],
    },
    {
        "apiGroups": ["infra.contrib.fluxcd.io"],
        "resources": ["terraforms/status"],
        "verbs": ["*"],
    },
]
ANNA = {"kind": "User", "name": "anna", "apiGroup": "rbac.authorization.k8s.io"}


@asynccontextmanager
async def acting(place: Place, user: str, group: str = "") -> AsyncIterator[Place]:
    """The same namespace, in somebody's name."""
    async with client.ApiClient(copy.copy(place.api.configuration)) as api:
        api.set_default_header("Impersonate-User", user)
        if group:
            api.set_default_header("Impersonate-Group", group)
        yield Place(api, place.namespace, place.kubeconfig)


async def bind(place: Place, *subjects: dict[str, str], role_kind: str = "Role") -> None:
    rbac = client.RbacAuthorizationV1Api(place.api)
    name = f"reader-{place.namespace}"
    role = {"metadata": {"name": name}, "rules": ROLE_RULES}
    if role_kind == "Role":
        await rbac.create_namespaced_role(place.namespace, role)
    else:
        await rbac.create_cluster_role(role)
    binding = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": name},
        "subjects": list(subjects),
    }
    await rbac.create_namespaced_role_binding(place.namespace, binding)


async def allowed(place: Place, **attributes: Any) -> bool:
    review = {"spec": {"resourceAttributes": {"namespace": place.namespace, **attributes}}}
    api = client.AuthorizationV1Api(place.api)
    return (await api.create_self_subject_access_review(review)).status.allowed


@pytest.mark.parametrize("role_kind", ["Role", "ClusterRole"])
async def test_a_role_allows_what_it_names_and_nothing_else(place: Place, role_kind: str) -> None:
    await bind(place, ANNA, role_kind=role_kind)
    await place.create(terraform("lake"))
    for name in ("s", "t"):
        await place.create(secret(name, {"a": b"1"}))
    async with acting(place, "anna") as anna:
        await anna.get(TERRAFORM, "lake")
        await anna.list(TERRAFORM)
        await anna.patch(TERRAFORM, "lake", {"spec": {"suspend": True}})
        await anna.patch_status(TERRAFORM, "lake", {"status": {"lastPlanAt": "x"}})
        await anna.core.read_namespaced_secret("s", place.namespace)
        async with Refused(403, "Forbidden"):
            await anna.core.read_namespaced_secret("t", place.namespace)
        async with Refused(403, "Forbidden"):
            await anna.core.list_namespaced_secret(place.namespace)
        async with Refused(403, "Forbidden"):
            await anna.create(terraform("new"))
        async with Refused(403, "Forbidden"):
            await anna.delete(TERRAFORM, "lake")
        async with Refused(403, "Forbidden"):
            await anna.custom.list_cluster_custom_object(*TERRAFORM)
        async with Refused(403, "Forbidden"):
            await anna.patch(TERRAFORM, "new", terraform("new"), media=APPLY, field_manager="a")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"verb": "get", "resource": "secrets", "name": "s"}, True),
        ({"verb": "get", "resource": "secrets", "name": "t"}, False),
        ({"verb": "get", "resource": "secrets"}, False),
        ({"verb": "list", "resource": "secrets"}, False),
        ({"verb": "list", "resource": "terraforms", "group": TERRAFORM[0]}, True),
        ({"verb": "list", "resource": "terraforms"}, False),
        ({"verb": "delete", "resource": "terraforms", "group": TERRAFORM[0]}, False),
        (
            {
                "verb": "patch",
                "resource": "terraforms",
                "subresource": "status",
                "group": TERRAFORM[0],
            },
            True,
        ),
        ({"verb": "list", "resource": "terraforms", "group": TERRAFORM[0], "namespace": ""}, False),
    ],
    ids=str,
)
async def test_a_review_answers_as_the_request_would_be(
    place: Place, asked: dict[str, str], answer: bool
) -> None:
    await bind(place, ANNA)
    async with acting(place, "anna") as anna:
        assert await allowed(anna, **asked) is answer


async def test_groups_and_service_accounts_are_bound_too(place: Place) -> None:
    crew = {"kind": "Group", "name": "crew", "apiGroup": "rbac.authorization.k8s.io"}
    bot = {"kind": "ServiceAccount", "name": "bot", "namespace": place.namespace}
    await bind(place, crew, bot)
    await place.create(terraform("lake"))
    async with acting(place, "rita", "crew") as rita:
        await rita.get(TERRAFORM, "lake")
    async with acting(place, f"system:serviceaccount:{place.namespace}:bot") as account:
        await account.get(TERRAFORM, "lake")
    async with acting(place, "rita") as rita, Refused(403, "Forbidden"):
        await rita.get(TERRAFORM, "lake")


async def test_watching_one_secret_by_name_is_allowed_by_its_name(place: Place) -> None:
    await bind(place, ANNA)

    async def watching(anna: Place, **options: str) -> int:
        answer = await anna.core.list_namespaced_secret_without_preload_content(
            place.namespace, watch=True, timeout_seconds=1, **options
        )
        await answer.read()
        return answer.status

    async with acting(place, "anna") as anna:
        assert await watching(anna, field_selector="metadata.name=s") == 200
        assert await watching(anna) == 403


async def test_only_who_may_impersonate_does(place: Place) -> None:
    await bind(place, ANNA)
    async with acting(place, "anna") as anna:
        assert not await allowed(anna, verb="impersonate", resource="users", name="adam")


async def test_an_unknown_token_is_nobody(place: Place) -> None:
    configuration = copy.deepcopy(place.api.configuration)
    configuration.api_key = {"BearerToken": "Bearer wrong"}
    async with client.ApiClient(configuration) as api, Refused(401, "Unauthorized"):
        await Place(api, place.namespace, place.kubeconfig).list(TERRAFORM)
