"""`contractvm call` and `send`: arguments in, results and receipts out."""

from collections.abc import Callable

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.primitives.text import Address, format_address
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    encode_transaction,
    sign_transaction,
)
from tests.contractvm_cli.conftest import Run

ErrorOf = Callable[..., str]
ALICE, BOB = (format_address(account.address) for account in DEVELOPER_ACCOUNTS[:2])
STRANGER = "0x9999999999999999999999999999999999999999"
SUPPLY = 10**24


def test_a_call_shows_the_decoded_result_and_keeps_nothing(
    run: Run, counter: str
) -> None:
    for _ in range(2):
        document = run("call", counter, "increment()(uint256)", "--json").document
        assert document["decoded"] == [1]
        assert document["output"] == "0x" + "00" * 31 + "01"
        assert (document["status"], document["error"], document["logs"]) == (
            1,
            None,
            [],
        )
    assert run("storage", counter, 0).out == "0x" + "00" * 32 + "\n"


def test_the_gas_of_a_call_is_that_of_the_transaction(run: Run, counter: str) -> None:
    called = run("call", counter, "increment()", "--json").document
    sent = run("send", counter, "increment()", "--json").document
    assert called["gasUsed"] == sent["gasUsed"]
    assert run("call", counter, "get()(uint256)").out.splitlines()[0] == "result    1"


def test_data_is_the_other_way_to_call(run: Run, counter: str) -> None:
    run("send", counter, "--data", "0xd09de08a")
    document = run("call", counter, "--data", "0x6d4ce63c", "--json").document
    assert document["decoded"] is None
    assert int(document["output"], 16) == 1


def test_send_shows_the_receipt_with_what_was_returned(run: Run, token: str) -> None:
    outcome = run(
        "send", token, "transfer(address,uint256)(bool)", BOB, "1.5ether", "--json"
    )
    document = outcome.document
    assert document["decoded"] == [True]
    assert document["blockNumber"] == 2
    assert document["to"] == token
    (log,) = document["logs"]
    assert log["logIndex"] == 0
    assert log["address"] == token
    assert log["topics"][2] == "0x" + "00" * 12 + BOB[2:].lower()
    assert int(log["data"], 16) == 15 * 10**17
    called = run("call", token, "balanceOf(address)(uint256)", BOB, "--json").document
    assert called["decoded"] == [15 * 10**17]


def test_people_read_results_and_logs(run: Run, token: str) -> None:
    out = run("send", token, "transfer(address,uint256)(bool)", BOB, 5).out
    assert "status       success\n" in out
    assert f"logs         0: from {token}\n" in out
    assert out.endswith("result       true\n")
    assert run("call", token, "name()(string)").out.startswith(
        "result    Example Token\n"
    )


def test_a_call_may_be_from_anybody(run: Run, error_of: ErrorOf, token: str) -> None:
    transfer = "transfer(address,uint256)"
    assert run("call", token, transfer, BOB, 1).code == 0
    outcome = run("call", token, transfer, BOB, 1, "--from", STRANGER)
    assert outcome.code == 1
    assert outcome.err == "error: call failed: reverted: balance too low\n"
    assert run("call", token, transfer, BOB, 1, "--from", 1).code == 1


def test_a_revert_is_a_receipt_with_exit_code_one(run: Run, token: str) -> None:
    outcome = run("send", token, "transfer(address,uint256)", BOB, SUPPLY + 1, "--json")
    assert outcome.code == 1
    assert outcome.err == (
        "error: transaction failed, its gas is paid: reverted: balance too low\n"
    )
    assert '"status": 0' in outcome.out
    assert '"error": "reverted"' in outcome.out
    assert '"revertReason": "balance too low"' in outcome.out


def test_a_revert_without_data_says_so(run: Run, counter: str) -> None:
    outcome = run("call", counter, "dance()")
    assert outcome.err == "error: call failed: reverted without a reason\n"


def test_output_of_other_types_is_an_error_of_the_call_only(
    run: Run, error_of: ErrorOf, counter: str
) -> None:
    line = error_of("call", counter, "get()(string)")
    assert line.startswith(
        "error: the call succeeded, but its output is not (string): "
    )
    outcome = run("send", counter, "increment()(string)", "--json")
    assert outcome.document["decoded"] is None
    assert outcome.err.startswith("warning: the output is not (string): ")


