"""Chains with a fee market: the base fee, what is paid, burned, stored and shown."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from chain_sim import Blockchain, GenesisConfig, default_genesis, load_chain
from chain_sim.ethereum.blocks.block import decode_header, encode_header
from chain_sim.ethereum.blocks.genesis import decode_genesis, encode_genesis
from chain_sim.ethereum.blocks.receipts import (
    decode_receipt,
    decode_receipts,
    encode_receipt,
    encode_receipts,
    make_receipt,
)
from chain_sim.ethereum.capture.case_document import decode_case, encode_case
from chain_sim.ethereum.capture.errors import MalformedCase
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.documents.documents import (
    block_document,
    receipt_document,
    transaction_document,
)
from chain_sim.ethereum.fee_market import DEFAULT_BASE_FEE, EIP_1559
from chain_sim.ethereum.forks import BYZANTIUM, find_fork
from chain_sim.ethereum.gas_report.chain_reports import ReportOptions
from chain_sim.ethereum.gas_report.valuation import MustRunAgain
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.primitives.errors import (
    AccessListNotPriced,
    GenesisMismatch,
    InsufficientBalance,
    InvalidGenesis,
    MalformedRlp,
    MaxFeeTooLow,
    PriorityFeeTooHigh,
    UnknownFeeMarket,
    UnsupportedTransactionType,
)
from chain_sim.ethereum.primitives.rlp_fields import encode_item, read_list
from chain_sim.ethereum.primitives.signatures import address_of_private_key
from chain_sim.ethereum.primitives.text import Address, keccak256
from chain_sim.ethereum.primitives.transactions import (
    AccessListTransaction,
    FeeMarketTransaction,
    Transaction,
    encode_transaction,
    sign_transaction,
)
from chain_sim.ethereum.trie.trie import trie_root
from gas_schedule.loader import load_schedule
from tests.helpers.vectors import vectors_folder
from tests.helpers.wat import wat_to_wasm

GWEI = 10**9
TO = Address(bytes(19) + b"\x77")
KEY = bytes(31) + b"\x05"
COINBASE = Address(bytes(19) + b"\xcc")
ENTRIES = ((TO, (bytes(32), bytes(31) + b"\x01")),)
TELL_PRICE = """
(module
  (import "ethereum" "getTxGasPrice" (func $price (param i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "main") (call $price (i32.const 0))
    (call $finish (i32.const 0) (i32.const 16))))
"""


def market(**changes: int | bytes) -> GenesisConfig:
    return replace(default_genesis(fees="eip1559"), **changes)


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory(market(coinbase=COINBASE))


def type_2(chain: Blockchain, **changes: object) -> Transaction:
    """A signed transfer of the first account: 7 wei, tip 1 gwei, cap 5 gwei."""
    tx = FeeMarketTransaction(
        nonce=chain.nonce(chain.accounts[0]),
        gas_price=5 * GWEI,
        gas_limit=100_000,
        to=TO,
        value=7,
        data=b"",
        chain_id=31337,
        max_priority_fee_per_gas=GWEI,
    )
    tx = structs.replace(tx, **changes)
    return sign_transaction(tx, chain.accounts[0].private_key, 31337)


def type_1(chain: Blockchain, **changes: object) -> Transaction:
    tx = AccessListTransaction(
        nonce=chain.nonce(chain.accounts[0]),
        gas_price=3 * GWEI,
        gas_limit=100_000,
        to=TO,
        value=7,
        data=b"",
        chain_id=31337,
        access_list=ENTRIES,
    )
    tx = structs.replace(tx, **changes)
    return sign_transaction(tx, chain.accounts[0].private_key, 31337)


def legacy(chain: Blockchain, price: int) -> Transaction:
    tx = Transaction(chain.nonce(chain.accounts[0]), price, 21_000, TO, 0, b"")
    return sign_transaction(tx, chain.accounts[0].private_key, 31337)


def total(chain: Blockchain) -> int:
    known = [*(account.address for account in chain.accounts), TO, COINBASE]
    return sum(chain.balance(address) for address in known)


def test_the_next_base_fee_is_that_of_the_vectors() -> None:
    vectors = json.loads(vectors_folder("node").joinpath("base-fees.json").read_text())
    for base_fee, used, limit, expected in [*vectors["rows"], *vectors["anvil"]]:
        wanted = expected if base_fee else 0
        assert EIP_1559.next_base_fee(limit, used, base_fee) == wanted
    assert (len(vectors["rows"]), len(vectors["anvil"])) == (168, 30)


@pytest.mark.parametrize(
    ("limit", "used", "expected"), [(1, 0, 8), (1, 1, 9), (0, 0, 8), (2, 1, 8)]
)
def test_the_smallest_gas_limits_have_a_next_base_fee(
    limit: int, used: int, expected: int
) -> None:
    assert EIP_1559.next_base_fee(limit, used, 8) == expected


def test_a_base_fee_has_256_bits() -> None:
    most = 2**256 - 1
    assert EIP_1559.next_base_fee(2, 2, most) == most
    assert EIP_1559.next_base_fee(2, 2, most - 1) == most
    assert EIP_1559.next_base_fee(2, 2, 8) == 9


def test_the_fork_with_a_fee_market_adds_to_the_envelope_alone() -> None:
    fork = find_fork("byzantium", "eip1559")
    assert fork.transaction_types == (0, 1, 2)
    assert fork.header_fields == (*BYZANTIUM.header_fields, "base_fee_per_gas")
    assert fork.fee_market is EIP_1559
    assert (
        structs.replace(
            fork,
            transaction_types=(0,),
            header_fields=BYZANTIUM.header_fields,
            fee_market=None,
        )
        == BYZANTIUM
    )
    with pytest.raises(UnknownFeeMarket):
        find_fork("byzantium", "eip4844")


def test_the_genesis_file_names_fee_market_and_base_fee() -> None:
    genesis = market()
    assert (genesis.base_fee_per_gas, genesis.schedule) == (GWEI, "contractvm-3")
    document = json.loads(encode_genesis(genesis))
    assert (document["fees"], document["baseFeePerGas"]) == ("eip1559", "0x3b9aca00")
    assert decode_genesis(encode_genesis(genesis)) == genesis
    del document["baseFeePerGas"]
    assert decode_genesis(json.dumps(document)) == genesis
    document["baseFeePerGas"] = "0x0"
    assert decode_genesis(json.dumps(document)).base_fee_per_gas == 0
    del document["fees"]
    with pytest.raises(InvalidGenesis) as refused:
        decode_genesis(json.dumps(document))
    assert refused.value.place == "baseFeePerGas"
    plain = json.loads(encode_genesis(default_genesis()))
    assert not {"fees", "baseFeePerGas"} & plain.keys()


def test_a_chain_is_made_with_a_fee_market_by_name(tmp_path: Path) -> None:
    assert Blockchain.in_memory(fees="eip1559").genesis == market()
    with pytest.raises(UnknownFeeMarket):
        Blockchain.in_memory(fees="eip4844")
    path = tmp_path.joinpath("chain")
    with Blockchain.open(path, fees="eip1559") as chain:
        chain.mine([type_2(chain), type_1(chain, nonce=1)])
        head = chain.head
    with Blockchain.open(path) as chain:
        assert chain.genesis.fees == "eip1559"
        assert chain.head == head
        assert chain.head.header.base_fee_per_gas == 875_000_000
    with Blockchain.open(tmp_path.joinpath("plain")) as chain:
        assert chain.head.header.base_fee_per_gas is None
    with pytest.raises(GenesisMismatch) as refused:
        Blockchain.open(tmp_path.joinpath("plain"), fees="eip1559")
    assert refused.value.field == "fees"


def test_the_base_fee_is_the_sixteenth_field_of_the_header(chain: Blockchain) -> None:
    header, fork = chain.mine().header, chain.fork
    data = encode_header(header)
    assert header.base_fee_per_gas == 875_000_000
    items = read_list(data, "header")
    assert (len(items), items[15]) == (
        16,
        encode_item((875_000_000).to_bytes(4, "big")),
    )
    assert decode_header(data, fork) == header
    assert chain.head.hash == keccak256(data)
    with pytest.raises(MalformedRlp, match="16 fields, not 15"):
        decode_header(data)
    with pytest.raises(MalformedRlp, match="15 fields, not 16"):
        decode_header(encode_header(replace(header, base_fee_per_gas=None)), fork)


def test_the_base_fee_follows_the_gas_used() -> None:
    chain = Blockchain.in_memory(market(gas_limit=42_000))
    for count in (1, 0, 2, 0):
        nonce = chain.nonce(chain.accounts[0])
        numbers = range(nonce, nonce + count)
        chain.mine([type_2(chain, nonce=one, gas_limit=21_000) for one in numbers])
    blocks = list(chain.history.blocks())[::-1]
    fees = [block.header.base_fee_per_gas for block in blocks]
    assert [block.header.gas_used for block in blocks] == [0, 21_000, 0, 42_000, 0]
    assert fees == [GWEI, 875_000_000, 875_000_000, 765_625_000, 861_328_125]


def test_empty_blocks_lower_the_base_fee_until_seven_wei(chain: Blockchain) -> None:
    one = Blockchain.in_memory(market(coinbase=COINBASE))
    for _ in range(3):
        one.mine()
    assert chain.mine_blocks(3) == one.head
    assert chain.mine_blocks(300).header.base_fee_per_gas == 7
    free = Blockchain.in_memory(market(base_fee_per_gas=0))
    free.send(TO, value=1)
    assert free.mine_blocks(2).header.base_fee_per_gas == 0


def test_tip_goes_to_the_coinbase_and_the_base_fee_is_burned(
    chain: Blockchain,
) -> None:
    before, sender = total(chain), chain.balance(chain.accounts[0])
    receipt = chain.submit(type_2(chain))
    base_fee = chain.head.header.base_fee_per_gas or 0
    assert (receipt.type, receipt.gas_used) == (2, 21_000)
    assert receipt.gas_price == base_fee + GWEI == 1_875_000_000
    assert chain.balance(COINBASE) == 21_000 * GWEI
    assert chain.balance(chain.accounts[0]) == sender - 7 - 21_000 * receipt.gas_price
    assert before - total(chain) == 21_000 * base_fee
    assert chain.receipt(receipt.transaction_hash) == receipt


def test_types_0_and_1_pay_their_whole_price(chain: Blockchain) -> None:
    receipt = chain.submit(type_1(chain))
    base_fee = chain.head.header.base_fee_per_gas or 0
    gas = 21_000 + 2_400 + 2 * 1_900
    assert (receipt.type, receipt.gas_used, receipt.gas_price) == (1, gas, 3 * GWEI)
    assert chain.balance(COINBASE) == gas * (3 * GWEI - base_fee)
    receipt = chain.submit(legacy(chain, 2 * GWEI))
    assert (receipt.type, receipt.gas_price) == (0, 2 * GWEI)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(0, 3 * GWEI),
            st.integers(0, 3 * GWEI),
            st.integers(0, 1000),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([0, 1, 7, GWEI, 10 * GWEI]),
)
def test_the_sum_of_balances_falls_by_what_is_burned(
    rows: list[tuple[int, int, int, int]], start: int
) -> None:
    chain = Blockchain.in_memory(market(coinbase=COINBASE, base_fee_per_gas=start))
    base_fee = EIP_1559.next_base_fee(30_000_000, 0, start)
    transactions = [
        sign_one(chain, index, kind, base_fee + above, tip, value)
        for index, (kind, above, tip, value) in enumerate(rows)
    ]
    before = total(chain)
    header = chain.mine(transactions).header
    assert header.base_fee_per_gas == base_fee
    assert before - total(chain) == header.gas_used * base_fee


def sign_one(
    chain: Blockchain, nonce: int, kind: int, price: int, tip: int, value: int
) -> Transaction:
    if kind == 0:
        tx = Transaction(nonce, price, 21_000, TO, value, b"")
        return sign_transaction(tx, chain.accounts[0].private_key, 31337)
    if kind == 1:
        return type_1(chain, nonce=nonce, gas_price=price, value=value)
    return type_2(
        chain,
        nonce=nonce,
        gas_price=price,
        max_priority_fee_per_gas=min(tip, price),
        value=value,
    )


def test_a_price_below_the_base_fee_is_refused_and_changes_nothing(
    chain: Blockchain,
) -> None:
    head, base_fee = chain.head, 875_000_000
    for tx in (
        legacy(chain, base_fee - 1),
        type_1(chain, gas_price=base_fee - 1),
        type_2(chain, gas_price=base_fee - 1, max_priority_fee_per_gas=0),
    ):
        with pytest.raises(MaxFeeTooLow) as refused:
            chain.submit(tx)
        assert (refused.value.max_fee, refused.value.base_fee) == (
            base_fee - 1,
            base_fee,
        )
    with pytest.raises(PriorityFeeTooHigh):
        chain.submit(type_2(chain, max_priority_fee_per_gas=5 * GWEI + 1))
    assert chain.head == head
    exact = type_2(chain, gas_price=base_fee, max_priority_fee_per_gas=0)
    assert chain.submit(exact).gas_price == base_fee
    assert chain.balance(COINBASE) == 0


@pytest.mark.parametrize(("missing", "is_refused"), [(0, False), (1, True)])
def test_the_sender_must_have_the_maximum_and_pays_the_effective_price(
    chain: Blockchain, missing: int, is_refused: bool
) -> None:
    needed = 21_000 * 5 * GWEI + 7
    poor = address_of_private_key(KEY)
    chain.send(poor, value=needed - missing)
    tx = structs.replace(type_2(chain), nonce=0, gas_limit=21_000, v=0, r=0, s=0)
    tx = sign_transaction(tx, KEY, 31337)
    if is_refused:
        with pytest.raises(InsufficientBalance) as refused:
            chain.submit(tx)
        assert refused.value.required == needed
        return
    receipt = chain.submit(tx)
    assert chain.balance(poor) == needed - 7 - 21_000 * receipt.gas_price


def test_a_contract_sees_the_effective_price(chain: Blockchain) -> None:
    contract = chain.deploy(wat_to_wasm(TELL_PRICE)).contract_address
    assert contract is not None
    receipt = chain.submit(type_2(chain, to=contract, value=0, gas_limit=1_000_000))
    assert int.from_bytes(receipt.output, "little") == receipt.gas_price
    assert receipt.gas_price == (chain.head.header.base_fee_per_gas or 0) + GWEI
    assert chain.call(contract).output == bytes(16)


def test_a_chain_without_a_fee_market_takes_legacy_transactions_alone() -> None:
    plain = Blockchain.in_memory()
    for tx in (type_1(plain), type_2(plain)):
        for form in (tx, encode_transaction(tx)):
            with pytest.raises(UnsupportedTransactionType) as refused:
                plain.submit(form)
            assert refused.value.type_byte == tx.type
    assert plain.head.header.number == 0
    assert plain.transaction(plain.send(TO).transaction_hash).type == 0


def test_a_chain_whose_schedule_lacks_the_prices_refuses_access_lists() -> None:
    chain = Blockchain.in_memory(default_genesis("contractvm-2", fees="eip1559"))
    with pytest.raises(AccessListNotPriced):
        chain.submit(type_1(chain))
    assert chain.submit(type_1(chain, access_list=())).gas_used == 21_000


def test_what_python_sends_is_of_type_2(chain: Blockchain) -> None:
    receipt = chain.send(TO, value=1)
    tx = chain.transaction(receipt.transaction_hash)
    assert isinstance(tx, FeeMarketTransaction)
    base_fee = chain.head.header.base_fee_per_gas or 0
    assert tx.max_fee_per_gas == 2 * base_fee + GWEI
    assert tx.max_priority_fee_per_gas == GWEI
    assert DEFAULT_BASE_FEE == GWEI


def test_typed_transactions_and_receipts_stand_in_the_tries_as_their_bytes(
    chain: Blockchain,
) -> None:
    transactions = [
        legacy(chain, 2 * GWEI),
        type_1(chain, nonce=1),
        type_2(chain, nonce=2),
    ]
    header = chain.mine(transactions).header
    receipts = [
        make_receipt(True, gas, (), kind)
        for kind, gas in enumerate((21_000, 48_200, 69_200))
    ]
    raws = [encode_receipt(receipt) for receipt in receipts]
    assert [raw[0] for raw in raws] == [raws[0][0], 1, 2]
    assert raws[0][0] >= 0xC0
    numbered = {b"\x80": 0, b"\x01": 1, b"\x02": 2}
    assert header.transactions_root == trie_root(
        {key: encode_transaction(transactions[at]) for key, at in numbered.items()}
    )
    assert header.receipts_root == trie_root(
        {key: raws[at] for key, at in numbered.items()}
    )
    assert [decode_receipt(raw) for raw in raws] == receipts
    assert decode_receipts(encode_receipts(receipts)) == tuple(receipts)
    with pytest.raises(MalformedRlp):
        decode_receipts(encode_item([raws[0]]))


def test_a_dump_keeps_fees_types_and_hashes(chain: Blockchain, tmp_path: Path) -> None:
    chain.mine(
        [legacy(chain, 2 * GWEI), type_1(chain, nonce=1), type_2(chain, nonce=2)]
    )
    chain.mine()
    file, again = tmp_path.joinpath("dump.json"), tmp_path.joinpath("again.json")
    chain.export.dump(file)
    load_chain(file, tmp_path.joinpath("loaded"))
    with Blockchain.open(tmp_path.joinpath("loaded")) as loaded:
        assert loaded.head == chain.head
        assert loaded.genesis == chain.genesis
        block = chain.block(1)
        assert loaded.block(1) == block
        assert loaded.reader.receipts(block) == chain.reader.receipts(block)
        loaded.export.dump(again)
        assert loaded.mine().hash == chain.mine().hash
    assert again.read_bytes() == file.read_bytes()
    document = json.loads(file.read_text())
    assert document["block"]["basefee"] == chain.block(2).header.base_fee_per_gas
    first = document["blocks"][1]
    assert first["header"]["baseFeePerGas"] == hex(875_000_000)
    transactions = [item["transaction"] for item in first["transactions"]]
    assert [tx["type"] for tx in transactions] == ["0x0", "0x1", "0x2"]
    assert transactions[1]["accessList"][0]["storageKeys"][1].endswith("01")
    assert transactions[2]["maxPriorityFeePerGas"] == hex(GWEI)
    kinds = [item["receipt"]["type"] for item in document["transactions"]]
    assert kinds == ["0x0", "0x1", "0x2"]


def test_a_captured_transaction_replays_with_its_base_fee(chain: Blockchain) -> None:
    chain.mine([legacy(chain, 2 * GWEI), type_1(chain, nonce=1)])
    receipt = chain.submit(type_2(chain))
    case = chain.export.capture(receipt.transaction_hash)
    text = encode_case(case)
    document = json.loads(text)
    base_fee = chain.head.header.base_fee_per_gas or 0
    assert document["fees"] == "eip1559"
    assert document["blocks"][0]["baseFeePerGas"] == hex(base_fee)
    assert decode_case(text) == case
    assert replay_case(decode_case(text), cross_check=True).is_same
    without = replace(case, rules=replace(case.rules, fees=None))
    assert not replay_case(without).is_same


def test_a_case_has_a_base_fee_where_its_rules_do(chain: Blockchain) -> None:
    receipt = chain.submit(type_2(chain))
    document = json.loads(encode_case(chain.export.capture(receipt.transaction_hash)))
    without = json.loads(json.dumps(document))
    del without["blocks"][0]["baseFeePerGas"]
    with pytest.raises(MalformedCase) as missing:
        decode_case(json.dumps(without))
    assert missing.value.place == "blocks[0].baseFeePerGas"
    del document["fees"]
    with pytest.raises(MalformedCase) as refused:
        decode_case(json.dumps(document))
    assert refused.value.place == "blocks[0].transactions[0].rlp"
    document["fees"] = "eip4844"
    with pytest.raises(UnknownFeeMarket):
        replay_case(decode_case(json.dumps(document)))


def test_a_legacy_case_has_no_base_fee() -> None:
    chain = Blockchain.in_memory()
    receipt = chain.send(TO, value=1)
    document = json.loads(encode_case(chain.export.capture(receipt.transaction_hash)))
    assert not {"fees"} & document.keys()
    document["blocks"][0]["baseFeePerGas"] = "0x1"
    with pytest.raises(MalformedCase) as refused:
        decode_case(json.dumps(document))
    assert refused.value.place == "blocks[0].baseFeePerGas"


def test_a_replay_shows_a_wrong_base_fee(chain: Blockchain) -> None:
    receipt = chain.submit(type_2(chain))
    case = chain.export.capture(receipt.transaction_hash)
    block = replace(case.blocks[0], base_fee=(case.blocks[0].base_fee or 0) + 1)
    found = replay_case(replace(case, blocks=(block,)))
    assert [deviation.field for deviation in found.deviations] == ["stateRoot"]


def test_explained_and_repriced_gas_has_the_access_list(chain: Blockchain) -> None:
    receipt = chain.submit(type_1(chain))
    report = chain.gas.explain_transaction(receipt.transaction_hash)
    parts = {(part.group, part.name): part for part in report.parts}
    units = chain.engine.schedule.units_per_gas
    addresses = parts["access list", "addresses"]
    keys = parts["access list", "keys"]
    assert (addresses.count, addresses.units) == (1, 2_400 * units)
    assert (keys.count, keys.units) == (2, 3_800 * units)
    assert report.gas_used == receipt.gas_used == 27_200
    same = ReportOptions(schedule=load_schedule("contractvm-3"))
    again = chain.gas.explain_transaction(receipt.transaction_hash, same)
    assert again.gas_used == 27_200
    other = ReportOptions(schedule=load_schedule("contractvm-2"))
    with pytest.raises(MustRunAgain, match="access lists have no prices"):
        chain.gas.explain_transaction(receipt.transaction_hash, other)


def test_every_block_with_a_fee_market_checks_and_runs_again(
    chain: Blockchain,
) -> None:
    chain.mine([legacy(chain, 2 * GWEI), type_1(chain, nonce=1)])
    chain.branches.create("side")
    chain.submit(type_2(chain))
    chain.branches.switch("side")
    chain.submit(type_2(chain, value=8))
    assert chain.state_at(2, 0).compute_root() == chain.head.header.state_root
    state = chain.state_at(1, 0)
    assert state.get_nonce(chain.accounts[0].address) == 1
    verdicts = BlockChecker(chain.database).check(
        [block.hash for block in chain.history.blocks()]
    )
    assert [(verdict.number, verdict.fault) for verdict in verdicts] == [
        (2, None),
        (1, None),
        (0, None),
    ]


def test_documents_have_the_fields_of_the_fee_market(chain: Blockchain) -> None:
    receipt = chain.submit(type_2(chain, access_list=ENTRIES))
    tx = transaction_document(chain.transaction(receipt.transaction_hash), receipt)
    assert (tx["type"], tx["gasPrice"]) == (2, receipt.gas_price)
    assert (tx["maxFeePerGas"], tx["maxPriorityFeePerGas"]) == (5 * GWEI, GWEI)
    assert tx["accessList"] == [
        {
            "address": "0x0000000000000000000000000000000000000077",
            "storageKeys": ["0x" + "00" * 32, "0x" + "00" * 31 + "01"],
        }
    ]
    assert receipt_document(receipt)["type"] == 2
    assert block_document(chain.head)["baseFeePerGas"] == 875_000_000
    plain = Blockchain.in_memory()
    old = plain.send(TO)
    assert "baseFeePerGas" not in block_document(plain.head)
    assert "type" not in receipt_document(old)
    assert "type" not in transaction_document(
        plain.transaction(old.transaction_hash), old
    )
