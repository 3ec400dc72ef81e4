"""The verbs that only read: accounts, balance, storage, code, tx, receipt, block."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.primitives.text import format_address
from tests.contractvm_cli.conftest import Run
from tests.helpers.examples import example

ErrorOf = Callable[..., str]
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
STRANGER = "0x9999999999999999999999999999999999999999"
WARNING = (
    "warning: these keys are public: never send them anything of value on a"
    " public chain\n"
)


def test_accounts_shows_keys_and_warns(run: Run) -> None:
    outcome = run("accounts", "--json")
    assert outcome.err == WARNING
    assert not Path(".contractvm").exists()
    document = outcome.document
    assert document["mnemonic"].endswith(" junk")
    assert document["accounts"] == [
        {
            "index": account.index,
            "address": format_address(account.address),
            "privateKey": "0x" + account.private_key.hex(),
            "balance": None,
        }
        for account in DEVELOPER_ACCOUNTS
    ]


def test_accounts_shows_balances_where_there_is_a_chain(run: Run, counter: str) -> None:
    balances = [a["balance"] for a in run("accounts", "--json").document["accounts"]]
    assert balances[1:] == [10_000 * 10**18] * 9
    assert balances[0] == run("balance", ALICE, "--json").document["balance"]
    lines = run("accounts").out.splitlines()
    assert len(lines) == 12
    assert lines[3].endswith("   10000000000000000000000 wei (10000 ether)")


def test_accounts_without_a_chain_shows_no_balance_column(run: Run) -> None:
    assert run("accounts").out.splitlines()[0].split() == ["address", "private", "key"]


def test_balance_is_in_wei(run: Run, counter: str) -> None:
    run("send", STRANGER, "--value", "2gwei")
    assert run("balance", STRANGER).out == (
        "balance  2000000000 wei (0.000000002 ether)\nnonce    0\n"
    )


def test_storage_is_read_by_number(run: Run, counter: str) -> None:
    run("send", counter, "increment()")
    one = "0x" + "00" * 31 + "01"
    assert run("storage", counter, 0).out == one + "\n"
    assert run("storage", counter, "0x0", "--json").document == {
        "address": counter,
        "slot": "0x" + "00" * 32,
        "value": one,
    }
    assert run("storage", counter, 1).out == "0x" + "00" * 32 + "\n"


def test_code_is_shown_or_written(run: Run, counter: str) -> None:
    code = example("counter/counter.wat")
    assert run("code", counter).out == f"0x{code.hex()}\n"
    assert run("code", counter, "--json").document["size"] == len(code)
    outcome = run("code", counter, "--out", "contract.wasm")
    assert outcome.out == f"{len(code)} bytes written to contract.wasm\n"
    assert Path("contract.wasm").read_bytes() == code
    assert run("code", STRANGER).out == "0x\n"


def test_transaction_and_receipt_are_found_by_hash(run: Run, counter: str) -> None:
    sent = run("send", counter, "increment()", "--value", 0, "--json").document
    sent.pop("decoded")
    tx_hash = sent["transactionHash"]
    assert run("receipt", tx_hash, "--json").document == sent
    tx = run("tx", tx_hash, "--json").document
    signature = [tx.pop(field) for field in ("v", "r", "s")]
    assert signature[0] in (31337 * 2 + 35, 31337 * 2 + 36)
    assert all(len(number) == 66 for number in signature[1:])
    assert tx == {
        "hash": tx_hash,
        "blockHash": sent["blockHash"],
        "blockNumber": 2,
        "transactionIndex": 0,
        "from": ALICE,
        "to": counter,
        "nonce": 1,
        "value": 0,
        "gas": 30_000_000,
        "gasPrice": 1_000_000_000,
        "input": "0xd09de08a",
        "chainId": 31337,
    }
    assert f"transaction  {tx_hash}\n" in run("receipt", tx_hash).out
    assert "value             0 wei (0 ether)\n" in run("tx", tx_hash).out


def test_a_failed_transaction_s_receipt_is_no_failure_to_read(
    run: Run, counter: str
) -> None:
    run("send", counter, "dance()")
    (tx_hash,) = run("block", "--json").document["transactions"]
    outcome = run("receipt", tx_hash)
    assert outcome.code == 0
    assert "status       failed: reverted without a reason\n" in outcome.out


def test_a_block_is_found_by_number_hash_and_latest(run: Run, counter: str) -> None:
    run("send", counter, "increment()")
    newest = run("block", "--json").document
    assert newest["number"] == 2
    assert newest["timestamp"] == 1_700_000_002
    assert run("block", "latest", "--json").document == newest
    assert run("block", "2", "--json").document == newest
    assert run("block", newest["hash"], "--json").document == newest
    first = run("block", "1", "--json").document
    assert newest["parentHash"] == first["hash"]
    assert newest["stateRoot"] != first["stateRoot"]
    assert f"stateRoot         {newest['stateRoot']}\n" in run("block").out
    assert len(newest["logsBloom"]) == 514


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["block", "2"], "error: the chain has no block with number 2"),
        (
            ["block", "0x" + "ab" * 32],
            f"error: the chain has no block with hash 0x{'ab' * 32}",
        ),
        (
            ["tx", "0x" + "ab" * 32],
            f"error: the chain has no transaction 0x{'ab' * 32}; `contractvm block`"
            " lists those of the newest block",
        ),
    ],
)
def test_what_the_chain_does_not_have_is_one_line(
    error_of: ErrorOf, counter: str, arguments: list[str], line: str
) -> None:
    assert error_of(*arguments) == line


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["block", "a b"], "give a number, a hash, a branch's name, head or latest"),
        (["tx", "0x12"], "1 bytes, not 32"),
        (["receipt", "12"], "does not start with 0x"),
        (["storage", STRANGER, "-1"], "not between 0 and 2^256 - 1"),
        (["storage", STRANGER, "x"], "not a number: 'x'"),
    ],
)
def test_wrong_text_is_wrong_usage(
    error_of: ErrorOf, arguments: list[str], reason: str
) -> None:
    assert reason in error_of(*arguments, code=2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["balance", STRANGER],
        ["storage", STRANGER, "0"],
        ["code", STRANGER],
        ["tx", "0x" + "ab" * 32],
        ["receipt", "0x" + "ab" * 32],
        ["block"],
    ],
)
def test_reading_creates_no_database(error_of: ErrorOf, arguments: list[str]) -> None:
    assert error_of(*arguments, "--db", "nowhere") == (
        "error: no chain in nowhere: create one with `contractvm deploy`, or name"
        " another with --db"
    )
    assert not Path("nowhere").exists()
