"""The work of `lotus plan`: the clone, its root modules, each one's prediction. Prints nothing.

Above the other parts of `bot.cli`; beside it stands `bot.cli.plan`, which prints.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.cli import Failure
from bot.cli.comparison import Comparison, comparison
from bot.cli.root_modules import module_folders, near, root_modules
from bot.cli.values import (
    Given,
    declared_variables,
    read_airbyte,
    read_given,
    read_schemas,
    read_state,
    undeclared,
)
from bot.clients.git import Clone
from bot.plan.files import Files
from bot.plan.predict import Cache, Request, predict
from bot.plan.prediction import Prediction, ResourceChange
from bot.plan.providers import Schemas
from bot.plan.state import State
from bot.render.masked import Unquoted, secrets
from bot.render.state_secrets import state_secrets

if TYPE_CHECKING:
    from bot.cli.plan import Options
    from bot.render.terminal import Report

_INDEX = re.compile(r"\[[^\[\]]*\]$")
_NEAR = 5


class Predicted(Struct, frozen=True):
    """One module: what was asked, what came out, and the texts that are shown nowhere."""

    request: Request
    prediction: Prediction
    trees: Comparison
    hidden: frozenset[str]

    __repr__ = object.__repr__  # values are shown nowhere, not even in a traceback

    def report(self) -> Report:
        """For people: with the flags, each of which costs another prediction."""
        from bot.render.terminal import Report

        report = Report(
            self.prediction,
            Unquoted(self.trees.head),
            against(self.trees, self.request.state),
            hidden=self.hidden,
        )
        if not any(read.path.endswith(".json") for read in self.prediction.reads):
            return report  # flags stand in JSON files
        from bot.cli.backfills import flags_shown

        flags = flags_shown(self.request, self.prediction, self.trees.base)
        return replace(report, flags=flags.shown, odd_flags=flags.odd)


class Predictions(Struct, frozen=True):
    """All modules that were asked for; `notes` tell what no module's plan would."""

    head: Files
    modules: tuple[Predicted, ...]
    notes: tuple[str, ...] = ()


def predictions(options: Options) -> Predictions:
    """Raises `Failure` or `GitError` for what a person has to mend before anything can be told."""
    given = read_given(options.variables, options.var_files)
    state = read_state(options.state) if options.state else None
    live = read_airbyte(options.airbyte) if options.airbyte else None
    schemas = read_schemas(options.schemas) if options.schemas else {}
    clone = Clone.containing(Path(options.repo))
    trees = comparison(clone, options.revisions)
    cache = Cache()
    modules = _modules(options, clone, trees, cache)
    if state is not None and len(modules) > 1:
        raise Failure(f"--state is one module's; name it with --module: {_listed(modules)}")
    if complaint := undeclared(trees.head, modules, cache.parsed, given):
        raise Failure(complaint)
    seen = Seen(given, state, live, schemas)
    made = tuple(_predicted(trees, module, seen, cache) for module in modules)
    return Predictions(trees.head, made, () if options.module else _gone(trees))


def of_address(address: str, prediction: Prediction) -> list[ResourceChange]:
    """The instance of this address, or all instances of this resource; old addresses count too."""
    return [
        change
        for change in prediction.changes
        if address in (change.address, change.previous_address, _INDEX.sub("", change.address))
    ]


def near_addresses(address: str, modules: Iterable[Predicted]) -> list[str]:
    """The addresses that resemble this one, the closest first."""
    import difflib  # only where somebody mistyped

    known = sorted({change.address for each in modules for change in each.prediction.changes})
    inside = [each for each in known if address and address in each]
    return list(dict.fromkeys(inside + difflib.get_close_matches(address, known, _NEAR)))[:_NEAR]


def against(trees: Comparison, state: State | None) -> str:
    """What the head is compared with, in words."""
    if state is not None:
        return f"{trees.head_words} against the state, serial {state.serial}"
    return f"{trees.head_words} against {trees.base_words}"


class Seen(Struct, frozen=True):
    """What stands beside the clone; `live` is Airbyte's objects."""

    given: Given
    state: State | None
    live: Mapping[str, object] | None
    schemas: Schemas


def _predicted(trees: Comparison, module: str, seen: Seen, cache: Cache) -> Predicted:
    state, given = seen.state, seen.given
    own = declared_variables(trees.head, module, cache.parsed, given)
    request = Request(
        trees.head,
        module,
        state=state,
        base=trees.base,
        variables=own.values,
        var_files=given.files,
        arguments=own.arguments,
        live=seen.live,
        schemas=seen.schemas,
        cache=cache,
    )
    hidden = own.hidden | (state_secrets(state) if state is not None else frozenset())
    prediction = predict(request)
    return Predicted(request, prediction, trees, hidden | secrets(prediction))


def _modules(options: Options, clone: Clone, trees: Comparison, cache: Cache) -> tuple[str, ...]:
    folders = module_folders(trees.head)
    if options.module is not None:
        return (_named(options, clone, folders),)
    roots = root_modules(trees.head, cache.parsed)
    if not roots:
        gone = "".join(f"; {note}" for note in _gone(trees))
        raise Failure(f"no module: {trees.head_words} of {clone.root} has no .tf file{gone}")
    return roots


def _named(options: Options, clone: Clone, folders: dict[str, list[str]]) -> str:
    """The folder that `--module` names, from where the command runs or from the root."""
    text = options.module or ""
    here = os.path.relpath(os.path.realpath(options.repo), os.path.realpath(clone.root))
    for start in (here, "."):
        folder = os.path.normpath(os.path.join(start, text.removeprefix("/")))
        if os.path.isabs(text):
            folder = os.path.relpath(os.path.realpath(text), os.path.realpath(clone.root))
        folder = "" if folder == "." else folder
        if folder in folders:
            return folder
    hint = _listed(near(text.strip("/"), folders) or sorted(folders))
    hint = f"; modules are here: {hint}" if hint else ""
    raise Failure(f"--module {text}: no folder with .tf files of that name{hint}")


def _gone(trees: Comparison) -> tuple[str, ...]:
    """Root modules of the base whose folders have no configuration any more."""
    if trees.base is None:
        return ()
    left = module_folders(trees.head).keys()
    if module_folders(trees.base).keys() <= left:
        return ()
    roots = [module for module in root_modules(trees.base, {}) if module not in left]
    return tuple(
        f"module {module or 'in the root'} is gone: what it made stays, and nothing plans it"
        for module in roots
    )


def _listed(modules: Iterable[str]) -> str:
    names = [name or "." for name in modules]
    more = f" and {len(names) - _NEAR} more" if len(names) > _NEAR else ""
    return ", ".join(names[:_NEAR]) + more
