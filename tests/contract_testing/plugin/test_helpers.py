"""What `cvm` does for a test: reverts, prank, deal, warp, roll, paths."""

import pytest

from tests.contract_testing.plugin.conftest import OPTIONS, Run
from tests.helpers.source_tree import ROOT
from tests.helpers.vault_contract import CODE, TEXT

pytest_plugins = "pytester"


@pytest.fixture
def vault_project(project: pytest.Pytester) -> pytest.Pytester:
    """A project with the scripted vault."""
    (project.path / "vault.wasm").write_bytes(CODE)
    (project.path / "vault.sol").write_text(TEXT)
    project.makeconftest(
        """
        import pytest

        @pytest.fixture
        def vault(cvm):
            return cvm.deploy("vault.wasm", abi="vault.sol")
        """
    )
    return project


def test_a_failure_that_is_expected(vault_project: pytest.Pytester, run: Run) -> None:
    vault_project.makepyfile(
        """
        import re
        from contract_testing import Trapped

        def test_all(cvm, vault):
            with cvm.reverts("too little"):
                vault.reason()
            with cvm.reverts(re.compile("lit+le$")):
                vault.reason()
            with cvm.reverts(vault.errors.TooLittle):
                vault.withdraw(9)
            with cvm.reverts(vault.errors.TooLittle, have=5):
                vault.withdraw.call(9)
            with cvm.reverts(vault.errors.TooLittle(have=5, want=9)):
                vault.withdraw(9)
            with cvm.reverts(panic=0x11):
                vault.panic()
            with cvm.reverts(Trapped, kind="unreachable"):
                vault.crash()
            with cvm.reverts() as failed:
                vault.nothing()
                raise AssertionError("what follows does not run")
            assert failed.where.frames[0].func_name == "main"
            assert not failed.receipt.succeeded
            with cvm.reverts("too little"):
                vault.withdraw(9, check=False)
                vault.reason()
        """
    )
    run().assert_outcomes(passed=1)


def test_another_outcome_fails_the_test_and_says_what_came(
    vault_project: pytest.Pytester, run: Run
) -> None:
    vault_project.makepyfile(
        """
        def test_other_error(cvm, vault):
            with cvm.reverts(vault.errors.TooLittle, have=5):
                vault.panic()

        def test_other_argument(cvm, vault):
            with cvm.reverts(vault.errors.TooLittle, have=6):
                vault.withdraw(9)

        def test_other_reason(cvm, vault):
            with cvm.reverts("too much"):
                vault.reason()

        def test_part_of_a_reason(cvm, vault):
            with cvm.reverts("too"):
                vault.reason()

        def test_trap_is_no_revert(cvm, vault):
            with cvm.reverts():
                vault.crash()

        def test_out_of_gas_is_no_revert(cvm, vault):
            with cvm.reverts():
                vault.nothing(gas_limit=21_500)

        def test_nothing(cvm, vault):
            with cvm.reverts():
                vault.deposit()
                vault.withdraw(9, check=False)
        """
    )
    result = run()
    result.assert_outcomes(failed=7)
    result.stdout.fnmatch_lines(
        [
            "*expected TooLittle(have=5), got Panicked: arithmetic underflow or"
            " overflow (0x11) at code 0x*",
            "*expected TooLittle(have=6), got TooLittle(have=5, want=9) at code*",
            "*expected reverted: too much, got reverted: too little at code*",
            "*expected a revert, got unreachable at code 0x*",
            "*expected a revert, got out of gas: *",
            "*nothing reverted; 1 transaction succeeded in the block*",
        ]
    )


def test_a_failed_test_shows_where_the_contract_failed(
    vault_project: pytest.Pytester, run: Run
) -> None:
    vault_project.makepyfile("def test_it(vault):\n    vault.crash()\n")
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*contract where*", "unreachable", "  main  code 0x*"])