@pytest.mark.parametrize("verb", ["call", "send"])
def test_an_account_without_code_is_no_contract(
    run: Run, error_of: ErrorOf, counter: str, verb: str
) -> None:
    assert error_of(verb, STRANGER, "get()") == (
        f"error: no contract at {STRANGER}: the account has no code on this chain;"
        " is the address right, and --db?"
    )
    assert run("block", "--json").document["number"] == 1


def test_a_precompile_can_be_called(run: Run, counter: str) -> None:
    identity = "0x0000000000000000000000000000000000000004"
    document = run("call", identity, "--data", "0x010203", "--json").document
    assert document["output"] == "0x010203"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["transfer(address,uint256)", BOB], "2 arguments needed, 1 given"),
        (["transfer(address,uint256)", "bob", 1], "not an address: 'bob'"),
        (["transfer(address,uint256)", BOB, "-1"], "not uint256: '-1': out of range"),
        (["transfer"], "not a signature: 'transfer'"),
        (["f()", "--data", "0x"], "Give either a SIGNATURE or --data, not both"),
        (["--data", "0x1"], "not data: '0x1': odd number of digits"),
        (["--data", "12"], "not data: '12': does not start with 0x"),
        (["f()", "--speed"], "No such option '--speed'"),
        (["f()", "--value", "1finney"], "not a number: '1finney'"),
    ],
)
@pytest.mark.parametrize("verb", ["call", "send"])
def test_wrong_arguments_are_wrong_usage(
    error_of: ErrorOf, verb: str, arguments: list[object], reason: str
) -> None:
    line = error_of(verb, STRANGER, *arguments, code=2)
    assert reason in line
    assert line.endswith(f"; see 'contractvm {verb} --help'")


def test_a_missing_chain_is_not_created_by_a_call(error_of: ErrorOf) -> None:
    line = (
        "error: no chain in .contractvm/chain: create one with `contractvm deploy`, or"
        " name another with --db"
    )
    assert error_of("call", STRANGER, "f()") == line
    assert error_of("send", STRANGER, "f()") == line
    assert error_of("block") == line


def test_ether_can_begin_a_chain(run: Run) -> None:
    outcome = run("send", STRANGER, "--value", "1.5ether", "--from", 1, "--json")
    assert outcome.err.startswith("new chain in .contractvm/chain: ")
    assert outcome.document["gasUsed"] == 21_000
    assert run("balance", STRANGER, "--json").document["balance"] == 15 * 10**17
    assert run("balance", BOB, "--json").document == {
        "address": BOB,
        "balance": 10_000 * 10**18 - 15 * 10**17 - 21_000 * 10**9,
        "nonce": 1,
    }


def signed(nonce: int, chain_id: int | None = 31337) -> str:
    """A transfer of one wei by the second developer account, for `--raw`."""
    tx = Transaction(nonce, 1, 21_000, Address(b"\x99" * 20), 1, b"")
    key = DEVELOPER_ACCOUNTS[1].private_key
    return "0x" + encode_transaction(sign_transaction(tx, key, chain_id)).hex()


def test_raw_submits_a_signed_transaction_once(run: Run, error_of: ErrorOf) -> None:
    assert run("send", "--raw", signed(0), "--json").document["from"] == BOB
    assert error_of("send", "--raw", signed(0)) == (
        "error: nonce 0 is too low: the next one is 1"
    )
    assert error_of("send", "--raw", signed(2)) == (
        "error: nonce 2 is too high: the next one is 1"
    )
    assert error_of("send", "--raw", signed(1, chain_id=1)) == (
        "error: signed for chain id 1, this chain takes chain id 31337; sign the"
        " transaction for this chain"
    )
    assert error_of("send", "--raw", "0xc0").startswith(
        "error: malformed transaction: "
    )
    assert error_of("send", "--raw", "0x02c0").startswith("error: transaction type 2")


@pytest.mark.parametrize(
    "others",
    [[STRANGER], ["--value", "1"], ["--from", "1"], [STRANGER, "f()"]],
)
def test_raw_stands_alone(error_of: ErrorOf, others: list[str]) -> None:
    line = error_of("send", "--raw", signed(0), *others, code=2)
    assert line.startswith("error: --raw is a whole transaction: give no other part")


def test_send_needs_an_address(error_of: ErrorOf) -> None:
    assert error_of("send", "--value", 1, code=2) == (
        "error: Missing argument 'ADDRESS'; see 'contractvm send --help'"
    )
