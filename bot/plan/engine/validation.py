"""The tool's look before it plans, with variables and resources unknown.

Above `validation_walk` in `bot.plan.engine`. The tool validates first and plans only what is valid,
so that of a failing plan only this is told where it fails, too.
"""

from __future__ import annotations

from bot.plan.configuration import Module
from bot.plan.diagnostics import Diagnostic
from bot.plan.engine.unknowing import Unknowing
from bot.plan.engine.validation_walk import Walk
from bot.plan.files import Files
from bot.plan.providers import Schemas


def validated(root: Module, files: Files, schemas: Schemas) -> list[Diagnostic]:
    """What is wrong whatever the variables' values are and whatever there is."""
    walk = Walk(root, schemas, Unknowing(root, files, schemas))
    walk.run()
    return walk.found


def statically_wrong(root: Module, schemas: Schemas) -> list[Diagnostic]:
    """What is wrong of names and types alone: nothing is evaluated, every block is looked at."""
    walk = Walk(root, schemas, None)
    walk.run()
    return walk.found
