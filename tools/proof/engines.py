"""Oracle d: the instrumented module on both engines, equal to the unit."""

from tests.helpers.compare_engines import compare_engines
from tools.proof.corpora import Case
from tools.proof.result import Result


def compare_on_engines(case: Case) -> Result:
    """Call all funcs on both engines: values, traps, gas left, memory, host calls."""
    found = compare_engines(case.wasm, case.seed)
    difference = None if found.difference is None else repr(found.difference)
    return Result(found.calls, difference, found.skipped)
