"""One call: a module's text, what there is, what is given; the plan that the tool would make.

The top of `bot.plan`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from msgspec import Struct, field
from msgspec.structs import replace

from bot.plan.address import Instance
from bot.plan.block_checks import wrong_only_when_planned
from bot.plan.configuration import Loader, Module, Parsed, ParsedFiles
from bot.plan.diagnostics import Diagnostic, error, failed
from bot.plan.edits import Sides
from bot.plan.engine.conditions import check_blocks, exposed, output_conditions
from bot.plan.engine.deletions import deletions
from bot.plan.engine.imports import undeclared, without_instance
from bot.plan.engine.inputs import Inputs
from bot.plan.engine.move_rules import wrong_moves
from bot.plan.engine.moves import Relocation, relocated
from bot.plan.engine.order import plan_all
from bot.plan.engine.outputs import output_changes
from bot.plan.engine.planner import Facts, Planner
from bot.plan.engine.prior import (
    Prior,
    applied,
    by_address,
    outputs_standing,
    priors,
    standing,
)
from bot.plan.engine.validation import statically_wrong, validated
from bot.plan.files import Files, Linked, Noting
from bot.plan.prediction import Action, Prediction, Read, ResourceChange
from bot.plan.providers import Schemas
from bot.plan.references import reference_graph
from bot.plan.state import State
from bot.plan.validate import validate
from bot.plan.values import Value
from bot.plan.values.memo import grow_old
from bot.plan.why import explained


class _Base(Struct, frozen=True):
    """A base as if applied; it stays true while these paths have these contents."""

    paths: frozenset[str]
    contents: Mapping[str, str | None]
    given: str
    prediction: Prediction
    addresses: dict[str, Instance]

    def holds(self, files: Files, given: str) -> bool:
        """Whether evaluating it again would read the same."""
        return (
            self.given == given
            and all(files.identity(path) == name for path, name in self.contents.items())
            and self.paths == frozenset(files.paths())
        )


class Cache(Struct):
    """What one prediction leaves for the next: parsed files, and bases with what they read."""

    parsed: Parsed = field(default_factory=ParsedFiles)
    bases: dict[str, _Base] = field(default_factory=dict)


class Request(Struct, frozen=True):
    """`module` is the root module's folder, from the repository's root ("" is the root).

    `state` is what there is; without it, `base` as if it had been applied; without both, nothing.
    `variables` are the values from outside as texts or JSON (None: not known, each an opaque
    constant). `var_files` are names and contents of files of values; `named_files` paths of such
    files in the repository. `live` is Airbyte's objects where somebody looked: `sources`,
    `destinations`, `connections` as its lists give them. `schemas` are further providers, as
    `bot.plan.providers.loading` reads them out of `tofu providers schema -json`. `confidential`:
    what is made of `variables` is marked, and shown nowhere; of those that are not `plain`, not
    even as keys, numbers or mistakes.
    """

    files: Files
    module: str
    state: State | None = None
    base: Files | None = None
    variables: Mapping[str, object] | None = None
    var_files: tuple[tuple[str, bytes], ...] = ()
    named_files: tuple[str, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    live: Mapping[str, object] | None = None
    schemas: Schemas = field(default_factory=dict)
    cache: Cache = field(default_factory=Cache)
    confidential: bool = False
    plain: frozenset[str] = frozenset()

    @property
    def inputs(self) -> Inputs:
        """All that is given for variables."""
        return Inputs(
            self.variables,
            self.var_files,
            self.named_files,
            self.arguments,
            self.confidential,
            self.plain,
        )


class _Before(Struct, frozen=True):
    """What there is before the plan."""

    objects: list[Prior]
    outputs: Mapping[str, Value]
    known: bool
    assumptions: tuple[str, ...] = ()


def predict(request: Request) -> Prediction:
    """The plan of a module; mistakes in it are diagnostics, never exceptions."""
    missed: set[str] = set()
    base = Linked(Noting(request.base, missed)) if request.base is not None else None
    noting = replace(request, files=Linked(Noting(request.files, missed)), base=base)
    with _collector_at_rest():
        try:
            made = _predicted(noting)
        except RecursionError:
            detail = (
                "Expressions, values or modules here are nested too deeply for lotus to follow."
            )
            made = Prediction(request.module, diagnostics=(error("Nested too deeply", detail),))
        finally:
            grow_old()
        return replace(made, not_fetched=frozenset(missed))


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """No garbage is looked for meanwhile: values are many and make no cycles, and each look at all
    of them would cost more the more there are."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _predicted(request: Request) -> Prediction:
    loader = Loader(request.files, request.cache.parsed)
    module = loader.load(request.module.strip("/").removeprefix("./").removesuffix("."))
    found = _all_found(module)
    if not module.files:
        detail = f"There are no configuration files in {request.module or 'the repository root'!r}."
        found.append(error("No configuration files", detail))
    if failed(found):
        return _stopped(request, module, found)
    found += _invalid(request, module)
    if failed(found):
        return _stopped(request, module, found)
    try:
        before = _before(request)
    except ValueError as problem:
        return _stopped(request, module, [*found, error("Unreadable state", str(problem))])
    return _planned(request, module, before, found)


