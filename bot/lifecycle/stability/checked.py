"""What Airbyte's check of a source or destination came to, in words. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.airbyte import Check, CheckResult
from bot.render.markdown import code, plain


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of a source or destination came to; None where it could not be made."""

    kind: str
    name: str
    check: Check | None
    problem: str = ""

    @property
    def accepted(self) -> bool:
        """Whether Airbyte got through with what it is set to."""
        return self.check is not None and self.check.result is CheckResult.ACCEPTED

    @property
    def refused(self) -> bool:
        """Whether it got an answer, and that was no."""
        return self.check is not None and self.check.result is CheckResult.REFUSED


def check_words(item: Checked) -> str:
    """A line of Markdown; what Airbyte says is shown as prose."""
    name = f"- {item.kind} {code(item.name)}: "
    if item.check is None:
        return f"{name}not checked, {plain(item.problem)}"
    match item.check.result:
        case CheckResult.ACCEPTED:
            return f"{name}Airbyte accepts the credential"
        case CheckResult.REFUSED:
            return f"{name}refused. Airbyte says: {plain(item.check.message)}"
        case CheckResult.BROKEN:
            return f"{name}the check itself broke, and says nothing"
