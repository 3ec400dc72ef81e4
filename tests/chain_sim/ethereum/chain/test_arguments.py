"""What people pass to public functions: every form, and one error for anything else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import chain_sim
import contract_fuzz
import contract_testing
import contractvm
import gas_schedule
from chain_sim import Blockchain, Transaction
from chain_sim.ethereum.primitives.errors import FieldNegative, IntrinsicGasTooLow
from chain_sim.ethereum.primitives.text import InvalidText, format_address
from contractvm.runtime.module_source import MalformedText
from tests.helpers.examples import EXAMPLES

COUNTER_TEXT = EXAMPLES / "counter" / "counter.wat"
COUNTER = EXAMPLES / "counter" / "counter.wasm"
INCREMENT, GET = "0xd09de08a", "0x6d4ce63c"
ANY_OPTIONS = contractvm.CheckOptions(contractvm.ANY, "canonical")
ADDRESS = "an address (20 bytes, 0x text, an account or a contract)"
MODULE = "a module (its bytes, the path of a .wasm or .wat file, or .wat text)"


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory()


@pytest.mark.parametrize(
    "code",
    [
        COUNTER.read_bytes(),
        bytearray(COUNTER.read_bytes()),
        COUNTER,
        str(COUNTER),
        COUNTER_TEXT,
        str(COUNTER_TEXT),
        COUNTER_TEXT.read_text(),
        ";; a comment\n(module)",
    ],
    ids=["bytes", "bytearray", "Path", "text", "wat", "wat text", "source", "comment"],
)
def test_code_is_bytes_a_path_or_text(chain: Blockchain, code: Any) -> None:
    if not isinstance(code, str) or "comment" not in code:
        assert chain.deploy(code).succeeded
    assert contractvm.check_module(code, ANY_OPTIONS).refusal is None


def test_an_address_is_bytes_text_an_account_or_a_contract(chain: Blockchain) -> None:
    receipt = chain.deploy(COUNTER)
    address = receipt.contract_address
    assert address is not None
    text = format_address(address)
    forms = (address, bytearray(address), text, text.lower(), receipt)
    for count, form in enumerate(forms, start=1):
        assert int.from_bytes(chain.send(form, INCREMENT).output, "big") == count
        assert int.from_bytes(chain.call(form, GET).output, "big") == count
        assert int.from_bytes(chain.storage(form, 0), "big") == count
        assert chain.storage(form, bytes(32)) == chain.storage(form, "0x" + "00" * 32)
        assert (chain.nonce(form), chain.balance(form)) == (1, 0)
        assert chain.code(form) == COUNTER.read_bytes()
        blamed = chain.history.blame(form, 0)
        assert blamed is not None
        assert chain.reader.proof(form, [0]).address == address
        assert chain.gas.explain_call(form, GET).title == (
            chain.gas.explain_call(address, GET).title
        )
    other = chain.accounts[1]
    for sender in (other, other.address, format_address(other.address)):
        assert chain.send(address, INCREMENT, sender=sender).sender == other.address
        assert chain.call(address, GET, sender=sender).succeeded


def test_a_hash_is_bytes_or_text(chain: Blockchain) -> None:
    receipt = chain.deploy(COUNTER)
    for form in (receipt.transaction_hash, "0x" + receipt.transaction_hash.hex()):
        assert chain.receipt(form) == receipt
        assert chain.transaction(form).hash == receipt.transaction_hash
        assert chain.gas.explain_transaction(form).title.endswith(
            receipt.transaction_hash.hex()
        )
        assert chain.export.capture(form).outcomes
    for name in (receipt.block_hash, "0x" + receipt.block_hash.hex(), 1):
        assert chain.block(name) == chain.head


def test_paths_are_text_or_path_like(chain: Blockchain, tmp_path: Path) -> None:
    chain.export.dump(str(tmp_path / "text.json"))
    chain.export.dump(tmp_path / "path.json")
    text, path = (tmp_path / name for name in ("text.json", "path.json"))
    assert text.read_bytes() == path.read_bytes()
    report = chain_sim.load_chain(str(text), str(tmp_path / "loaded"))
    assert report.head.hash == chain.head.hash
    case = chain.export.capture(chain.deploy(COUNTER).transaction_hash)
    saved = tmp_path / "case.json"
    saved.write_text(chain_sim.encode_case(case))
    assert chain_sim.read_case(str(saved)) == chain_sim.read_case(saved) == case
    released = gas_schedule.load_schedule("ewasm-hera")
    copy = tmp_path / "copy.toml"
    copy.write_bytes(Path(str(released.file.path)).read_bytes())
    assert gas_schedule.load_schedule(copy).content_hash == released.content_hash
    assert chain_sim.default_genesis(copy).schedule == str(copy)


def test_an_abi_is_a_path_bytes_or_text() -> None:
    path = EXAMPLES / "token" / "token.json"
    forms = (path, str(path), path.read_bytes(), path.read_text())
    first, *others = [contract_fuzz.read_abi(form) for form in forms]
    assert len(first) > 3
    assert others == [first] * 3


A = b"\x11" * 20
Call = Callable[[Blockchain], object]
REFUSED: dict[str, Call] = {
    f"to must be {ADDRESS}, not int: 5": lambda chain: chain.send(5),  # type: ignore[arg-type]
    f"to must be {ADDRESS}, not None": lambda chain: chain.send(None),  # type: ignore[arg-type]
    f"to must be {ADDRESS}, not bytes: b'x'": lambda chain: chain.call(b"x"),
    f"to must be {ADDRESS}, not list: [1]": lambda chain: chain.gas.explain_call([1]),  # type: ignore[arg-type]
    f"address must be {ADDRESS}, not float: 1.5": lambda chain: chain.balance(1.5),  # type: ignore[arg-type]
    "data must be bytes or 0x text, not int: 5": lambda chain: chain.send(A, 5),  # type: ignore[arg-type]
    "value must be an int, not float: 1.5": lambda chain: chain.send(A, value=1.5),  # type: ignore[arg-type]
    "value must be an int, not str: '1'": lambda chain: chain.call(A, value="1"),  # type: ignore[arg-type]
    "value must be an int, not bool: True": lambda chain: chain.send(A, value=True),
    "gas_limit must be an int, not str: 'x'": lambda chain: chain.send(
        A,
        gas_limit="x",  # type: ignore[arg-type]
    ),
    f"sender must be {ADDRESS}, not int: 3": lambda chain: chain.send(A, sender=3),  # type: ignore[arg-type]
    "sender must be an account with a key, or the address of one of the chain's"
    " accounts, not bytes": lambda chain: chain.send(A, sender=A),
    f"code must be {MODULE}, not int: 5": lambda chain: chain.deploy(5),  # type: ignore[arg-type]
    "transaction must be bytes or 0x text, not int: 5": lambda chain: chain.submit(5),  # type: ignore[arg-type]
    "transactions must be a list of Transaction, not int: 5": lambda chain: chain.mine(
        [5]  # type: ignore[list-item]
    ),
    "count must be an int of at least 0, not int: -1": lambda chain: chain.mine_blocks(
        -1
    ),
    "keep_blocks must be an int of at least 1, not int: 0": lambda chain: chain.prune(
        0
    ),
    "snapshot must be the number that snapshot() returned, not str": lambda chain: (
        chain.revert("1")  # type: ignore[arg-type]
    ),
    "hash must be a hash (32 bytes or 0x text), not int: 5": lambda chain: (
        chain.receipt(5)  # type: ignore[arg-type]
    ),
    "block must be a block (a number or a hash), not None": lambda chain: chain.block(
        None  # type: ignore[arg-type]
    ),
    "block must be a number, a hash, a branch's name, None or ChainPoint, not"
    " float: 1.5": lambda chain: chain.state_at(1.5),  # type: ignore[arg-type]
    "slot must be a storage slot (a number from 0 to 2^256 - 1, or 32 bytes), not"
    " int: -1": lambda chain: chain.storage(A, -1),
    "timestamp must be an int, in seconds since 1970, not str: 'x'": lambda chain: (
        chain.clock.set("x")  # type: ignore[arg-type]
    ),
    "name must be the name of a branch, not int: 5": lambda chain: (
        chain.branches.create(5)  # type: ignore[arg-type]
    ),
    "path must be a path (text or PathLike), not int: 5": lambda chain: (
        chain.export.dump(5)  # type: ignore[arg-type]
    ),
    "path must be a path (text or PathLike), not None": lambda _: Blockchain.open(
        None  # type: ignore[arg-type]
    ),
    "genesis must be a GenesisConfig, not str: 'x'": lambda _: Blockchain.in_memory(
        "x"  # type: ignore[arg-type]
    ),
    "engine must be an engine's name, not int: 5": lambda _: Blockchain.in_memory(
        engine=5  # type: ignore[arg-type]
    ),
    "schedule must be a schedule's name or a path, not int: 5": lambda _: (
        gas_schedule.load_schedule(5)  # type: ignore[arg-type]
    ),
    "name must be a host interface's name, not int: 5": lambda _: contractvm.find_host(
        5
    ),  # type: ignore[arg-type]
    "options must be a CheckOptions, not None": lambda _: contractvm.check_module(
        b"",
        None,  # type: ignore[arg-type]
    ),
    "abi must be an ABI (the path of its file, or JSON), not int: 5": lambda _: (
        contract_fuzz.read_abi(5)  # type: ignore[arg-type]
    ),
    "signature must be text, not int: 5": lambda _: contract_fuzz.parse_function(
        5  # type: ignore[arg-type]
    ),
    "case must be a Case, not int: 5": lambda _: chain_sim.encode_case(5),  # type: ignore[arg-type]
    "accounts must be a list of GenesisAccount, not int: 5": lambda _: (
        chain_sim.state_of([5])  # type: ignore[list-item]
    ),
    "tx must be a Transaction, not int: 5": lambda _: chain_sim.sign_transaction(
        5,  # type: ignore[arg-type]
        b"",
        1,
    ),
    "abi_type must be a ValueType, not int: 5": lambda _: contract_testing.strategy_for(
        5  # type: ignore[arg-type]
    ),
    "private_key must be bytes, not str": lambda chain: chain_sim.sign_transaction(
        Transaction(0, 1, 21_000, None, 0, b""),
        "secret",  # type: ignore[arg-type]
        1,
    ),
}


@pytest.mark.parametrize(("message", "call"), REFUSED.items(), ids=REFUSED)
def test_anything_else_is_one_error_that_says_what_is_wanted(
    chain: Blockchain, message: str, call: Call
) -> None:
    head = chain.head.hash
    with pytest.raises(TypeError) as caught:
        call(chain)
    assert str(caught.value).startswith(message)
    assert chain.head.hash == head


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0x70997970C51812dc3A010C7d01b50e0d17dc79c9", "wrong checksum"),
        ("0x7099", "4 hexadecimal digits, not 40"),
        ("7099" * 10, "does not start with 0x"),
    ],
)
def test_text_that_is_no_address_says_why(
    chain: Blockchain, text: str, reason: str
) -> None:
    for function in (chain.send, chain.call, chain.balance, chain.code):
        with pytest.raises(InvalidText) as caught:
            function(text)
        assert caught.value.reason == reason
    with pytest.raises(InvalidText):
        chain_sim.GenesisAccount(text)  # type: ignore[arg-type]


def test_a_call_of_amounts_that_no_transaction_has_is_refused(
    chain: Blockchain,
) -> None:
    with pytest.raises(FieldNegative):
        chain.call(A, value=-1)
    with pytest.raises(IntrinsicGasTooLow):
        chain.call(A, gas_limit=-1)


def test_faulty_text_of_a_module_is_named_by_line_and_column(chain: Blockchain) -> None:
    with pytest.raises(MalformedText) as caught:
        chain.deploy("(module\n  (func (param i32)")
    assert str(caught.value) == "code:2:20: expected `)`"
    assert (caught.value.place, caught.value.reason) == ("code:2:20", "expected `)`")


def test_a_signed_transaction_may_be_made_with_text(chain: Blockchain) -> None:
    to = format_address(chain.accounts[1].address)
    tx = Transaction(0, 1, 30_000, to, 0, "0x01")  # type: ignore[arg-type]
    signed = chain_sim.sign_transaction(tx, chain.accounts[0].private_key, 31337)
    assert chain.submit(signed).to == chain.accounts[1].address
