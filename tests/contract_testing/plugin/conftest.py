"""A user's project, run by pytest with the plugin as it is when installed."""

from collections.abc import Callable

import pytest

# Before pytester takes its snapshot of modules: compiled ones cannot be loaded again.
import contractvm.wasm.engines.wasmtime.engine  # noqa: F401
from tests.helpers.examples import EXAMPLES

# Not twice where it is here.
OPTIONS = (
    *("-p", "no:contractvm", "-p", "contract_testing.pytest_plugin"),
    *("-p", "no:randomly", "-p", "no:cacheprovider"),
    # Its handlers would stand before wasmtime's, and a trap would end the process.
    *("-p", "no:faulthandler"),
)
Run = Callable[..., pytest.RunResult]
FIXTURES = """
import pytest

ABI = ["increment()(uint256)", "get()(uint256)"]

@pytest.fixture(scope="module")
def counter(cvm):
    made = cvm.deploy("counter.wat", abi=ABI)
    made.increment()
    return made
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with the counter, and a fixture that deploys it."""
    text = (EXAMPLES / "counter" / "counter.wat").read_text()
    pytester.makefile(".wat", counter=text)
    pytester.makefile(".ini", pytest="[pytest]\n")
    pytester.makeconftest(FIXTURES)
    return pytester


@pytest.fixture
def run(project: pytest.Pytester) -> Run:
    """`run("--gas-snapshot")`: the project's tests, in this process."""

    def run_here(*arguments: str) -> pytest.RunResult:
        return project.runpytest_inprocess(*OPTIONS, *arguments)

    return run_here
