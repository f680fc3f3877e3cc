"""`lotus plan`: what OpenTofu would plan, from a local clone alone; nothing is executed.

Reads the clone, predicts, prints. What needs the evaluator or the terminal's library is imported
when it is needed: help and mistakes in the command line answer at once.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from bot.cli import Failure

if TYPE_CHECKING:
    from bot.cli.prediction import Predicted, Predictions
    from bot.render.styled import Styled
    from bot.render.terminal import Screen

NO_CHANGES, WOULD_FAIL, CHANGES = 0, 1, 2
_INTERRUPTED, _BROKEN_PIPE = 130, 141  # as shells count SIGINT and SIGPIPE
_USAGE = 1  # click's own 2 would read as "changes"
_PIPED_WIDTH = 100
_NARROWEST = 20


class Options(Struct, frozen=True):
    """The command line, by name as click has it."""

    revisions: str | None
    repo: str
    module: str | None
    state: str | None
    variables: tuple[str, ...]
    var_files: tuple[str, ...]
    airbyte: str | None
    schemas: str | None
    why: str | None
    as_json: bool


class _Plan(click.Command):
    """A command whose usage errors do not look like a plan with changes."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """As click's, with our exit code for what is wrong with the arguments."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            error.exit_code = _USAGE  # type: ignore[misc] # click reads it from the instance
            raise


@click.command(
    "plan",
    cls=_Plan,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Nothing is executed, fetched or written; no credentials are needed.",
)
@click.argument("revisions", metavar="[BASE..HEAD]", required=False)
@click.option(
    "--repo", default=".", metavar="DIR", help="A folder of the clone.  [default: this one]"
)
@click.option(
    "--module",
    metavar="PATH",
    help="The root module's folder, from DIR or from the repository's root.  [default: all: the "
    "folders with .tf files that no other module calls]",
)
@click.option(
    "--state",
    metavar="FILE",
    help="Compare with this state (version 4, plain or gzipped; - is standard input) instead of "
    "with BASE as if applied.",
)
@click.option(
    "--var",
    "variables",
    metavar="NAME=VALUE",
    multiple=True,
    help="A variable's value, as tofu takes it. Values are never printed.",
)
@click.option(
    "--var-file",
    "var_files",
    metavar="FILE",
    multiple=True,
    help="A .tfvars or .tfvars.json file; later ones win, and --var wins over all.",
)
@click.option(
    "--airbyte",
    metavar="FILE",
    help="Airbyte's objects as JSON (connections, sources, destinations, as its lists give them), "
    "to see what was changed or deleted in its UI.",
)
@click.option(
    "--schemas",
    metavar="FILE",
    help="What tofu providers schema -json printed, for providers whose rules lotus does not know.",
)
@click.option("--why", metavar="ADDRESS", help="Print the chain of causes of one resource instead.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one document in the shape of tofu show -json, with diagnostics as tofu validate "
    "-json has them; a list of such documents where there are several root modules and no "
    "--module. Sensitive values are replaced.",
)
def command(**given: Any) -> None:
    """Predict what OpenTofu would plan, from a local clone.

    \b
    lotus plan               the working tree, compared with HEAD
    lotus plan main          the working tree, compared with main
    lotus plan main..fix     fix, compared with main
    lotus plan main...fix    fix, compared with where it left main

    As with git diff, a side that is left out is HEAD. Untracked files count, ignored ones do not
    (give ignored .tfvars with --var-file). Where no variable is given at all, by --var, --var-file
    or TF_VAR_..., each is taken as a constant that is not known; given some, all are needed, as
    with the tool.

    \b
    Exit codes, the worst of all modules (1, then 2, then 0):
      0  no changes
      1  the plan would fail, or lotus cannot tell anything: bad arguments, no such revision, ...
      2  changes, or a prediction that is not certain, with the reason
    """
    with _collector_at_rest(), _quietly_ended():
        sys.exit(_run(Options(**given)))


