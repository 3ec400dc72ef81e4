"""Isolation: each fixture's changes last as long as it, a test's until its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import pytest

from contract_testing.plugin.world import Mark, World

NO_ISOLATION = "contractvm_no_isolation"
# Where Hypothesis keeps the settings of a test.
SETTINGS_NAME = "_hypothesis_internal_use_settings"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A fixture that has changed the world, and how it was before."""

    fixture: Any
    before: Mark


class Isolation:
    """The layers on top of each other, and the test that runs on them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._layers: list[Layer] = []
        self._test: Mark | None = None

    def begin_test(self, item: pytest.Item) -> None:
        """Remember the world before the test's own fixtures, once; restore it last."""
        if self._test is not None or item.get_closest_marker(NO_ISOLATION):
            return
        self._test = self.world.mark()
        self.world.keep_from(self._test)
        item.addfinalizer(self._end_test)

    def _end_test(self) -> None:
        if self._test is not None:
            self.world.restore(self._test)
            self._test = None
            self.world.keep_from(None)

    def require_unchanged(self, fixture: Any, request: pytest.FixtureRequest) -> None:
        """Raise UsageError for a wider fixture on top of what the test has done."""
        if self._test is None or self.world.state() == self._test.state:
            return
        # finish() does nothing without a result, and pytest fails at the next request
        # if a finalizer is left.
        fixture.cached_result = (None, fixture.cache_key(request), None)
        fixture.finish(request)
        raise pytest.UsageError(
            f"fixture {fixture.argname} ({fixture.scope}) must be requested before the"
            " test changes the chain"
        )

    def keep(self, fixture: Any, before: Mark, request: pytest.FixtureRequest) -> None:
        """A wider fixture has been made: what it changed stays until its end."""
        if self.world.state() == before.state:
            return
        layer = Layer(fixture, before)
        self._layers.append(layer)
        fixture.addfinalizer(lambda: self._leave(layer, request))
        if self._test is not None:
            self._test = self.world.mark()
            self.world.keep_from(self._test)

    def _leave(self, layer: Layer, request: pytest.FixtureRequest) -> None:
        if layer not in self._layers:
            return
        place = self._layers.index(layer)
        above = self._layers[place + 1 :]
        del self._layers[place:]
        self.world.restore(layer.before)
        # What stood on it is made again when it is asked for.
        for other in above:
            other.fixture.finish(request)

    @contextmanager
    def example(self) -> Iterator[None]:
        """An example of a property: the next one begins where this one did."""
        before = self.world.mark()
        try:
            yield
        finally:
            self.world.restore(before)


def isolate_examples(
    item: pytest.Item,
    isolation: Isolation,
    around: Callable[[], Any],
    *,
    is_fixed: bool,
) -> Callable[[], None]:
    """Give each example of a Hypothesis test its own state; returns how to stop.

    `around` makes a context manager that is entered with each example. With `is_fixed`
    the examples are the same in each run.
    """
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    if handle is None:
        return lambda: None
    inner = handle.inner_test

    @wraps(inner)
    def run(*args: Any, **kwargs: Any) -> Any:
        with isolation.example(), around():
            return inner(*args, **kwargs)

    handle.inner_test = run
    function = getattr(item, "obj", None)
    settings = getattr(function, SETTINGS_NAME, None)
    if is_fixed and settings is not None:
        fixed = type(settings)(settings, derandomize=True, database=None)
        setattr(function, SETTINGS_NAME, fixed)

    def stop() -> None:
        handle.inner_test = inner
        if settings is not None:
            setattr(function, SETTINGS_NAME, settings)

    return stop
