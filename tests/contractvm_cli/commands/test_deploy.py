"""`contractvm deploy`: the receipt, the new chain, the sender, and refusals."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import format_address
from tests.contractvm_cli.conftest import COUNTER, TOKEN_INIT, Run
from tests.helpers.examples import example
from tests.helpers.wat import wat_to_wasm

ErrorOf = Callable[..., str]
NEW_CHAIN = (
    "new chain in .contractvm/chain: chain id 31337, gas schedule contractvm-2\n"
)
FIRST_CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
ALICE, BOB = (format_address(account.address) for account in DEVELOPER_ACCOUNTS[:2])


def test_the_receipt_is_one_document(run: Run) -> None:
    outcome = run("deploy", COUNTER, "--json")
    assert outcome.err == NEW_CHAIN
    with Blockchain.in_memory() as chain:
        receipt = chain.deploy(example("counter/counter.wat"))
    assert outcome.document == {
        "transactionHash": "0x" + receipt.transaction_hash.hex(),
        "transactionIndex": 0,
        "blockHash": "0x" + receipt.block_hash.hex(),
        "blockNumber": 1,
        "from": ALICE,
        "to": None,
        "contractAddress": FIRST_CONTRACT,
        "status": 1,
        "gasUsed": receipt.gas_used,
        "cumulativeGasUsed": receipt.gas_used,
        "effectiveGasPrice": 1_000_000_000,
        "logs": [],
        "output": "0x" + receipt.output.hex(),
        "error": None,
        "revertReason": None,
    }


def test_people_read_facts(run: Run) -> None:
    lines = run("deploy", COUNTER).out.splitlines()
    assert lines[1:4] == [
        "status       success",
        f"from         {ALICE}",
        f"contract     {FIRST_CONTRACT}",
    ]


def test_a_chain_is_begun_once_and_two_scripts_give_the_same_hashes(run: Run) -> None:
    first = [run("deploy", COUNTER, "--json") for _ in range(2)]
    assert [outcome.err for outcome in first] == [NEW_CHAIN, ""]
    second = [run("deploy", COUNTER, "--db", "other", "--json") for _ in range(2)]
    assert [o.document for o in first] == [o.document for o in second]


def test_init_code_runs_as_the_constructor(run: Run) -> None:
    document = run("deploy", TOKEN_INIT, "--init-code", "--from", 1, "--json").document
    assert document["from"] == BOB
    assert len(document["logs"]) == 1
    address = document["contractAddress"]
    code = run("code", address, "--json").document["code"]
    assert code == "0x" + example("token/token.wasm").hex()


def test_the_variable_names_the_database(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACTVM_DB", "elsewhere")
    assert run("deploy", COUNTER).err.startswith("new chain in elsewhere: ")
    assert Path("elsewhere/CURRENT").is_file()


def test_a_new_chain_takes_the_named_schedule(run: Run, error_of: ErrorOf) -> None:
    outcome = run("deploy", COUNTER, "--schedule", "ewasm-hera", "--json")
    assert outcome.err.endswith("gas schedule ewasm-hera\n")
    assert run("deploy", COUNTER, "--schedule", "ewasm-hera").code == 0
    line = error_of("deploy", COUNTER, "--schedule", "ewasm-metered")
    assert line.startswith("error: the database's chain has ")
    assert line.endswith("leave --schedule out, or name another directory with --db")


def test_an_unknown_schedule_begins_no_chain(error_of: ErrorOf) -> None:
    line = error_of("deploy", COUNTER, "--schedule", "gold")
    assert line.startswith("error: no gas schedule named 'gold'; known: ")
    assert not Path(".contractvm").exists()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("(module)", "refused module: export main: missing"),
        ("(module (func i32.add))", "invalid module: type mismatch"),
        (
            '(module (import "ethereum" "fly" (func))'
            ' (memory (export "memory") 1) (func (export "main")))',
            "refused module: import ethereum.fly: no such host function",
        ),
    ],
)
def test_a_refused_module_costs_nothing(
    run: Run, error_of: ErrorOf, counter: str, tmp_path: Path, source: str, reason: str
) -> None:
    path = tmp_path / "bad.wasm"
    path.write_bytes(wat_to_wasm(source))
    assert error_of("deploy", path).startswith(f"error: {path}: {reason}")
    assert run("block", "--json").document["number"] == 1


def test_floats_are_for_chains_whose_schedule_has_them(
    run: Run, error_of: ErrorOf, tmp_path: Path
) -> None:
    path = tmp_path / "float.wasm"
    source = """(module (memory (export "memory") 1)
      (func (export "main") (drop (f64.const 1))))"""
    path.write_bytes(wat_to_wasm(source))
    run("deploy", COUNTER, "--db", "old", "--schedule", "contractvm-1")
    reason = "refused module: floats not allowed: f64.const in func 0"
    assert error_of("deploy", path, "--db", "old").startswith(
        f"error: {path}: {reason}"
    )
    assert run("block", "--db", "old", "--json").document["number"] == 1
    assert run("deploy", path, "--db", "new", "--json").document["status"] == 1


def test_too_little_gas_for_the_code_is_a_failed_transaction(run: Run) -> None:
    run("deploy", COUNTER)
    outcome = run("deploy", COUNTER, "--gas-limit", 150_000)
    assert outcome.code == 1
    assert outcome.err.startswith(
        "error: transaction failed, its gas is paid: out of gas"
    )
    assert "gas used     150000\n" in outcome.out


@pytest.mark.parametrize(
    ("options", "start", "end"),
    [
        (
            ["--gas-limit", 100],
            "gas limit 100 is below the intrinsic gas",
            "raise --gas-limit",
        ),
        (
            ["--gas-limit", 30_000_001],
            "gas limit 30000001 exceeds",
            "lower --gas-limit",
        ),
        (
            ["--value", "10000ether"],
            "10000030000000000000000 wei are needed, the sender has",
            "lower --value or --gas-limit, or send --from another one",
        ),
        (
            ["--from", 10],
            "no developer account 10: there are 0 to 9",
            "`contractvm accounts`",
        ),
        (
            ["--from", "0x" + "99" * 20],
            "no key for 0x9999999999999999999999999999999999999999: give it with",
            "`contractvm accounts`",
        ),
        (
            ["--from", 1, "--private-key", DEVELOPER_ACCOUNTS[0].private_key.hex()],
            f"--private-key is the key of {ALICE}, not of the account in --from",
            "leave --from out",
        ),
        (["--private-key", "00" * 32], "a private key is 32 bytes", "curve's order"),
    ],
)
def test_what_no_block_can_hold_is_one_line(
    error_of: ErrorOf, counter: str, options: list[object], start: str, end: str
) -> None:
    line = error_of("deploy", COUNTER, *options)
    assert line.startswith(f"error: {start}")
    assert line.endswith(end)


def test_a_key_signs_for_its_own_account(run: Run) -> None:
    key = DEVELOPER_ACCOUNTS[1].private_key.hex()
    document = run("deploy", COUNTER, "--private-key", key, "--json").document
    assert document["from"] == BOB


def test_a_database_that_is_open_elsewhere(error_of: ErrorOf, counter: str) -> None:
    with LevelDatabase(".contractvm/chain"):
        line = error_of("deploy", COUNTER)
        assert line == (
            "error: database .contractvm/chain: already open in another process;"
            " end that one first"
        )
        assert error_of("block") == line


def test_a_database_of_another_version(error_of: ErrorOf, counter: str) -> None:
    with LevelDatabase(".contractvm/chain") as database:
        database.write_batch({b"mformat": b"999"})
    assert error_of("block") == (
        "error: database .contractvm/chain: has format version 999, this program needs"
        " 3; name another directory with --db"
    )


def test_a_directory_with_something_else_in_it(
    error_of: ErrorOf, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").touch()
    line = error_of("deploy", COUNTER, "--db", tmp_path)
    assert "a directory without a database in it, but with 'notes.txt'" in line
    line = error_of("deploy", COUNTER, "--db", tmp_path / "notes.txt")
    assert line.endswith("is not a directory; name another directory with --db")


def test_a_constructor_is_not_installed_as_a_contract(
    run: Run, error_of: ErrorOf
) -> None:
    line = (
        f"error: {TOKEN_INIT} is a constructor: it returns a contract of 6777 bytes;"
        " deploy it with --init-code"
    )
    assert error_of("deploy", TOKEN_INIT) == line
    assert not Path(".contractvm").exists()
    run("deploy", COUNTER)
    assert error_of("deploy", TOKEN_INIT) == line
    assert run("block", "--json").document["number"] == 1


def test_a_contract_that_holds_another_but_returns_none_is_deployed(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "holder.wat"
    path.write_text(
        '(module (memory (export "memory") 1)'
        ' (data (i32.const 0) "\\00asm\\01\\00\\00\\00")'
        ' (func (export "main")))'
    )
    outcome = run("deploy", path)
    assert (outcome.code, outcome.err) == (0, NEW_CHAIN)


@pytest.mark.parametrize("contract", [COUNTER, TOKEN_INIT.with_name("token.wasm")])
def test_a_contract_that_is_run_as_a_constructor_gets_a_hint(
    run: Run, contract: Path
) -> None:
    outcome = run("deploy", "--init-code", contract)
    assert outcome.code == 1
    assert outcome.err == (
        f"{NEW_CHAIN}error: transaction failed, its gas is paid: reverted without a"
        f" reason; {contract} returned no contract as a constructor does: if it is the"
        " contract itself, leave --init-code out\n"
    )


def test_a_constructor_that_returns_nothing_is_a_warning(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "nothing.wat"
    path.write_text('(module (memory (export "memory") 1) (func (export "main")))')
    outcome = run("deploy", "--init-code", path)
    assert outcome.code == 0
    assert outcome.err == (
        f"{NEW_CHAIN}warning: {path} returned no contract as a constructor does: if it"
        " is the contract itself, leave --init-code out\n"
    )


def test_a_constructor_gets_no_hint(run: Run) -> None:
    assert run("deploy", "--init-code", TOKEN_INIT).err == NEW_CHAIN
