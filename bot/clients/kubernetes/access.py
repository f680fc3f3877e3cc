"""What this identity may do, and which kinds are served: questions that everybody may ask.

An edge. https://kubernetes.io/docs/reference/access-authn-authz/authorization/
"""

from __future__ import annotations

from dataclasses import dataclass

from kubernetes.aio import client

from bot.clients.errors import NotFound
from bot.clients.kubernetes.cluster import Resource, translated


@dataclass(frozen=True, slots=True)
class Attempt:
    """A verb on a resource (`plural` or `plural/subresource`); "" for all namespaces or names."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


class Access:
    """One API server with one identity; `seconds` is the time limit of one request."""

    def __init__(self, api: client.ApiClient, seconds: float) -> None:
        self._authorization = client.AuthorizationV1Api(api)
        self._groups = client.ApisApi(api)
        self._custom = client.CustomObjectsApi(api)
        self._seconds = seconds

    async def allows(self, attempt: Attempt) -> bool:
        """Whether we may; nothing is tried (SelfSubjectAccessReview)."""
        resource, _, subresource = attempt.resource.partition("/")
        attributes = client.V1ResourceAttributes(
            verb=attempt.verb,
            group=attempt.group,
            resource=resource,
            subresource=subresource or None,
            namespace=attempt.namespace or None,
            name=attempt.name or None,
        )
        spec = client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
        review = client.V1SelfSubjectAccessReview(spec=spec)
        with translated(f"may I {attempt.verb} {attempt.resource}"):
            answer = await self._authorization.create_self_subject_access_review(
                review, _request_timeout=self._seconds
            )
            return bool(answer.status and answer.status.allowed)

    async def versions(self, resource: Resource) -> tuple[str, ...]:
        """The versions in which a kind is served, () where it is not there."""
        with translated("list of API groups"):
            groups = await self._groups.get_api_versions(_request_timeout=self._seconds)
            found = [group for group in groups.groups if group.name == resource.group]
            offered = [item.version for group in found for item in group.versions]
        return tuple([item for item in offered if await self._serves(resource, item)])

    async def _serves(self, resource: Resource, version: str) -> bool:
        try:
            with translated(f"kinds of {resource.group}/{version}"):
                listed = await self._custom.get_api_resources(
                    resource.group, version, _request_timeout=self._seconds
                )
                return any(item.name == resource.plural for item in listed.resources)
        except NotFound:
            return False
