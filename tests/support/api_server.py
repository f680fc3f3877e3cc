"""A real kube-apiserver with its etcd on loopback, for the tests marked `cluster`.

From KUBEBUILDER_ASSETS, as is customary, else from where `scripts/envtest` installs it. Without
controllers: no garbage is collected, no namespace ever goes, no Deployment becomes Pods.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.simulators.kubernetes.definitions import definitions

ROOT = Path(__file__).parents[2]
ADMIN = "admin-token"
_PATIENCE = 60.0


@dataclass(frozen=True)
class ApiServer:
    """Where it is, and how to be somebody there: by the token of `ADMIN`, or another one."""

    url: str
    folder: Path
    tokens: Path

    def kubeconfig(self, token: str = ADMIN) -> Path:
        """A kubeconfig that leads here with that token."""
        cluster = {"server": self.url, "certificate-authority": str(self.folder / "apiserver.crt")}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "real",
            "clusters": [{"name": "real", "cluster": cluster}],
            "contexts": [{"name": "real", "context": {"cluster": "real", "user": "real"}}],
            "users": [{"name": "real", "user": {"token": token}}],
        }
        path = self.folder / f"kubeconfig-{token}"
        path.write_text(yaml.safe_dump(config))
        return path

    def kubectl(
        self, *arguments: str, given: object = None, as_token: str = ADMIN
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl; `given` is an object, or a list of them, for `-f -`."""
        items = given if isinstance(given, list) else [given]
        return subprocess.run(
            ["kubectl", f"--kubeconfig={self.kubeconfig(as_token)}", *arguments],
            input=yaml.safe_dump_all(items) if given is not None else None,
            capture_output=True,
            text=True,
        )


@cache
def shared(*accounts: str) -> ApiServer:
    """One for all tests of this process that leave nothing behind but in namespaces of their own."""
    stack = ExitStack()
    atexit.register(stack.close)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
    return stack.enter_context(api_server(folder, accounts))


@contextmanager
def api_server(folder: Path, accounts: Sequence[str] = ()) -> Iterator[ApiServer]:
    """Running, with the custom kinds; `accounts` are user names whose token is `token-<index>`."""
    assets = _assets()
    with ExitStack() as stack:
        etcd, peer, port = _ports(3)
        _run(stack, [assets / "etcd", *_etcd(folder, etcd, peer)], folder / "etcd.log")
        tokens = folder / "tokens.csv"
        lines = [f'{ADMIN},admin,0,"system:masters"']
        lines += [_token(index, name) for index, name in enumerate(accounts)]
        tokens.write_text("\n".join(lines) + "\n")
        server = [assets / "kube-apiserver", *_flags(folder, etcd, port, tokens)]
        _run(stack, server, folder / "apiserver.log")
        here = ApiServer(f"https://127.0.0.1:{port}", folder, tokens)
        _wait(here)
        done = here.kubectl("apply", "--server-side", "-f", "-", given=_kinds())
        assert done.returncode == 0, done.stderr
        waited = here.kubectl("wait", "--for=condition=Established", "crd", "--all")
        assert waited.returncode == 0, waited.stderr
        yield here


def _token(index: int, name: str) -> str:
    group = "system:serviceaccounts" if name.startswith("system:serviceaccount:") else ""
    return f"token-{index},{name},{index + 1},{group}"


def _assets() -> Path:
    given = os.environ.get("KUBEBUILDER_ASSETS")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lotus-bot"
    found = [Path(given)] if given else sorted(cache.glob("envtest-*"))
    if not found or not (found[-1] / "kube-apiserver").exists():
        raise LookupError("no kube-apiserver: run scripts/envtest, or set KUBEBUILDER_ASSETS")
    return found[-1]


def _etcd(folder: Path, client: int, peer: int) -> list[str]:
    clients, peers = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
    ]


def _flags(folder: Path, etcd: int, port: int, tokens: Path) -> list[str]:
    key = folder / "accounts.key"
    key.write_bytes(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return [
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        f"--cert-dir={folder}",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=RBAC",
        f"--token-auth-file={tokens}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--disable-admission-plugins=ServiceAccount",
        "--endpoint-reconciler-type=none",
        f"--audit-policy-file={_audit_policy(folder)}",
        f"--audit-log-path={folder / 'audit.log'}",
    ]


def _audit_policy(folder: Path) -> Path:
    """Every request of a ServiceAccount is written down, with what became of it."""
    accounts = {"level": "Metadata", "userGroups": ["system:serviceaccounts"]}
    policy = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [accounts, {"level": "None"}],
    }
    path = folder / "audit-policy.yaml"
    path.write_text(yaml.safe_dump(policy))
    return path


def _kinds() -> list[dict[str, object]]:
    return [{k: v for k, v in item.items() if k != "status"} for item in definitions()]


def _ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


def _run(stack: ExitStack, command: Sequence[object], log: Path) -> None:
    output = stack.enter_context(log.open("wb"))
    words = [*_mortal(), *(str(word) for word in command)]
    process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT)
    stack.callback(process.wait)
    stack.callback(process.kill)


def _mortal() -> list[str]:
    """What makes a server end with the tests, also where these are killed."""
    found = shutil.which("setpriv")
    return [found, "--pdeathsig", "KILL"] if found else []


def _wait(server: ApiServer) -> None:
    """Until it is ready; raises `TimeoutError` with where its log is."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(
        f"{server.url}/readyz", headers={"Authorization": f"Bearer {ADMIN}"}
    )
    bell, ends = threading.Event(), time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(request, context=context, timeout=5):
                return
        except OSError:
            bell.wait(0.1)
    raise TimeoutError(f"the API server is not ready: {server.folder / 'apiserver.log'}")
