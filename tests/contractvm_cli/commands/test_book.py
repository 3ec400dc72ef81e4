"""The address book: names for accounts, functions by name, hostile and shared files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.node import Node
from contractvm_cli.address_book import MAX_BOOK_BYTES, NAME, locked
from tests.contractvm_cli.conftest import COUNTER, TOKEN_INIT, Outcome, Run
from tests.helpers.examples import EXAMPLES
from tests.helpers.nodes import served
from tests.helpers.source_tree import ROOT

ErrorOf = Callable[..., str]

TOKEN_JSON = EXAMPLES / "token" / "token.json"
BOOK = Path(".contractvm", "book.json")
FIRST = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def deploy_token(run: Run, *more: object) -> Outcome:
    return run(
        *("deploy", "--init-code", TOKEN_INIT, "--as", "token", "--abi", TOKEN_JSON),
        *more,
    )


@pytest.fixture
def named_token(run: Run) -> str:
    document = deploy_token(run, "--json").document
    assert document["name"] == "token"
    return str(document["contractAddress"])


# Names stand for accounts


def test_a_deployed_contract_has_its_name(run: Run, named_token: str) -> None:
    assert run("code", "token").out == run("code", named_token).out
    assert run("balance", "token", "--json").document["address"] == named_token
    shown = run("book", "list", "--json").document["chains"]
    ((chain, entries),) = shown.items()
    genesis = run("block", "0", "--json").document["hash"]
    assert chain == f"31337:{genesis}"
    assert [(one["name"], one["address"]) for one in entries] == [("token", FIRST)]


def test_names_numbers_and_last_things(run: Run, named_token: str) -> None:
    second = run("deploy", COUNTER, "--as", "token", "--json").document
    newer = second["contractAddress"]
    assert newer != named_token

    def address(name: str) -> Any:
        return run("balance", name, "--json").document["address"]

    assert address("token") == address("token#2") == address("$last") == newer
    assert address("token#1") == named_token
    assert address("@1") == BOB
    assert run("tx", "$tx", "--json").document["hash"] == second["transactionHash"]
    assert run("receipt", "$tx", "--json").document["contractAddress"] == newer


def test_an_account_has_one_place_under_a_name(run: Run, named_token: str) -> None:
    run("book", "add", "token", "@1")
    run("book", "add", "token", named_token)
    run("book", "add", "token", named_token)
    found = run("book", "list", "--json").document["chains"].popitem()[1]
    assert [(one["name"], one["address"]) for one in found] == [
        ("token#1", BOB),
        ("token#2", named_token),
    ]


@pytest.mark.parametrize(
    ("name", "is_good"),
    [
        ("a", True),
        ("A.b_c-d.9", True),
        ("a" * 32, True),
        ("a" * 33, False),
        ("0x12", False),
        ("9lives", False),
        ("@1", False),
        ("$last", False),
        ("-x", False),
        ("a#1", False),
        ("a b", False),
        ("\xe4", False),
        ("a\n", False),
        ("", False),
    ],
)
def test_what_a_name_may_be(name: str, is_good: bool) -> None:
    assert (NAME.fullmatch(name) is not None) is is_good


def test_an_unknown_name_is_wrong_usage_with_the_nearest(
    error_of: ErrorOf, named_token: str
) -> None:
    line = error_of("balance", "tokn", code=2)
    assert "not an address: 'tokn': no such name in .contractvm/book.json" in line
    assert "did you mean 'token'?" in line
    assert "there are @0 to @9" in error_of("balance", "@10", code=2)
    assert "token#2" in error_of("balance", "token#2", code=2)
    assert "does not start with 0x" in error_of("balance", "token#0", code=2)


def test_names_are_of_one_chain(run: Run, error_of: ErrorOf, named_token: str) -> None:
    run("deploy", COUNTER, "--db", "other", "--schedule", "contractvm-1")
    line = error_of("balance", "token", "--db", "other")
    assert "'token' is a name on another chain" in line
    assert len(run("book", "list", "--all", "--json").document["chains"]) == 1
    run("deploy", COUNTER, "--db", "other", "--as", "counter")
    assert len(run("book", "list", "--all", "--json").document["chains"]) == 2
    assert "get" not in run("book", "list").out
    assert run("call", "counter", "get()(uint256)", "--db", "other").code == 0


def test_last_things_that_are_not_there(run: Run, error_of: ErrorOf) -> None:
    run("mine")
    run("mine", "2", "--db", ".contractvm/chain")
    if not Path(".contractvm/chain").exists():
        pytest.skip("mine makes no chain")
    assert "no contract was created" in error_of("balance", "$last")
    assert "there is no transaction" in error_of("tx", "$tx")


def test_labels_and_removal(run: Run, error_of: ErrorOf, named_token: str) -> None:
    run("book", "add", "token", "@1")
    assert run("book", "label", "token#1", "the first").code == 0
    assert "the first" in run("book", "list").out
    assert run("book", "remove", "token#1").code == 0
    assert run("balance", "token#1", "--json").document["address"] == BOB
    assert run("book", "remove", "token").code == 0
    assert run("book", "list").out == "no name is in the book\n"
    assert "no name 'token' on this chain" in error_of("book", "remove", "token")
    assert "at most 200" in error_of("book", "label", "token", "x" * 201)


# Functions by name


def test_functions_are_called_by_name(run: Run, named_token: str) -> None:
    run("book", "add", "bob", BOB)
    sent = run("send", "token", "transfer", "bob", "1ether", "--json").document
    assert sent["decoded"] == [True]
    assert sent["logs"][0]["event"] == {
        "name": "Transfer",
        "signature": "Transfer(address,address,uint256)",
        "values": [
            {"name": "from", "type": "address", "value": ALICE},
            {"name": "to", "type": "address", "value": BOB},
            {"name": "amount", "type": "uint256", "value": 10**18},
        ],
    }
    assert run("call", "token", "balanceOf", "bob", "--json").document["decoded"] == [
        10**18
    ]
    document = run("tx", "$tx", "--json").document
    assert document["decodedInput"]["signature"] == "transfer(address,uint256)"
    assert f"transfer(to={BOB}, amount={10**18})" in run("tx", "$tx").out
    assert f"Transfer(from={ALICE}, to={BOB}" in run("receipt", "$tx").out
    assert "token::transfer(accounts[1]" in run("trace", "$tx").out
    assert "24,957 gas" in run("gas", "token", "balanceOf", "bob").out


def test_an_abi_of_the_registry_serves_an_address(run: Run, token: str) -> None:
    run("abi", "add", token, TOKEN_JSON)
    document = run("call", token, "balanceOf", ALICE, "--json").document
    assert document["decoded"] == [10**24]


def test_an_abi_is_given_for_one_call(run: Run, token: str) -> None:
    arguments = ("call", token, "balanceOf", ALICE, "--abi", TOKEN_JSON, "--json")
    assert run(*arguments).document["decoded"] == [10**24]


OVERLOADS = [
    {
        "type": "function",
        "name": name,
        "inputs": [{"name": "x", "type": kind} for kind in kinds],
        "outputs": [],
        "stateMutability": "view",
    }
    for name, kinds in [
        ("f", ["uint8"]),
        ("f", ["uint256"]),
        ("f", ["uint8", "bool"]),
        ("get", []),
    ]
]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["f", "5"], "f(5) fits f(uint8) and f(uint256): write one of these"),
        (["f", "x"], "f(uint8): not a number: 'x'"),
        (["f", "1", "2", "3"], "f(uint8): not a call of f(uint8): '1 2 3'"),
        (["gt"], "no function 'gt' in the ABI: did you mean 'get'?; it has f(uint8)"),
    ],
)
def test_overloads_and_unknown_functions_are_refused(
    run: Run, error_of: ErrorOf, counter: str, arguments: list[str], reason: str
) -> None:
    Path("abi.json").write_text(json.dumps(OVERLOADS))
    assert reason in error_of("call", counter, *arguments, "--abi", "abi.json")
    assert run("block", "--json").document["number"] == 1


def test_the_one_overload_that_fits_is_called(run: Run, counter: str) -> None:
    Path("abi.json").write_text(json.dumps(OVERLOADS))
    outcome = run("call", counter, "f", "300", "--abi", "abi.json")
    assert "reverted without a reason" in outcome.err
    outcome = run("call", counter, "get", "--abi", "abi.json")
    assert outcome.code == 0


def test_a_bare_name_without_an_abi_is_told(
    error_of: ErrorOf, named_token: str, run: Run
) -> None:
    address = run("deploy", COUNTER, "--json").document["contractAddress"]
    line = error_of("call", address, "get")
    assert "'get' is no signature, and no ABI of the contract is known" in line


def test_arrays_of_addresses_take_names(run: Run, named_token: str) -> None:
    run("book", "add", "bob", BOB)
    signature = "pay(address[],address)"
    named = run("calldata", signature, f"[{BOB},{ALICE}]", BOB).out.strip()
    outcome = run("send", "token", signature, "[bob, @0]", "bob", "--json")
    assert json.loads(outcome.out)["status"] == 0
    assert run("tx", "$tx", "--json").document["input"] == named


# What the file may not do


DAMAGED = [
    ("[", "$: Expected `object`, got `array`"),
    ("{", "the document"),
    ("{}x", "the document"),
    ("\xff", "the document"),
    ("[" * 100, "the document: nested deeper than 8"),
    ('{"format": "other"}', "$.format"),
    ('{"version": 2}', "$.version"),
    ('{"chains": {"1:0x": {"a": [{"address": "0x12"}]}}}', "$.chains['1:0x'].a[0]"),
    ('{"chains": {"1:0x": {"0x12": []}}}', "'0x12' is no name"),
    ('{"chains": {"1:0x": {"a": [{"address": 5}]}}}', "Expected `str`, got `int`"),
    ('{"chains": {"1:0x": {"a": [{"adress": ""}]}}}', "unknown field"),
]


@pytest.mark.parametrize(("content", "place"), DAMAGED)
def test_a_damaged_book_is_named_and_left_as_it_is(
    run: Run, error_of: ErrorOf, counter: str, content: str, place: str
) -> None:
    BOOK.write_bytes(content.encode("latin-1"))
    before = BOOK.read_bytes()
    for arguments in (
        ("book", "add", "bob", BOB),
        ("balance", "bob"),
        ("deploy", COUNTER, "--as", "two"),
    ):
        line = error_of(*arguments)
        assert line.startswith("error: .contractvm/book.json: ")
        assert place in line
        assert "it was left as it is" in line
    assert BOOK.read_bytes() == before
    assert run("block", "--json").document["number"] == 1


def test_an_address_needs_no_book(run: Run, counter: str) -> None:
    BOOK.write_text("[")
    assert run("balance", counter).code == 0


@pytest.mark.parametrize("kind", ["directory", "pipe", "large"])
def test_what_is_no_book_file_is_refused(
    run: Run, error_of: ErrorOf, counter: str, kind: str
) -> None:
    if kind == "directory":
        BOOK.mkdir()
    elif kind == "pipe":
        os.mkfifo(BOOK)
    else:
        BOOK.write_bytes(b" " * (MAX_BOOK_BYTES + 1))
    assert ".contractvm/book.json" in error_of("balance", "bob")
    assert ".contractvm/book.json" in error_of("book", "add", "bob", BOB)


def test_shells_at_the_same_time_lose_no_name(
    run: Run, counter: str, tmp_path: Path
) -> None:
    program = "import sys; from contractvm_cli.main import main; sys.exit(main())"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, "book", "add", f"n{index}", BOB],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        for index in range(6)
    ]
    assert [each.wait(60) for each in running] == [0] * 6
    found = run("book", "list", "--json").document["chains"].popitem()[1]
    assert [one["name"] for one in found] == [f"n{index}" for index in range(6)]


def test_a_lock_that_is_kept_ends_the_wait(
    run: Run, error_of: ErrorOf, counter: str
) -> None:
    with locked(Path(".contractvm", "book.lock")):
        line = error_of("book", "add", "bob", BOB, "--wait", "0")
    assert line == (
        "error: .contractvm/book.lock: another process is writing the address book"
    )
    assert run("book", "add", "bob", BOB).code == 0


def test_a_moved_abi_is_a_warning(run: Run, named_token: str) -> None:
    book = json.loads(BOOK.read_text())
    ((_, entries),) = book["chains"].items()
    entries["token"][0]["abi"] = "gone.json"
    BOOK.write_text(json.dumps(book))
    outcome = run("call", "token", "totalSupply()(uint256)")
    assert outcome.code == 0
    assert "warning: gone.json: no such file or directory" in outcome.err


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "not a contract's ABI"),
        (b"[]", "it has no functions"),
        (b'[{"type": "event", "name": "%s"}]' % (b"E" * (1 << 20)), "at most 1048576"),
    ],
)
def test_a_bad_abi_is_refused_before_the_deployment(
    run: Run, error_of: ErrorOf, counter: str, content: bytes, reason: str
) -> None:
    Path("bad.json").write_bytes(content)
    line = error_of("deploy", COUNTER, "--as", "two", "--abi", "bad.json")
    assert reason in line
    assert not BOOK.exists()
    assert run("block", "--json").document["number"] == 1


def test_names_work_over_a_node(run: Run, error_of: ErrorOf) -> None:
    chain = Blockchain.in_memory()
    node = Node(chain, {one.address: one.private_key for one in chain.accounts})
    with served(node) as client:
        options = ("--rpc-url", client.url, "--json")
        assert deploy_token(run, *options).document["name"] == "token"
        run("book", "add", "bob", BOB, *options)
        sent = run("send", "token", "transfer", "bob", "7", *options).document
        assert sent["logs"][0]["event"]["name"] == "Transfer"
        assert run("balance", "$last", *options).document["address"] == FIRST
        assert run("tx", "$tx", *options).document["hash"] == sent["transactionHash"]
        assert run("nonce", "@0", *options).document == 2
        assert run("rpc", "eth_blockNumber", *options).document == "0x2"
        gas = run("estimate", "token", "transfer", "bob", "7", *options).document
        assert 30_000 < gas < 60_000
        assert len(run("logs", "token", *options).document) == 2
    assert not Path(".contractvm/chain").exists()


def artefact(**changes: object) -> Path:
    path = Path("coin.contractvm.json")
    facts = {
        "name": "coin",
        "code": f"0x{(EXAMPLES / 'counter' / 'counter.wasm').read_bytes().hex()}",
        "abi": OVERLOADS,
    }
    path.write_text(json.dumps({**facts, **changes}))
    return path


def test_an_artefact_brings_its_abi_and_its_name(run: Run) -> None:
    assert run("deploy", artefact(), "--json").document["name"] == "coin"
    assert run("call", "coin", "get").code == 0
    assert run("deploy", artefact(), "--as", "other", "--json").document["name"]
    assert run("call", "other", "get").code == 0
    assert "name" not in run("deploy", artefact(), "--no-name", "--json").document
    assert run("deploy", artefact(abi=None), "--json").document["name"] == "coin"
    assert run("deploy", artefact(name="9 lives")).code == 0


@pytest.mark.parametrize(
    "changes", [{"code": "0xzz"}, {"code": 5}, {"name": None}, {"code": "0x00"}]
)
def test_a_bad_artefact_is_one_line(
    error_of: ErrorOf, changes: dict[str, object]
) -> None:
    assert "coin.contractvm.json: " in error_of("deploy", artefact(**changes))
    assert not Path(".contractvm").exists()
