"""Whether edits end what drifts and change nothing else, by a prediction with them. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from bot.plan.prediction import Action, Prediction

_QUIET = (Action.NO_OP, Action.READ)


@dataclass(frozen=True, slots=True)
class Proof:
    """`ended`: what drifts no more. `also`: what the edits would change besides, or break."""

    ended: frozenset[str]
    also: tuple[str, ...] = ()


def proof(now: Prediction, then: Prediction, drifting: frozenset[str]) -> Proof:
    """`now` is the tip as if applied; `then` the same tip with the edits, on that very base."""
    if not then.ok:
        said = next((item.summary for item in then.diagnostics), "")
        return Proof(frozenset(), (f"the plan would fail: {said}",))
    also = sorted(_changed(then) - _changed(now))
    return Proof(drifting - _changed(then), tuple(also))


def _changed(prediction: Prediction) -> frozenset[str]:
    changes = {each.address for each in prediction.changes if each.action not in _QUIET}
    outputs = (each for each in prediction.outputs if each.action not in _QUIET)
    return frozenset(changes) | {f"output.{each.name}" for each in outputs}
