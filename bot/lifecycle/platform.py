"""Which repository, branch and folder a Terraform object applies. PURE.

A GitRepository's URL is compared with GitHub's `owner/name`: over HTTPS or SSH, with or without
`.git`, with a user or a port, in any case, for GitHub Enterprise and simulators alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.model.cluster import Source, Terraform

_SCP = re.compile(r"^(?:[^@/]+@)?([^:/]+):(?!//)(.+)$")
_URL = re.compile(r"^[a-z+]+://(?:[^@/]+@)?([^/]+)/(.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A Terraform object with its source: `module` of `repository`, from `branch`."""

    terraform: Terraform
    source: Source
    repository: str
    branch: str

    @property
    def module(self) -> str:
        """The folder of the root module, "" for the repository's root."""
        return self.terraform.path

    @property
    def title(self) -> str:
        """How people call it."""
        return self.terraform.name.name


def repository_of(url: str) -> str | None:
    """`owner/name`, lower case, None where the URL has no such path."""
    found = _URL.match(url) or _SCP.match(url)
    if found is None:
        return None
    parts = found.group(2).strip("/").removesuffix(".git").split("/")
    return "/".join(parts[-2:]).lower() if len(parts) >= 2 else None


def deployment(terraform: Terraform, source: Source | None) -> Deployment | str:
    """Both together, or why they cannot be followed, in words."""
    if terraform.source_kind != "GitRepository":
        kind = terraform.source_kind or "source of no kind"
        return f"its source is a {kind}, no GitRepository: which commit it is cannot be known"
    if source is None:
        return f"its source GitRepository {terraform.source} is not there"
    repository = repository_of(source.url)
    if repository is None:
        return f"the URL of GitRepository {source.name} names no repository"
    if source.branch is None:
        return f"GitRepository {source.name} follows {source.ref}, no branch: a merge moves nothing"
    return Deployment(terraform, source, repository, source.branch)