def _invalid(request: Request, module: Module) -> list[Diagnostic]:
    """What is wrong before anything is planned; no more than names and types where all is well."""
    found = validate(module)
    if failed(found):
        return found
    found = statically_wrong(module, request.schemas)
    if failed(found):
        return validated(module, request.files, request.schemas) or found
    own = wrong_only_when_planned(module)
    invalid = validated(module, request.files, request.schemas) if own else []
    return invalid if failed(invalid) else [*found, *own]


def _stopped(request: Request, module: Module, found: list[Diagnostic]) -> Prediction:
    return Prediction(
        request.module,
        diagnostics=tuple(found),
        reads=tuple(_configuration(module)),
        uncertain=tuple(_all_uncertain(module)),
    )


def _configuration(module: Module) -> Iterator[Read]:
    """The files of a module and of those that it calls."""
    for path in module.files:
        yield Read(path, "configuration")
    for child in module.children.values():
        yield from _configuration(child)


def _all_found(module: Module) -> list[Diagnostic]:
    found = list(module.diagnostics)
    if failed(found) and module.path == module.root:
        return found  # the tool does not look for the modules that it calls
    for child in module.children.values():
        found += _all_found(child)
    return found


def _all_uncertain(module: Module) -> list[str]:
    found = list(module.uncertain)
    for child in module.children.values():
        found += _all_uncertain(child)
    return found


def _before(request: Request) -> _Before:
    if request.state is not None:
        there = priors(request.state, request.live, request.schemas)
        before = _Before(there, request.state.outputs, True)
        nobody_knows = request.variables is None and request.base is not None
        return _with_constants(request, before) if nobody_knows else before
    if request.base is None:
        return _Before([], {}, True)
    base, addresses = _alone(replace(request, files=request.base, base=None))
    outputs = {each.name: each.after for each in base.outputs if each.after is not None}
    rests = ("no state is at hand: the base is taken to be applied as it stands",)
    return _Before(applied(base, addresses, request.schemas), outputs, base.ok, rests)


def _with_constants(request: Request, before: _Before) -> _Before:
    """A state compared without the variables' values: what hangs on them is as the base has it."""
    base, addresses = _alone(replace(request, files=request.base or request.files, base=None))
    outputs = {each.name: each.after for each in base.outputs if each.after is not None}
    return _Before(
        standing(before.objects, applied(base, addresses, request.schemas)),
        outputs_standing(before.outputs, outputs),
        True,
    )


def _alone(request: Request) -> tuple[Prediction, dict[str, Instance]]:
    """The base on its own: everything is new. Kept, for most predictions share their base."""
    inputs = request.inputs
    given = repr(
        (inputs.environment, inputs.files, inputs.named, inputs.arguments, sorted(inputs.plain))
    )
    kept = request.cache.bases.get(request.module)
    if kept is not None and kept.holds(request.files, given):
        return kept.prediction, kept.addresses
    missed: set[str] = set()
    prediction, addresses = _evaluated(replace(request, files=Noting(request.files, missed)))
    if not missed:
        names = {each.path: request.files.identity(each.path) for each in prediction.reads}
        paths = frozenset(request.files.paths())
        base = _Base(paths, names, given, prediction, addresses)
        request.cache.bases[request.module] = base
    return prediction, addresses


