"""Engines by name."""

import pytest

from contractvm.runtime.engine_selection import ENGINES, UnknownEngine, make_engine


@pytest.mark.parametrize("name", ENGINES)
def test_engine_is_made_by_the_name_that_it_has(name: str) -> None:
    assert make_engine(name).name == name


def test_default_engine_is_the_interpreter() -> None:
    assert make_engine().name == "interpreter"


def test_unknown_engine_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UnknownEngine) as raised:
        make_engine("v8")
    assert raised.value.name == "v8"
    assert str(raised.value) == "no engine 'v8': there are interpreter and wasmtime"
