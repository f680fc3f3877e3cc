"""Which variables a module requires and nobody gives: its branch's tip, with what is given."""

from __future__ import annotations

from collections.abc import Iterator

from bot.clients.errors import ClientError
from bot.clients.github.snapshot import Snapshots
from bot.lifecycle.platform import Deployment
from bot.plan.diagnostics import Diagnostic
from bot.runtime.observe.inputs import Variables
from bot.runtime.observe.installations import Installations
from bot.runtime.observe.predictor import Commit, Predictor, Question

_NO_VALUE = "No value for required variable"  # the tool's own summary


class ModuleExaminer:
    """Reads modules through the App's installations, and evaluates them; nothing is compared."""

    def __init__(self, installations: Installations) -> None:
        self._installations = installations
        self._predictor = Predictor(Snapshots())

    async def valueless(self, made: Deployment, variables: Variables) -> tuple[str, ...] | str:
        """The variables without a value, each with its place; or why that is not known.

        () where not all that is given could be read: that is told by itself.
        """
        repository = self._installations.find(made.repository)
        if repository is None or variables.problems:
            return ()
        reader = self._installations.reader(repository)
        try:
            tip = await reader.tip(made.branch)
            if tip is None:
                return f"{made.repository} has no branch {made.branch}"
            snapshots = self._predictor.snapshots
            head = Commit(await snapshots.tree(reader.github, reader.name, tip), tip)
            question = Question(
                made.module, head, head, variables=variables.values, var_files=made.var_files
            )
            prediction = await self._predictor.predict(reader.github, reader.name, question)
        except ClientError as error:
            return str(error)
        except RecursionError:
            return "the module is nested too deeply to be evaluated"
        return tuple(_told(prediction.diagnostics))


def _told(diagnostics: tuple[Diagnostic, ...]) -> Iterator[str]:
    for found in diagnostics:
        if found.summary == _NO_VALUE:
            where = found.subject
            place = f" ({where.file}:{where.start.line})" if where else ""
            yield f"{found.detail.partition('. ')[0].rstrip('.')}{place}"