def _run(options: Options) -> int:
    from bot.cli.prediction import predictions
    from bot.clients.git import GitError

    try:
        made = predictions(options)
        if options.as_json:
            return _print_json(options, made)
        return _print_lines(options, made)
    except GitError as error:
        raise Failure(str(error)) from None


def _print_json(options: Options, made: Predictions) -> int:
    from bot.cli.json_text import json_text
    from bot.render.document import document
    from bot.render.masked import Unquoted, masked

    files = Unquoted(made.head)
    documents = [document(masked(each.prediction, each.hidden), files) for each in made.modules]
    text = json_text(documents[0] if options.module or len(documents) == 1 else documents)
    for note in made.notes:
        click.echo(f"lotus: {note}", err=True)
    _write((text + "\n").encode("utf-8", "backslashreplace"))
    return _exit_code(made)


def _print_lines(options: Options, made: Predictions) -> int:
    from bot.render.terminal import Screen

    encoding = (sys.stdout.encoding or "utf-8").lower()
    screen = Screen(max(_NARROWEST, _width()), ascii_only=not encoding.startswith("utf"))
    lines = _why(options.why, made, screen) if options.why else _reports(made, screen)
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    shown = _coloured(lines) if coloured else "\n".join(line.plain for line in lines) + "\n"
    sys.stdout.write(shown)
    sys.stdout.flush()
    return _exit_code(made)


def _coloured(lines: list[Styled]) -> str:
    """As this terminal takes colours; only a terminal pays for the library."""
    from rich.console import Console
    from rich.text import Text

    console = Console(force_terminal=True, highlight=False, markup=False, emoji=False)
    text = Text("\n").join(Text.assemble(*line.pieces) for line in lines)
    with console.capture() as captured:  # rich would end the process at a closed pipe
        console.print(text, soft_wrap=True)
    return captured.get()


def _reports(made: Predictions, screen: Screen) -> list[Styled]:
    from bot.render.plain_text import printable
    from bot.render.styled import Styled
    from bot.render.terminal import report_lines

    lines: list[Styled] = []
    for each in made.modules:
        lines += [*([Styled()] if lines else []), *report_lines(each.report(), screen)]
    notes = [printable(note, ascii_only=screen.ascii_only) for note in made.notes]
    return lines + [Styled(note, "yellow") for note in notes]


def _why(address: str, made: Predictions, screen: Screen) -> list[Styled]:
    """The causes of every instance that `address` names; raises `Failure` where it names none."""
    from bot.cli.prediction import near_addresses, of_address
    from bot.render.terminal import report_lines, why_lines

    lines: list[Styled] = []
    for each in made.modules:
        if not each.prediction.ok:
            lines += report_lines(each.report(), screen)
        for change in of_address(address, each.prediction):
            lines += why_lines(each.report(), change, screen)
    if not lines:
        near = near_addresses(address, made.modules)
        hint = f"; near: {', '.join(near)}" if near else ""
        raise Failure(f"--why {address}: nothing here has this address{hint}")
    return lines


def _exit_code(made: Predictions) -> int:
    codes = {_code(each) for each in made.modules} | ({CHANGES} if made.notes else set())
    return next(code for code in (WOULD_FAIL, CHANGES, NO_CHANGES) if code in codes)


def _code(each: Predicted) -> int:
    from bot.render.outcome import changes_anything

    if not each.prediction.ok:
        return WOULD_FAIL
    return CHANGES if changes_anything(each.prediction) else NO_CHANGES


def _width() -> int:
    """Columns, as `shutil` finds them, which would bring three libraries of compression."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _PIPED_WIDTH
    except (OSError, ValueError):
        return _PIPED_WIDTH


def _write(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """A run is short: looking for garbage, meanwhile and at the end, would be a tenth of it."""
    atexit.register(gc.freeze)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _quietly_ended() -> Iterator[None]:
    """Ctrl-C, and a reader that has seen enough (`| head`), end without a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("lotus: interrupted", err=True)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)
