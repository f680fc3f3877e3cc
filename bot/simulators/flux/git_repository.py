"""One pass of source-controller over one GitRepository, as a generator of steps. No I/O.

A simulator: imports nothing of the bot. Order and wording are the recorded controller's.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.simulators.flux import durations
from bot.simulators.flux.conditions import Conditions, find
from bot.simulators.flux.custom_object import CustomObject, Json
from bot.simulators.flux.sources import Found, Ref
from bot.simulators.flux.steps import Again, Finalizer, Save, Say
from bot.simulators.flux.terraform import REQUEST

FINALIZER = "finalizers.fluxcd.io"
FIRST_RETRY = 0.75
LONGEST_RETRY = 900.0


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask the remote; comes back as `Found`, or as the text of its refusal."""

    url: str
    ref: Ref


@dataclass(frozen=True, slots=True)
class Store:
    """Fetch the commit and keep it as an artifact; comes back as the artifact's `digest` and
    `size`, or as the text of a refusal."""

    url: str
    found: Found


Step = Save | Finalizer | Say | LookUp | Store
Pass = Generator[Step, Any, Again]


def backoff(failures: int) -> float:
    """Seconds until the next try; each failure doubles them."""
    return float(min(FIRST_RETRY * 2.0**failures, LONGEST_RETRY))


class GitRepository(CustomObject):
    """The object's JSON, copied; `failures` is how many tries in a row went wrong."""

    def __init__(
        self, document: Json, now: Callable[[], datetime], failures: int, host: str
    ) -> None:
        super().__init__(document)
        self.failures = failures
        self._now = now
        self._host = host

    @property
    def conditions(self) -> Conditions:
        """The status' own list."""
        items = self.status.setdefault("conditions", [])
        return Conditions(items, durations.stamp(self._now()), self.generation)

    def pass_(self) -> Pass:
        """A pass."""
        if self.metadata.get("deletionTimestamp"):
            self._touch_ready()
            yield Save()
            yield Finalizer(False)
            return Again()
        if FINALIZER not in (self.metadata.get("finalizers") or ()):
            yield Finalizer(True)
            return Again(backoff(0))
        if self.spec.get("suspend"):
            self._touch_ready()
            yield Save()
            self.status["observedGeneration"] = self.generation
            self._handled()
            yield Save()
            return Again()
        return (yield from self._fetch())

    def _fetch(self) -> Pass:
        yield from self._start()
        url, ref = str(self.spec["url"]), Ref.of(self.spec.get("ref"))
        found = yield LookUp(url, ref)
        if isinstance(found, Found) and self._has(found):
            self._settled(found)
            yield Save()
            again = self._done()
            yield Save()
            return again
        stored = found
        if isinstance(found, Found):
            self._outdated(found)
            yield Save()
            stored = yield Store(url, found)
        if isinstance(stored, str):
            return (yield from self._failed(stored))
        self._settled(found)
        yield Save()
        self.status["artifact"] = self._artifact(found, stored)
        again = self._done()
        yield Save()
        yield Say("Normal", "NewArtifact", f"stored artifact for commit '{found.revision}'")
        return again

    def _start(self) -> Generator[Step, Any, None]:
        observed = self.status.get("observedGeneration", -1)
        text = "reconciliation in progress"
        if observed != self.generation:
            text = f"processing object: new generation {observed} -> {self.generation}"
        self.conditions.set("Reconciling", "True", "Progressing", text)
        if not self.conditions.status("Ready"):
            self.conditions.set("Ready", "Unknown", "Progressing", text)
        yield Save()
        if not self.status.get("artifact"):
            self._building("building artifact")
            yield Save()

    def _building(self, text: str) -> None:
        self.conditions.set("Reconciling", "True", "Progressing", text)
        self.conditions.set("Ready", "Unknown", "Progressing", text)

    def _has(self, found: Found) -> bool:
        artifact = self.status.get("artifact") or {}
        return bool(artifact.get("revision") == found.revision)

    def _outdated(self, found: Found) -> None:
        text = f"new upstream revision '{found.revision}'"
        if self.status.get("artifact"):
            self.conditions.set("ArtifactOutdated", "True", "NewRevision", text)
        self._building(f"building artifact: {text}")

    def _settled(self, found: Found) -> None:
        text = f"stored artifact for revision '{found.revision}'"
        conditions = self.conditions
        conditions.remove("Reconciling", "ArtifactOutdated", "FetchFailed")
        stored = find(conditions.items, "ArtifactInStorage")
        if stored is None or stored["message"] != text:
            conditions.set("ArtifactInStorage", "True", "Succeeded", text)
        conditions.set("Ready", "True", "Succeeded", text)

    def _done(self) -> Again:
        self.status["observedGeneration"] = self.generation
        self._handled()
        self.failures = 0
        return Again(durations.seconds(self.spec["interval"]))

    def _failed(self, text: str) -> Pass:
        message = f"failed to checkout and determine revision: {text}"
        reason = "GitOperationFailed"
        conditions = self.conditions
        conditions.set("Reconciling", "True", "ProgressingWithRetry", "building artifact")
        conditions.set("Ready", "False", reason, message)
        conditions.set("FetchFailed", "True", reason, message)
        yield Save()
        self._handled()
        yield Save()
        yield Say("Warning", reason, message)
        self.failures += 1
        return Again(backoff(self.failures))

    def _touch_ready(self) -> None:
        for type in ("Reconciling", "Ready"):
            found = find(self.conditions.items, type)
            if found:
                self.conditions.set(type, found["status"], found["reason"], found["message"])

    def _handled(self) -> None:
        requested = (self.metadata.get("annotations") or {}).get(REQUEST)
        if requested:
            self.status["lastHandledReconcileAt"] = requested

    def _artifact(self, found: Found, stored: Mapping[str, Any]) -> Json:
        namespace, name = self.key
        path = f"gitrepository/{namespace}/{name}/{found.sha}.tar.gz"
        return {
            "digest": stored["digest"],
            "lastUpdateTime": durations.stamp(self._now()),
            "path": path,
            "revision": found.revision,
            "size": stored["size"],
            "url": f"http://{self._host}/{path}",
        }
