"""The table of providers and their files say the same, and no file is left out."""

from pathlib import Path

import pytest

from bot.plan import providers
from bot.plan.providers import BUILTIN, KNOWN, provider

FOLDER = Path(providers.__file__).parent


@pytest.mark.parametrize("source", KNOWN)
def test_a_source_finds_its_facts(source: str) -> None:
    found = provider(source)
    assert found is not None
    assert found.source == source


@pytest.mark.parametrize("source", [source for source in KNOWN if source != BUILTIN])
def test_a_host_before_the_source_changes_nothing(source: str) -> None:
    assert provider(f"registry.opentofu.org/{source}") is provider(source)


def test_other_sources_find_none() -> None:
    assert provider("hashicorp/aws") is None


def test_no_file_with_a_provider_is_left_out() -> None:
    with_facts = {path.stem for path in FOLDER.glob("*.py") if "\nPROVIDER = " in path.read_text()}
    assert with_facts == set(KNOWN.values())
