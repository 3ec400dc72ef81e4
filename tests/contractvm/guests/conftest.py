"""Fixtures of the tests of guests."""

import pytest

from contractvm.runtime.engine_selection import ENGINES


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name
