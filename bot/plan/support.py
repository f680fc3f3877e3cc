"""What a prediction covers, and what it only says that it cannot tell: the table in the documents.

Above the rest of `bot.plan`; printed by `python -m bot.plan.support`. What can be counted is taken
from the code that does it; the rest is said beside the name of the part that does it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.configuration import decode
from bot.plan.engine.expansion import MOST, MOST_OF_ALL
from bot.plan.functions.filesystem import LARGEST
from bot.plan.functions.table import FUNCTIONS
from bot.plan.providers import KNOWN, Provider, provider
from bot.plan.providers.schema import Replace

_BLOCKS = {
    "variable": (
        "types, `optional`, defaults, validation, `nullable`, `sensitive`; `terraform.tfvars`,"
        " `*.auto.tfvars`, `TF_VAR_…`, files (also `spec.tfVarsFiles`) and arguments"
    ),
    "locals": "",
    "output": "changes, `sensitive`, preconditions",
    "resource": "`count`, `for_each`, `lifecycle` in all parts, `depends_on`, provisioners",
    "data": (
        "whether it is read while planning or by the apply; its answer as in the state where the"
        " same is asked, else unknown"
    ),
    "module": (
        "local ones, nested, with `count`, `for_each`, `depends_on`; a remote source is said;"
        " `providers` is not followed: a name means what it means in the root module"
    ),
    "terraform": "`required_providers`; a backend is not looked at",
    "provider": "references in it; it is never configured",
    "moved": "chains, modules, collisions",
    "removed": "with and without destroying",
    "import": "with `for_each`; what was imported is known only of what Airbyte's lists show",
    "check": "a failed or unknown assertion is a warning",
}

_UNCERTAIN = {
    "a variable without a value": (
        "it equals itself: what hangs on it is unchanged as long as the code is; an assumption"
    ),
    "`count` or `for_each` over such a value": (
        "its instances are not told, and what hangs on them is uncertain"
    ),
    "no state": "the base as if applied; an assumption",
    "Airbyte's objects, where nobody looked": "as the state has them",
    "a remote module": "not read; what hangs on it is uncertain",
    "a provider without facts": (
        'a changed attribute is "update, or replacement"; what hangs on the object is uncertain'
    ),
    "a `dynamic` block over what is not known": (
        "changed if what it is made of changes; else the same, or uncertain"
    ),
    "a type from `providers schema -json`": "the same, with arguments and types checked",
    "an imported object that nobody looked at": (
        "imported for certain; whether it then changes is not"
    ),
    "a data source that was not asked before": "unknown; an assumption",
    "text that must be JSON around a value that is not given": "whether it is JSON",
    "registries: unknown providers and versions": "not checked",
}


def lines() -> Iterator[str]:
    """The document, line by line."""
    yield "# What a prediction covers"
    yield ""
    yield "Written by `python -m bot.plan.support`; a test fails when it is stale."
    yield ""
    yield from _language()
    yield from _providers()
    yield from _uncertain()
    yield from _schemas()


def _language() -> Iterator[str]:
    yield "## The language"
    yield ""
    yield "| block | what of it |"
    yield "| --- | --- |"
    for name in decode.BLOCKS:
        yield f"| `{name}` | {_BLOCKS[name] or 'all'} |"
    yield ""
    yield f"All of HCL's syntax and `.tf.json`, override files, and {len(FUNCTIONS)} functions:"
    yield ", ".join(f"`{name}`" for name in sorted(FUNCTIONS)) + "."
    yield ""
    yield (
        f"Limits: {MOST:,} instances of one block and {MOST_OF_ALL:,} of all, files of up to"
        f" {LARGEST // 2**20} MiB; beyond them, a diagnostic. Nothing outside the repository is"
        " read."
    )
    yield ""


def _providers() -> Iterator[str]:
    yield "## Providers whose facts are kept"
    yield ""
    yield "| provider | version | resource types | data sources | forces replacement |"
    yield "| --- | --- | --- | --- | --- |"
    for source in sorted(KNOWN):
        facts = provider(source)
        if facts is not None:
            yield _provider(facts)
    yield ""


def _provider(facts: Provider) -> str:
    forcing = sum(
        rule.replace is not Replace.NEVER
        for type_ in facts.resources.values()
        for rule in type_.attributes.values()
    )
    types = ", ".join(f"`{name}`" for name in facts.resources) or "by the suffix of their names"
    sources = ", ".join(f"`{name}`" for name in facts.data_sources) or "none: unknown"
    how = f"{forcing} attributes" if facts.resources else "by the names of attributes"
    return f"| `{facts.source}` | {facts.version or 'any'} | {types} | {sources} | {how} |"


def _uncertain() -> Iterator[str]:
    yield "## What is told as uncertain, or as an assumption"
    yield ""
    yield "| where | what is said |"
    yield "| --- | --- |"
    for where, what in _UNCERTAIN.items():
        yield f"| {where} | {what} |"
    yield ""


def _schemas() -> Iterator[str]:
    yield "## Another provider's schema"
    yield ""
    yield "`tofu providers schema -json` in an initialised module prints names and types of all its"
    yield "providers; `lotus plan --schemas FILE` reads that document. It does not tell what forces"
    yield "replacement, nor what stays known on an update: for that, write a file beside those in"
    yield "`bot/plan/providers/`, by looking at a neighbour, and name it in `KNOWN`."


def main() -> None:
    """Print the document."""
    print("\n".join(lines()))


if __name__ == "__main__":
    main()
