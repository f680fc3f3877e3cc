"""The check runs of a pull request: what a plan would be, and what became of the merge. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.lifecycle import marker
from bot.lifecycle.buttons import REFRESH, plan_buttons
from bot.lifecycle.effects import Annotation, Button, Conclusion, PutCheck
from bot.lifecycle.observed import ModuleSeen, PullRequestObserved, is_over, rung
from bot.lifecycle.reach import Firing
from bot.lifecycle.state_files import reason
from bot.model.github import CheckRun, PullRequestState
from bot.plan.diagnostics import Severity
from bot.render.changes import FIRING
from bot.render.comment import Rung
from bot.render.markdown import plain, redacted

PLAN_CHECK = "lotus / plan"
APPLY_CHECK = "lotus / apply"
_SEVERAL = 10


@dataclass(frozen=True, slots=True)
class Planned:
    """A commit with what was predicted of it: a pull request's head, or a merge queue's commit.

    `secrets` are true values, for redaction only. `buttons`: what a person could do about it.
    """

    repository: str
    sha: str
    modules: tuple[ModuleSeen, ...]
    committed_state: tuple[str, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    buttons: tuple[Button, ...] = ()


def checks_of(seen: PullRequestObserved) -> Iterator[PutCheck]:
    """`lotus / plan` on an open one's head, `lotus / apply` on what was merged."""
    pull_request = seen.pull_request
    if pull_request.state is PullRequestState.OPEN:
        yield plan_check(
            Planned(
                pull_request.repository,
                pull_request.head_sha,
                seen.modules,
                seen.committed_state,
                seen.secrets,
                plan_buttons(seen.modules, from_fork=pull_request.from_fork),
            )
        )
    elif seen.pull_request.state is PullRequestState.MERGED and seen.pull_request.merge_commit:
        yield _apply_check(seen, seen.pull_request.merge_commit)


def plan_check(seen: Planned) -> PutCheck:
    """What a plan of this commit would be, with annotations on the lines themselves."""
    committed = reason(seen.committed_state)
    lines = [committed] if committed else []
    lines += [f"{module.title}: {_said(module)}" for module in seen.modules]
    summary = redacted("\n\n".join(plain(line) for line in lines), seen.secrets)
    conclusion = _plan_conclusion(seen)
    return PutCheck(
        repository=seen.repository,
        head_sha=seen.sha,
        name=PLAN_CHECK,
        title=redacted(committed or _title(seen.modules), seen.secrets),
        summary=summary,
        conclusion=conclusion,
        fingerprint=_fingerprint(summary, conclusion, seen.buttons),
        annotations=tuple(_annotations(seen)),
        buttons=seen.buttons,
    )


def _title(modules: tuple[ModuleSeen, ...]) -> str:
    return _said(modules[0]) if len(modules) == 1 else f"{len(modules)} Terraform objects"


def _said(module: ModuleSeen) -> str:
    if module.prediction is None:
        return f"cannot be predicted: {module.problem}"
    if not module.prediction.ok:
        errors = [d for d in module.prediction.diagnostics if d.severity is Severity.ERROR]
        return f"the plan would fail: {errors[0].summary}"
    rungs = {Rung.CONFIRMED: ", confirmed", Rung.DISPUTED: ", and the controller plans otherwise"}
    return f"{module.prediction.counts}{rungs.get(rung(module), '')}"


def _plan_conclusion(seen: Planned) -> Conclusion:
    predictions = [module.prediction for module in seen.modules]
    refused = any(module.refused for module in seen.modules)
    if seen.committed_state or refused or any(p is not None and not p.ok for p in predictions):
        return Conclusion.FAILURE
    if any(_needs_a_look(module) for module in seen.modules):
        return Conclusion.NEUTRAL
    return Conclusion.SUCCESS


def _needs_a_look(module: ModuleSeen) -> bool:
    prediction = module.prediction
    if prediction is None or prediction.uncertain or module.odd_flags:
        return True
    if rung(module) is Rung.DISPUTED:
        return True
    if module.stale or module.unread:
        return True
    lost = any(c.action.destroys and c.type not in FIRING for c in prediction.changes)
    return lost or any(flag.is_new for flag in module.flags)


def _annotations(seen: Planned) -> Iterator[Annotation]:
    for path in seen.committed_state[:_SEVERAL]:
        said = "State must never be committed: it makes a second truth. Remove it."
        yield Annotation(path, 1, "failure", "State file", said)
    for module in seen.modules:
        for item in module.prediction.diagnostics if module.prediction else ():
            if item.subject is not None:
                level = "failure" if item.severity is Severity.ERROR else "warning"
                yield Annotation(
                    item.subject.file,
                    item.subject.start.line,
                    level,
                    item.summary,
                    redacted(item.detail, seen.secrets) or item.summary,
                )
        yield from _flags(module)
        yield from _catalogs(module)


def _flags(module: ModuleSeen) -> Iterator[Annotation]:
    for flag in module.flags:
        if flag.is_new:
            fires = [r.connection for r in flag.reaches if r.firing is Firing.FIRES]
            said = f"This flag resets {', '.join(fires) or 'nothing'}."
            yield Annotation(flag.flag.path, flag.flag.line, "notice", "Backfill", said)
    for unread in module.unread:
        said = "No module reads this file: the flag brings nothing about."
        yield Annotation(unread.path, unread.line, "warning", "Flag that nobody reads", said)


def _catalogs(module: ModuleSeen) -> Iterator[Annotation]:
    for stale in module.stale:
        lines = [f"{change.stream}: {change.words}" for change in stale.changes]
        said = "\n".join([*lines, *stale.unreadable]) or stale.path
        yield Annotation(stale.path, 1, "warning", "Catalog not regenerated", said)
    for refused in module.refused:
        if refused.path:
            said = f"{refused.change.stream}: {refused.change.words}"
            yield Annotation(refused.path, 1, "failure", "Airbyte would refuse it", said)


def _apply_check(seen: PullRequestObserved, sha: str) -> PutCheck:
    lines = [f"{module.title}: {rung(module).value}" for module in seen.modules]
    conclusion = _apply_conclusion(seen)
    summary = "\n\n".join(plain(line) for line in lines)
    buttons = (REFRESH,) if conclusion is Conclusion.FAILURE else ()
    return PutCheck(
        repository=seen.pull_request.repository,
        head_sha=sha,
        name=APPLY_CHECK,
        title=rung(seen.modules[0]).value,
        summary=summary,
        conclusion=conclusion,
        fingerprint=_fingerprint(summary, conclusion, buttons),
        buttons=buttons,
    )


def _fingerprint(summary: str, conclusion: Conclusion | None, buttons: tuple[Button, ...]) -> str:
    pressable = " ".join(button.identifier for button in buttons)
    return marker.fingerprint(f"{summary} {conclusion} {pressable}")


def _apply_conclusion(seen: PullRequestObserved) -> Conclusion | None:
    rungs = {rung(module) for module in seen.modules}
    if Rung.FAILED in rungs:
        return Conclusion.FAILURE
    if is_over(seen):
        return Conclusion.NEUTRAL if Rung.NOT_APPLIED in rungs else Conclusion.SUCCESS
    return None


def stands(check: PutCheck, standing: tuple[CheckRun, ...]) -> bool:
    """Whether the check says this already."""
    return any(
        run.name == check.name
        and run.head_sha == check.head_sha
        and run.external_id == check.fingerprint
        for run in standing
    )
