"""The plugin's Cosmos chain, and chains of another fork: isolation, failures, gas."""

import json
from pathlib import Path
from time import process_time

import pytest

from tests.contract_testing.plugin.conftest import OPTIONS, Run
from tests.helpers.cosmwasm import ECHO
from tests.helpers.cosmwasm_schemas import ECHO_SCHEMA, write_json
from tests.helpers.examples import EXAMPLES

pytest_plugins = "pytester"

FIXTURES = """
import pytest

EMPTY = {"messages": [], "attributes": [], "events": []}

@pytest.fixture(scope="module")
def echo(cvm):
    alice = cvm.cosmos.account("alice", "1000stake")
    return cvm.deploy("echo.wat", schema="schema.json", args={"ok": EMPTY})
"""


@pytest.fixture
def cosmos(project: pytest.Pytester) -> Path:
    """A project with the echo and its schema."""
    project.makefile(".wat", echo=ECHO)
    write_json(project.path / "schema.json", ECHO_SCHEMA)
    project.makeconftest(FIXTURES)
    return project.path


def test_each_test_has_the_state_that_its_fixtures_made(
    project: pytest.Pytester, cosmos: Path, run: Run
) -> None:
    project.makepyfile(
        """
        import pytest
        from conftest import EMPTY
        from contract_testing.plugin.errors import SnapshotOutOfScope, WrongThread

        @pytest.fixture(scope="module")
        def later(cvm, echo):
            cvm.cosmos.pass_time(60)
            cvm.cosmos.handlers.queries["custom"] = lambda context, request: {}

        @pytest.mark.parametrize("turn", range(3))
        def test_leaves_nothing(cvm, echo, later, turn):
            chain = cvm.cosmos
            before = chain.head.time
            assert (chain.head.height, chain.passed_time) == (4, 60)
            assert list(chain.handlers.queries) == ["custom"]
            bob = chain.account("bob", "5stake")
            echo.execute.ok(**EMPTY, sender=bob, funds="5stake")
            chain.pass_time(7)
            chain.handlers.messages["x"] = None
            chain.handlers.queries.clear()
            assert chain.balances(echo.address) == {"stake": 5}
            assert chain.head.time == before + 70_000_000_000
            mine = chain.snapshot()
            echo.execute.ok(**EMPTY)
            chain.revert(mine)
            with pytest.raises(SnapshotOutOfScope):
                chain.revert(3)

        def test_after(cvm, echo):
            assert cvm.cosmos.balances(echo.address) == {}
            assert cvm.cosmos.handlers.messages == {}
            import threading
            errors = []

            def work():
                try:
                    echo.execute.ok(**EMPTY)
                except WrongThread as error:
                    errors.append(error)

            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            assert len(errors) == 1
        """
    )
    run().assert_outcomes(passed=4)
    run("-p", "no:randomly", "--contract-engine", "wasmtime").assert_outcomes(passed=4)


def test_a_chain_that_a_test_makes_is_as_new_for_the_next(
    project: pytest.Pytester, cosmos: Path, run: Run
) -> None:
    project.makepyfile(
        """
        def test_one(cvm):
            assert cvm.cosmos.head.height == 1
            cvm.cosmos.account("alice", "1stake")

        def test_two(cvm):
            assert cvm.cosmos.head.height == 1

        def test_release(cvm):
            assert cvm.cosmos.config.release == "wasmd-0.60.8"
        """
    )
    run("--contract-release", "wasmd-0.60.8").assert_outcomes(passed=3)


def test_contracts_errors_are_expected_as_reverts_are(
    project: pytest.Pytester, cosmos: Path, run: Run
) -> None:
    project.makepyfile(
        """
        import re
        import pytest
        from conftest import EMPTY
        from contract_testing import ContractError, OutOfGas

        def test_expected(cvm, echo):
            for expected in (None, "no luck", re.compile("luck"), ContractError):
                with cvm.reverts(expected):
                    echo.execute.error("no luck")
            with cvm.reverts(ContractError, text="no luck") as failed:
                echo.query.error("no luck")
            assert failed.failed.text == "no luck"
            with cvm.reverts(OutOfGas):
                echo.execute.ok(**EMPTY, gas_limit=1)

        def test_nothing(cvm, echo):
            with cvm.reverts():
                echo.execute.ok(**EMPTY)

        def test_other(cvm, echo):
            with cvm.reverts("good luck"):
                echo.execute.error("no luck")

        def test_out_of_gas_is_no_revert(cvm, echo):
            with cvm.reverts():
                echo.execute.ok(**EMPTY, gas_limit=1)
        """
    )
    result = run()
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*nothing reverted; 1 transaction succeeded in the block",
            "*expected reverted: good luck, got ContractError: no luck",
            "*expected a revert, got out of gas with a limit of 1",
        ]
    )