def test_circumstances(vault_project: pytest.Pytester, run: Run) -> None:
    vault_project.makepyfile(
        """
        import pytest
        from contract_testing import NotAvailable, UnfitValue, ether

        STRANGER, OTHER = b"\\x11" * 20, b"\\x22" * 20

        def test_prank(cvm, vault):
            with cvm.prank(STRANGER):
                assert vault.deposit().sender == STRANGER
                with cvm.prank("0x" + OTHER.hex()):
                    assert vault.deposit().sender == OTHER
                assert vault.deposit().sender == STRANGER
                assert vault.deposit(sender=cvm.accounts[1]).sender == (
                    cvm.accounts[1].address
                )
            assert vault.deposit().sender == cvm.accounts[0].address
            with pytest.raises(NotAvailable):
                vault.deposit(sender=STRANGER)

        def test_deal(cvm):
            for balance in ("1.5 ether", 7, 0):
                cvm.deal(OTHER, balance)
                expected = ether("1.5") if balance == "1.5 ether" else balance
                assert cvm.chain.balance(OTHER) == expected
            with pytest.raises(UnfitValue):
                cvm.deal(OTHER, -1)

        def test_code_and_storage(cvm, vault):
            cvm.set_code(OTHER, cvm.chain.code(vault))
            cvm.set_storage(OTHER, 3, 9)
            copy = cvm.load(OTHER, "vault.sol")
            assert copy.both().a == 1
            assert copy.storage_at(3) == (9).to_bytes(32, "big")

        def test_roll(cvm):
            assert cvm.roll(block=5) == 5
            assert cvm.roll(by=2) == 7
            assert cvm.roll(block=7) == 7
            with pytest.raises(UnfitValue):
                cvm.roll(block=6)
            with pytest.raises(TypeError):
                cvm.roll()

        def test_warp(cvm):
            now = cvm.chain.clock.next_time
            assert cvm.warp(now + 90) == now + 90
            assert cvm.warp(by=30) == now + 120
            for wrong in ("7w", "", "-1d", None):
                with pytest.raises((UnfitValue, TypeError)):
                    cvm.warp(by=wrong)

        def test_accounts(cvm, vault):
            alice = cvm.accounts["alice"]
            assert alice == cvm.accounts["alice"]
            assert alice.address.hex() == "NAMED"
            assert vault.deposit(sender="alice").sender == alice.address
            assert len(cvm.accounts) == 10

        def test_raw(cvm, vault):
            data = vault.withdraw.encode(9)
            with cvm.reverts(vault.errors.TooLittle):
                cvm.send(vault, data)
            assert not cvm.send(vault, data, check=False).succeeded
            assert cvm.call(vault, vault.both.encode()).succeeded
        """.replace("NAMED", "e1ccf2d01c9ec697b829a8d94cbf0a98f6416882")
    )
    run().assert_outcomes(passed=7)


def test_traces_are_of_failures_unless_others_are_wanted(
    vault_project: pytest.Pytester, run: Run
) -> None:
    vault_project.makepyfile(
        """
        def test_fine(vault):
            vault.deposit()

        def test_bad(vault):
            vault.withdraw(9)
        """
    )
    failed = run()
    failed.stdout.fnmatch_lines(["*contract trace*", "Vault::withdraw(9) [[]2,044]"])
    failed.stdout.no_fnmatch_line("Vault::deposit()*")
    everything = run("--contract-trace", "all", "-rA")
    everything.stdout.fnmatch_lines(["Vault::deposit() [[]6,320]"])
    everything.stdout.fnmatch_lines(["Vault::withdraw(9) [[]2,044]"])
    none = run("--contract-trace", "no")
    none.stdout.no_fnmatch_line("*contract trace*")
    none.stdout.fnmatch_lines(["*contract where*"])


# Names


def test_the_only_fixture_is_cvm(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile("def test_chain(chain): pass\n")
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'chain' not found*"])
    listed = run("--fixtures").stdout.str()
    assert "cvm [session scope]" in listed
    assert "contractvm_world" not in listed


SHORT = "[pytest]\ncontractvm_fixtures = chain accounts deploy gas reverts"


def test_short_names_are_there_for_who_asks(project: pytest.Pytester, run: Run) -> None:
    project.makefile(".ini", pytest=SHORT)
    project.makepyfile(
        """
        def test_all(chain, accounts, deploy, gas, reverts, cvm):
            counter = deploy("counter.wat", abi=["increment()(uint256)"])
            assert counter.increment().return_value == 1
            assert chain is cvm.chain and accounts is cvm.accounts
            assert gas is cvm.gas
            with reverts():
                deploy("counter.wat", abi=["nope()"]).nope()
        """
    )
    run("-W", "error").assert_outcomes(passed=1)
    project.makefile(".ini", pytest="[pytest]\ncontractvm_fixtures = chain chains")
    result = run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: contractvm_fixtures: no fixture chains; there are chain, accounts,*"]
    )


def test_a_project_without_contracts_loads_nothing(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makepyfile(
        """
        import sys

        def test_light():
            for name in ("chain_sim", "contractvm", "wasmtime", "plyvel"):
                assert name not in sys.modules
        """
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    project.makeconftest("")
    run = project.runpytest_subprocess(*OPTIONS, "-p", "no:hypothesispytest")
    run.assert_outcomes(passed=1)


def test_an_option_that_is_taken_has_a_prefix(
    project: pytest.Pytester, run: Run
) -> None:
    project.makepyfile(
        other_plugin="""
        def pytest_addoption(parser):
            parser.addoption("--gas-report", action="store_true")
        """,
        test_it="def test_it(counter): counter.increment()",
    )
    project.syspathinsert()
    result = project.runpytest_inprocess(
        *OPTIONS[:2],
        *("-p", "other_plugin"),
        *OPTIONS[2:],
        *("--gas-report", "--contractvm-gas-report"),
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["contractvm: its options are --contractvm-gas-report", "*increment()*"]
    )


def test_all_options_have_a_prefix_where_that_is_asked(
    project: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACTVM_PYTEST_PREFIX", "1")
    project.makepyfile("def test_it(counter): counter.increment()")
    assert run("--gas-report").ret == pytest.ExitCode.USAGE_ERROR
    run("--contractvm-gas-report", "--contractvm-engine", "wasmtime").assert_outcomes(
        passed=1
    )