def _evaluated(request: Request) -> tuple[Prediction, dict[str, Instance]]:
    loader = Loader(request.files, request.cache.parsed)
    module = loader.load(request.module)
    if failed(_all_found(module)) or failed(_invalid(request, module)):
        found = tuple(_all_found(module))
        return Prediction(
            request.module, diagnostics=found, reads=tuple(_configuration(module))
        ), {}
    planner = Planner(
        module, Facts(request.files, request.inputs, {}, True, True, schemas=request.schemas)
    )
    plan_all(planner)
    outputs = output_changes(planner, {})
    prediction = Prediction(
        request.module,
        tuple(planner.changes.values()),
        outputs,
        tuple(planner.found),
        (*planner.reads.values(), *_configuration(module)),
        references=reference_graph(planner),
    )
    return prediction, planner.addresses


def _planned(
    request: Request, module: Module, before: _Before, found: list[Diagnostic]
) -> Prediction:
    relocation = relocated(before.objects, module, found)
    objects = relocation.objects
    facts = Facts(
        request.files,
        request.inputs,
        by_address(objects),
        no_state=request.state is None and request.base is not None,
        live=request.live,
        schemas=request.schemas,
    )
    planner = Planner(module, facts)
    planner.found[:0] = found  # as often as the tool says each
    planner.say(undeclared(module))
    removed = _walked(planner, relocation, found) if not failed(planner.found) else []
    changes = [*(each for each in planner.changes.values() if _shown(each)), *removed]
    if not failed(planner.found):
        planner.prior_addresses.update({str(each.address): each.address for each in objects})
        changes = explained(planner, _sides(request, module), changes)
    outputs = output_changes(planner, before.outputs) if not failed(planner.found) else ()
    if failed(planner.found):
        changes = []
        _only_invalid(planner, module, found)
    return Prediction(
        request.module,
        tuple(changes),
        outputs,
        tuple(planner.found),
        (*planner.reads.values(), *_configuration(module)),
        tuple(dict.fromkeys(pattern for pattern, _ in planner.globbed)),
        frozenset(),
        reference_graph(planner),
        (*_all_uncertain(module), *planner.uncertain, *_no_base(before)),
        (*before.assumptions, *planner.assumptions),
        frozenset(planner.keys.withheld),
    )


def _walked(
    planner: Planner, relocation: Relocation, found: list[Diagnostic]
) -> list[ResourceChange]:
    """Plan all that is declared; what is deleted. Wrong statements alone are told after `found`."""
    plan_all(planner)
    output_conditions(planner)
    exposed(planner)
    check_blocks(planner)
    removed = deletions(planner, relocation.objects)
    wrong = without_instance(planner) if not planner.uncertain else []
    wrong = wrong or wrong_moves(planner, relocation.statements)
    planner.found[:] = [*found, *wrong] if wrong else planner.found
    if not failed(planner.found):
        planner.say(relocation.warnings())
    return removed


def _sides(request: Request, head: Module) -> Sides | None:
    """Base and head to compare, where there is a base that can be read."""
    if request.base is None:
        return None
    base = Loader(request.base, request.cache.parsed).load(head.path)

    @cache
    def planned() -> Mapping[str, ResourceChange]:
        prediction, _ = _alone(replace(request, files=request.base or request.files, base=None))
        return {each.address: each for each in prediction.changes}

    return Sides(base, head, request.base, request.files, planned)


def _only_invalid(planner: Planner, module: Module, found: list[Diagnostic]) -> None:
    """Where the configuration is not even valid, the tool tells that and plans nothing."""
    if planner.stops or failed(found):
        return
    if any(each.summary == "Expression too expensive" for each in planner.found):
        return  # it would be as expensive again
    invalid = validated(module, planner.facts.files, planner.facts.schemas)
    if failed(invalid):
        planner.found[:] = [*found, *invalid]


def _shown(change: ResourceChange) -> bool:
    """Data that is read while planning is no change."""
    return change.mode == "managed" or change.action is not Action.NO_OP


def _no_base(before: _Before) -> list[str]:
    if before.known:
        return []
    return ["the base cannot be evaluated, and no state is at hand: everything seems new"]
