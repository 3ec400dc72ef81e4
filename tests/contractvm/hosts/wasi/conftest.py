"""WASI's functions are tested on each engine."""

import pytest

from contractvm.runtime.engine_selection import ENGINES


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)
