"""The table names every function's area, and an area has exactly the functions that it names."""

from pathlib import Path

import pytest

import bot.plan.functions.signature as signature
from bot.plan.functions.table import FUNCTIONS, find, functions_of

FOLDER = Path(signature.__file__).parent


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_name_finds_its_function(name: str) -> None:
    assert isinstance(find(name), signature.Function)
    assert find(f"core::{name}") is find(name)


@pytest.mark.parametrize("area", sorted(set(FUNCTIONS.values())))
def test_an_area_has_what_the_table_names(area: str) -> None:
    assert set(functions_of(area)) == {name for name, its in FUNCTIONS.items() if its == area}


def test_no_file_with_functions_is_left_out() -> None:
    with_functions = {
        path.stem for path in FOLDER.glob("*.py") if ": Function(" in path.read_text()
    }
    assert with_functions == set(FUNCTIONS.values())


def test_other_names_find_nothing() -> None:
    assert find("no_such_function") is None