GAS_TESTS = """
from conftest import EMPTY

def test_both(cvm, echo):
    echo.execute.ok(**EMPTY)
    receipt = echo.execute.ok(**EMPTY)
    assert cvm.gas.snapshot("one", receipt) == receipt.gas.sdk
    with cvm.gas.measure("two"):
        echo.execute.ok(**EMPTY, check=False)
        echo.execute.error("no", check=False)

def test_none(echo):
    assert echo.query.ok(b"1") == 1
"""


def test_gas_files_have_both_kinds_of_gas(
    project: pytest.Pytester, cosmos: Path, run: Run
) -> None:
    project.makepyfile(test_a=GAS_TESTS)
    assert run("--gas-snapshot").ret == 0
    assert (cosmos / ".gas-snapshot").read_text() == (
        "test_a:test_both(sdk gas) (gas: 255216)\n"
        "test_a:test_both(vm gas) (gas: 27400300)"
    )
    assert json.loads((cosmos / "snapshots" / "test_a.json").read_bytes()) == {
        "one (sdk gas)": "63813",
        "one (vm gas)": "8116240",
        "two (sdk gas)": "127590",
        "two (vm gas)": "11167820",
    }
    meta = json.loads((cosmos / ".gas-snapshot.meta.json").read_bytes())
    assert meta["cosmos"] == "wasmd-0.70.3"
    assert run("--gas-snapshot-check").ret == 0
    # A run of other tests says nothing of the release.
    assert run("--gas-snapshot-check", "-k", "none").ret == 0
    other = run("--gas-snapshot-check", "--contract-release", "wasmd-0.50.0")
    assert other.ret == 1
    other.stdout.fnmatch_lines(
        ["the gas file is for cosmos wasmd-0.70.3, this run has wasmd-0.50.0"]
    )
    project.makepyfile(test_a="def test_other(echo): pass")
    gone = run("--gas-snapshot-check")
    assert gone.ret == 1
    gone.stdout.fnmatch_lines(["*test_a:test_both(sdk gas)* -> gone"])


def test_a_short_fixture_is_the_cosmos_chain(
    project: pytest.Pytester, cosmos: Path, run: Run
) -> None:
    project.makepyfile("def test_short(cosmos, cvm): assert cosmos is cvm.cosmos")
    project.makefile(".ini", pytest="[pytest]\ncontractvm_fixtures = cosmos\n")
    run().assert_outcomes(passed=1)


def test_the_chain_is_of_the_fork_that_an_option_names(
    project: pytest.Pytester, run: Run
) -> None:
    code = (EXAMPLES / "stylus" / "counter.wasm").read_bytes()
    (project.path / "program.wasm").write_bytes(code)
    project.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="module")
        def program(cvm):
            return cvm.deploy("program.wasm", abi=["number()(uint256)", "increment()"])

        @pytest.mark.parametrize("turn", range(2))
        def test_program(cvm, program, turn):
            assert cvm.chain.fork.name == "arbitrum"
            assert cvm.chain.arbos.is_usable(program.address)
            program.increment()
            assert program.number.call() == 1
        """
    )
    run("--contract-fork", "arbitrum").assert_outcomes(passed=2)
    unknown = run("--contract-fork", "x")
    unknown.assert_outcomes(errors=2)


def test_the_worker_count_changes_nothing(
    project: pytest.Pytester, cosmos: Path
) -> None:
    project.makepyfile(test_a=GAS_TESTS)
    assert project.runpytest_subprocess(*OPTIONS, "-n", "2", "--gas-snapshot").ret == 0
    assert "test_both(vm gas)" in (cosmos / ".gas-snapshot").read_text()


@pytest.mark.slow
def test_three_hundred_isolated_tests_take_six_seconds(
    project: pytest.Pytester, cosmos: Path, run: Run
) -> None:
    """Of processor time: a thousand take ten seconds on two workers."""
    project.makepyfile(
        """
        import pytest
        from conftest import EMPTY

        @pytest.mark.parametrize("turn", range(300))
        def test_send(cvm, echo, turn):
            assert cvm.cosmos.balances(echo.address) == {}
            echo.execute.ok(**EMPTY, funds="5stake")
        """
    )
    start = process_time()
    run("-q").assert_outcomes(passed=300)
    assert process_time() - start < 6
