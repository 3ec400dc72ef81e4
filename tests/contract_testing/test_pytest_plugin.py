"""The fixtures in a user's tests."""

import pytest

from tests.helpers.examples import EXAMPLES
from tests.helpers.source_tree import ROOT

pytest_plugins = "pytester"

TESTS = """
from pathlib import Path

def test_first(chain, deploy):
    assert chain.head.header.number == 0
    counter = deploy("counter.wat")
    assert chain.send(counter, bytes.fromhex("d09de08a")).succeeded
    assert int.from_bytes(chain.call(counter, bytes.fromhex("6d4ce63c")).output) == 1

def test_second_begins_anew(chain, deploy):
    assert chain.head.header.number == 0
    assert chain.nonce(chain.accounts[0].address) == 0
    counter = deploy(Path("counter.wat"), sender=chain.accounts[1])
    assert int.from_bytes(chain.call(counter, bytes.fromhex("6d4ce63c")).output) == 0

def test_bytes(deploy):
    assert len(deploy(CODE)) == 20

def test_without(request):
    assert "chain" not in request.fixturenames

CODE = bytes.fromhex("0061736d01000000010401600000030201000503010001"
    "07110204"  "6d61696e0000" "066d656d6f7279" "0200" "0a040102000b")
"""
TRAP = """
def test_trap(deploy):
    deploy(bytes.fromhex("0061736d01000000010401600000030201000503010001"
        "07110204"  "6d61696e0000" "066d656d6f7279" "0200" "0a05010300000b"),
        is_init_code=True)
"""


# As it is loaded where the package is installed; not twice where it is here.
OPTIONS = ("-p", "no:contractvm", "-p", "contract_testing.pytest_plugin")


@pytest.fixture
def user(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    text = (EXAMPLES / "counter" / "counter.wat").read_text()
    pytester.makefile(".wat", counter=text)
    return pytester


def test_each_test_has_a_chain_as_if_it_were_new(user: pytest.Pytester) -> None:
    user.makepyfile(TESTS)
    result = user.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(passed=4)


def test_a_contract_that_cannot_be_deployed_fails_the_test(
    user: pytest.Pytester,
) -> None:
    user.makepyfile(TRAP)
    result = user.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*not deployed: unreachable*"])


def test_the_plugin_imports_nothing_heavy(user: pytest.Pytester) -> None:
    user.makepyfile(
        """
        import sys

        def test_light():
            for name in ("chain_sim", "wasmtime", "hypothesis.stateful", "plyvel"):
                assert name not in sys.modules
        """
    )
    result = user.runpytest_subprocess(*OPTIONS, "-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1)
