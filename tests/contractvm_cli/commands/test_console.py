"""`contractvm console`: its names, its failures, and its hold on the database."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contractvm_cli.commands.console import banner_of
from contractvm_cli.console.running import Console
from contractvm_cli.console.session_chain import SessionChain
from contractvm_cli.options import EngineOptions
from tests.contractvm_cli.conftest import COUNTER, TOKEN_INIT, Run
from tests.helpers.examples import EXAMPLES

ErrorOf = Callable[..., str]
ABI = EXAMPLES / "token" / "token.json"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


@pytest.fixture
def token(run: Run) -> None:
    arguments = ("--init-code", TOKEN_INIT, "--as", "token", "--abi", ABI)
    assert run("deploy", *arguments).code == 0
    assert run("book", "add", "bob", BOB).code == 0


def test_names_of_the_book_are_contracts_and_addresses(run: Run, token: None) -> None:
    assert run("console", "-c", "token.totalSupply()").out == f"{10**24}\n"
    assert run("console", "-c", "bob").out == f"{BOB}\n"
    sent = run("console", "-c", "token.transfer(bob, 5); token.balanceOf(bob)")
    assert sent.out == "5\n"
    assert run("block", "--json").document["number"] == 2


def test_every_tool_is_there(run: Run, token: None) -> None:
    code = f"""
assert chain.head.header.number == 1 and len(accounts) == 10
assert ether('1.5') == 15 * 10**17 and gwei(2) == 2 * 10**9
assert keccak('hello').hex()[:8] == '1c8aff95'
assert Contract(token.address, Abi.read({str(ABI)!r}), chain) == book['token']
receipt = token.transfer(bob, 1)
assert 'Transfer' in str(trace(receipt))
"""
    outcome = run("console", "-c", code)
    assert (outcome.code, outcome.out) == (0, ""), outcome.err
    code = "with reverts('balance too low'): token.transfer(bob, 1, sender=accounts[2])"
    assert run("console", "-c", code).code == 0
    outcome = run("console", "-c", "with reverts(): token.transfer(bob, 1)")
    assert outcome.code == 1
    assert "nothing reverted" in outcome.err


def test_a_failure_is_a_paragraph_with_its_place(run: Run, token: None) -> None:
    outcome = run("console", "-c", "token.transfer(bob, 1, sender=accounts[2])")
    assert (outcome.code, outcome.out) == (1, "")
    first, *frames, hint = outcome.err.splitlines()
    assert first.startswith("RevertedWithReason: token.transfer(")
    assert "reverted: balance too low" in first
    assert "revert_with_reason" in frames[0]
    assert hint == "  trace(_) shows what led there"
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("1 +", "error: -c:1: SyntaxError: invalid syntax (-c, line 1)"),
        ("\n1 / 0", "error: -c:2: ZeroDivisionError: division by zero"),
        ("def f():\n  return gone\nf()", "error: -c:2: NameError: name 'gone' is not"),
        ("chain.send('bob', b'')", "InvalidText: "),
    ],
)
def test_a_fault_of_the_code_is_one_line(run: Run, code: str, line: str) -> None:
    outcome = run("console", "-c", code)
    assert outcome.code == 1
    assert outcome.err.startswith(line)
    assert len(outcome.err.splitlines()) == 1


def test_files_are_run_first(run: Run) -> None:
    Path("one.py").write_text("x = 20\n")
    Path("two.py").write_text("x += 22\n")
    assert run("console", "one.py", "two.py", "-c", "x").out == "42\n"
    Path("two.py").write_text("x\n\ny\n")
    outcome = run("console", "one.py", "two.py", "-c", "x")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "error: two.py:3: NameError: name 'y' is not defined\n"


def test_without_a_chain_it_is_one_in_memory(run: Run, error_of: ErrorOf) -> None:
    code = f"chain.deploy({str(COUNTER)!r}).block_number"
    assert run("console", "-c", code).out == "1\n"
    assert not Path(".contractvm").exists()
    assert "no chain in gone" in error_of("console", "--db", "gone", "-c", "1")


def test_json_has_the_value(run: Run, error_of: ErrorOf) -> None:
    assert run("console", "-c", "'a'", "--json").document == {
        "format": "contractvm-console",
        "version": 1,
        "value": "'a'",
    }
    assert run("console", "-c", "None", "--json").document["value"] is None
    assert "--json is for" in error_of("console", "--json", code=2)


def test_the_database_is_open_while_a_statement_runs_only(
    run: Run, token: None
) -> None:
    chain = SessionChain(Path(".contractvm/chain"), EngineOptions())
    seen: list[int] = []
    names = {"chain": chain, "seen": seen}
    console = Console(names, chain.opened)
    assert not console.push("seen.append(chain.head.header.number)")
    assert run("mine").code == 0  # the lock is free
    assert not console.push("seen.append(chain.head.header.number)")
    assert seen == [1, 2]
    with pytest.raises(AttributeError, match="open while a statement runs"):
        _ = chain.head


def test_statements_are_read_from_stdin(run: Run, token: None) -> None:
    program = "import sys; from contractvm_cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "console"],
        input="x = 20\nx + 22\ntoken.transfer(bob, 1, sender=accounts[2])\n1 + 1\n",
        env={"PYTHONPATH": str(EXAMPLES.parent), "PATH": "", "HOME": "."},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.split() == [">>>", ">>>", "42", ">>>", ">>>", "2", ">>>"]
    assert "reverted: balance too low" in done.stderr
    assert "Traceback" not in done.stderr
    banner = [line for line in done.stderr.splitlines() if line][:3]
    assert banner[0].startswith("contractvm ")
    assert banner[1] == "chain in .contractvm/chain, block 1"
    assert "token" in banner[2].split(", ")


def test_the_banner_has_three_lines(run: Run) -> None:
    chain = SessionChain(Path(".contractvm/chain"), EngineOptions())
    run("deploy", COUNTER)
    with chain.opened():
        assert len(banner_of(chain, Path("x"), {"a": 1}).splitlines()) == 3
