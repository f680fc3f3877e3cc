"""A real API server as a stage: the same hands as the simulated one has, over HTTP.

What the last test left there is cleared away first; finalizers go by hand, for who would honour
them is gone with that test.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import urllib3
from api_server import ADMIN, ApiServer, shared
from audit import Asked

from bot.simulators.flux import manifests
from bot.simulators.kubernetes import kinds

Json = dict[str, Any]
NAMESPACES = (manifests.NAMESPACE, manifests.SOURCE_NAMESPACE)
ACCOUNTS = (
    "system:serviceaccount:lotus-bot:lotus-bot",
    f"system:serviceaccount:{manifests.NAMESPACE}:lotus-bot",
)
CLUSTER_WIDE, NAMESPACED = "token-0", "token-1"
"""Tokens of the bot's ServiceAccount as each overlay has it."""
_LEFT = ("Terraform", "GitRepository", "Secret", "ConfigMap", "Lease", "Pod", "Event")
_SERVERS_OWN = ("kube-system", "kube-public", "kube-node-lease")
_SERVERS_FIELDS = ("resourceVersion", "uid", "generation", "creationTimestamp", "managedFields")
_ACCOUNTS_GROUP = "system:serviceaccounts"
_REVIEWS = "authorization.k8s.io/v1"
_MERGE, _APPLY = "application/merge-patch+json", "application/apply-patch+yaml"


class RealCluster:
    """Calls block for some milliseconds: the server is another process.

    `installed` is what the bot has been given there (`grounds`).
    """

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.installed: tuple[Json, ...] = ()
        self._http = urllib3.PoolManager(ca_certs=str(server.folder / "apiserver.crt"))

    def kubeconfig(self, path: Path, *, token: str = "") -> Path:
        return Path(shutil.copy(self.server.kubeconfig(token or ADMIN), path))

    def put(self, item: Mapping[str, Any]) -> Json:
        """Make an object be like this, its status too where there is one."""
        metadata = {k: v for k, v in item["metadata"].items() if k not in _SERVERS_FIELDS}
        path = _path(item["kind"], metadata.get("namespace", ""), metadata["name"])
        version = kinds.named(item["kind"]).api_version()
        body = {k: v for k, v in item.items() if k != "status"}
        body |= {"apiVersion": version, "metadata": metadata}
        made = self._call("PATCH", f"{path}?fieldManager=hand&force=true", body, _APPLY)
        if "status" in item:
            made = self._call("PATCH", f"{path}/status", {"status": item["status"]}, _MERGE)
        return made

    def get(self, kind: str, namespace: str, name: str) -> Json:
        """An object; raises `LookupError`."""
        return self._call("GET", _path(kind, namespace, name))

    def list(self, kind: str, namespace: str = "") -> list[Json]:
        """All of a kind, in one namespace or in all."""
        return list(self._call("GET", _path(kind, namespace))["items"])

    def patch(self, kind: str, namespace: str, name: str, patch: Mapping[str, Any]) -> Json:
        """Merge into an object, its status included; None removes."""
        path = _path(kind, namespace, name)
        if "status" in patch:
            self._call("PATCH", f"{path}/status", patch, _MERGE)
        return self._call("PATCH", path, patch, _MERGE)

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """Gone at once, whatever its finalizers."""
        path = _path(kind, namespace, name)
        self._call("DELETE", path)
        if self._there(path):
            self._call("PATCH", path, {"metadata": {"finalizers": None}}, _MERGE)

    def hear(self) -> None:
        """Wait for an answer, out of etcd."""
        self.get("Namespace", "", NAMESPACES[0])

    def may(self, user: str, asked: Asked) -> bool:
        """Whether a ServiceAccount is allowed that, by a SubjectAccessReview."""
        resource, _, part = asked.resource.partition("/")
        attributes = {"resource": resource, "subresource": part, "verb": asked.verb}
        attributes |= {"group": asked.group, "namespace": asked.namespace, "name": asked.name}
        spec = {"user": user, "groups": [_ACCOUNTS_GROUP], "resourceAttributes": attributes}
        review = {"apiVersion": _REVIEWS, "kind": "SubjectAccessReview", "spec": spec}
        answer = self._call("POST", f"/apis/{_REVIEWS}/subjectaccessreviews", review)
        return bool(answer["status"]["allowed"])

    def clear(self) -> None:
        """Nothing of a test before is there, in whatever namespace: the bot would look at it."""
        for namespace in NAMESPACES:
            self.put({"kind": "Namespace", "metadata": {"name": namespace}})
        for kind in _LEFT:
            for item in self.list(kind):
                place = item["metadata"]["namespace"], item["metadata"]["name"]
                if place[0] not in _SERVERS_OWN:
                    self.delete(kind, *place)

    def _there(self, path: str) -> bool:
        try:
            self._call("GET", path)
        except LookupError:
            return False
        return True

    def _call(
        self, method: str, path: str, body: object = None, media: str = "application/json"
    ) -> Json:
        headers = {"Authorization": f"Bearer {ADMIN}", "Content-Type": media}
        data = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
        answer = self._http.request(method, self.server.url + path, body=data, headers=headers)
        if answer.status == 404:
            raise LookupError(f"{path} is not there")
        assert answer.status < 400, answer.data.decode()
        return dict(json.loads(answer.data))


def real_cluster() -> RealCluster:
    """The one that all tests of this process share, cleared."""
    found = cluster()
    found.clear()
    return found


@cache
def cluster() -> RealCluster:
    """The same, as it is."""
    return RealCluster(shared(*ACCOUNTS))


def _path(kind: str, namespace: str, name: str = "") -> str:
    found = kinds.named(kind)
    root = "/apis/" if found.group else "/api/"
    space = f"/namespaces/{namespace}" if found.namespaced and namespace else ""
    return f"{root}{found.api_version()}{space}/{found.plural}" + (f"/{name}" if name else "")
