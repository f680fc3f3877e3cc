"""The kinds that are served, and where their rules differ.

Data. Custom resources behave alike (`custom`); the built-in ones each have their ways, as their
strategies in the API server do.
"""

from __future__ import annotations

from dataclasses import dataclass

ALL_VERBS = (
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
)
_READ_ONLY = ("get", "list", "watch")
_NAMES = frozenset({"metadata.name", "metadata.namespace"})


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind. `versions`: the first is stored and preferred. `fields`: what can be selected by.

    `blind_update`: a PUT without resourceVersion is taken; `upsert`: a PUT may create.
    `counted`: there is a metadata.generation.
    """

    group: str
    versions: tuple[str, ...]
    plural: str
    name: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    custom: bool = False
    status: bool = False
    counted: bool = False
    blind_update: bool = True
    upsert: bool = False
    verbs: tuple[str, ...] = ALL_VERBS
    fields: frozenset[str] = _NAMES

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def api_version(self, version: str = "") -> str:
        """As an object writes it; the stored version unless told otherwise."""
        chosen = version or self.versions[0]
        return f"{self.group}/{chosen}" if self.group else chosen


def _custom(group: str, versions: tuple[str, ...], plural: str, name: str, *short: str) -> Kind:
    return Kind(
        group,
        versions,
        plural,
        name,
        short=short,
        custom=True,
        status=True,
        counted=True,
        blind_update=False,
    )


def _rbac(plural: str, name: str, *, namespaced: bool) -> Kind:
    return Kind("rbac.authorization.k8s.io", ("v1",), plural, name, namespaced)


GIT_REPOSITORY = _custom(
    "source.toolkit.fluxcd.io", ("v1",), "gitrepositories", "GitRepository", "gitrepo"
)
TERRAFORM = _custom(
    "infra.contrib.fluxcd.io", ("v1alpha2", "v1alpha1"), "terraforms", "Terraform", "tf"
)
NAMESPACE = Kind(
    "",
    ("v1",),
    "namespaces",
    "Namespace",
    namespaced=False,
    short=("ns",),
    status=True,
    fields=_NAMES | {"status.phase"},
)
SECRET = Kind("", ("v1",), "secrets", "Secret", fields=_NAMES | {"type"})
POD = Kind(
    "",
    ("v1",),
    "pods",
    "Pod",
    short=("po",),
    status=True,
    counted=True,
    fields=_NAMES | {"status.phase", "spec.nodeName", "spec.serviceAccountName"},
)
EVENT = Kind(
    "",
    ("v1",),
    "events",
    "Event",
    short=("ev",),
    upsert=True,
    fields=_NAMES
    | {f"involvedObject.{key}" for key in ("kind", "namespace", "name", "uid", "apiVersion")}
    | {"reason", "type", "source"},
)
LEASE = Kind("coordination.k8s.io", ("v1",), "leases", "Lease", blind_update=False, upsert=True)
CUSTOM_RESOURCE_DEFINITION = Kind(
    "apiextensions.k8s.io",
    ("v1",),
    "customresourcedefinitions",
    "CustomResourceDefinition",
    namespaced=False,
    short=("crd", "crds"),
    status=True,
    counted=True,
    verbs=_READ_ONLY,
)
SELF_SUBJECT_ACCESS_REVIEW = Kind(
    "authorization.k8s.io",
    ("v1",),
    "selfsubjectaccessreviews",
    "SelfSubjectAccessReview",
    namespaced=False,
    verbs=("create",),
)
ROLE = _rbac("roles", "Role", namespaced=True)
ROLE_BINDING = _rbac("rolebindings", "RoleBinding", namespaced=True)
CLUSTER_ROLE = _rbac("clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDING = _rbac("clusterrolebindings", "ClusterRoleBinding", namespaced=False)

KINDS = (
    NAMESPACE,
    SECRET,
    Kind("", ("v1",), "configmaps", "ConfigMap", short=("cm",)),
    EVENT,
    POD,
    Kind("", ("v1",), "serviceaccounts", "ServiceAccount", short=("sa",)),
    CUSTOM_RESOURCE_DEFINITION,
    SELF_SUBJECT_ACCESS_REVIEW,
    LEASE,
    ROLE,
    ROLE_BINDING,
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    TERRAFORM,
    GIT_REPOSITORY,
)


def served(group: str, version: str, plural: str) -> Kind | None:
    """The kind at a path, None where nothing is served."""
    for kind in KINDS:
        if kind.plural == plural and kind.group == group and version in kind.versions:
            return kind
    return None


def named(name: str) -> Kind:
    """By kind or plural (`Terraform`, `terraforms`); raises `LookupError`."""
    for kind in KINDS:
        if name in (kind.name, kind.plural):
            return kind
    raise LookupError(f"no kind {name!r} is served; served are {', '.join(k.name for k in KINDS)}")
