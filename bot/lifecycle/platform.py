"""Which repository, branch and folder a Terraform object applies. PURE.

A GitRepository's URL is compared with GitHub's `owner/name`: over HTTPS or SSH, with or without
`.git`, with a user or a port, in any case, for GitHub Enterprise and simulators alike.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
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
    def var_files(self) -> tuple[str, ...]:
        """The files of the repository that give the module its variables, later ones win."""
        return self.terraform.var_files

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


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """A Terraform object that no branch's tip can be told of: `why`, and what `mend`s it.

    `source` is its GitRepository, as far as that can be seen.
    """

    terraform: Terraform
    source: Source | None
    why: str
    mend: str

    @property
    def repository(self) -> str | None:
        """`owner/name`, lower case, None where that is not known."""
        return repository_of(self.source.url) if self.source else None


def deployment(
    terraform: Terraform, source: Source | None, *, looked_at: bool = True
) -> Deployment | Unfollowed:
    """Both together, or why they cannot be followed.

    `looked_at`: whether a source in that namespace would be seen.
    """
    if terraform.source_kind != "GitRepository":
        return _of_another_kind(terraform)
    if source is None and not looked_at:
        return unseen(terraform)
    if source is None:
        why = f"its source GitRepository {terraform.source} is not there"
        return Unfollowed(terraform, None, why, "The controller plans nothing before it is.")
    repository = repository_of(source.url)
    if repository is None:
        why = f"the URL of GitRepository {source.name} names no repository"
        return Unfollowed(terraform, source, why, "Mend its `spec.url`.")
    if source.branch is None:
        why = f"GitRepository {source.name} follows {source.ref}, no branch: a merge moves nothing"
        return Unfollowed(terraform, source, why, _moved_by(source.ref))
    return Deployment(terraform, source, repository, source.branch)


def beside(
    made: Iterable[Deployment | Unfollowed], repository: str, installed: Collection[str]
) -> tuple[Unfollowed, ...]:
    """What cannot be followed and is to be told of in `repository` (all names in lower case).

    That is its own objects; and in the namespaces of those, the ones that belong to no repository
    where anybody could ask: whose is not known, or not among the `installed`.
    """
    items = tuple(made)
    places = {i.terraform.name.namespace for i in items if i.repository == repository}
    found = []
    for item in items:
        anywhere = item.repository in installed
        if item.repository != repository and (
            anywhere or item.terraform.name.namespace not in places
        ):
            continue
        if isinstance(item, Unfollowed):
            found.append(item)
        elif not anywhere:
            found.append(_not_installed(item))
    return tuple(found)


def unseen(terraform: Terraform) -> Unfollowed:
    """Its source is in a namespace that is not looked at."""
    place = terraform.source.namespace
    why = f"its source GitRepository {terraform.source} is in a namespace that is not looked at"
    mend = f"Add {place} to LOTUS_NAMESPACES, with the same Role there."
    return Unfollowed(terraform, None, why, mend)


def _of_another_kind(terraform: Terraform) -> Unfollowed:
    kind = terraform.source_kind or "source of no kind"
    return Unfollowed(
        terraform,
        None,
        f"its source is a {kind}, no GitRepository: which commit it is cannot be known",
        "What the controller says of it is all that I know. Only a GitRepository that follows a "
        "branch tells which pull request is applied.",
    )


def _moved_by(ref: str) -> str:
    """What moves a source that follows no branch; `ref` is in words, its deciding part first."""
    if "name" in ref:
        return "What it follows is told as far as it is fetched; it moves with that reference."
    if "commit" not in ref and "semver" in ref:
        return "What it follows is told as far as it is fetched; the next tag that fits moves it."
    return "What it follows is told as far as it is fetched; only a new `spec.ref` moves it."


def _not_installed(made: Deployment) -> Unfollowed:
    """The repository itself is not named: it may be one that the reader does not know of."""
    why = f"the repository of its GitRepository {made.source.name} is not one that the App sees"
    return Unfollowed(made.terraform, made.source, why, "Install the App there too.")
