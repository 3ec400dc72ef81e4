"""Good files of every kind, made at the start by what reads them too."""

import json
import tempfile
from functools import lru_cache
from pathlib import Path

from eth_abi.abi import encode

from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.chain.sent_messages import SentMessage
from chain_sim.cosmos.files.cases import capture_message
from chain_sim.cosmos.files.cases import encode_case as encode_cosmos_case
from chain_sim.cosmos.files.dumps import dump_chain
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.blocks.genesis import GenesisAccount, encode_genesis
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.capture.case import CaseBlock, SentTransaction, rules_with
from chain_sim.ethereum.capture.case_document import encode_case
from chain_sim.ethereum.capture.making import make_case, state_of
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.proof_document import proof_document
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    AccessListTransaction,
    FeeMarketTransaction,
    Transaction,
    encode_transaction,
    impersonate,
    sign_transaction,
)
from chain_sim.ethereum.state.account_proof import prove_account
from chain_sim.ethereum.trie import DatabaseNodes
from chain_sim.ethereum.trie.node_record import own_encoding
from contract_fuzz.campaign.corpus_directory import FORMAT
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.sequences import sequence_documents
from contractvm.runtime.module_source import assemble
from gas_schedule.loader import list_schedules, read_content, schedule_path
from tests.helpers.chains import INCREMENT, numbered
from tests.helpers.cosmos_fuzzing import FUZZED as COSMOS_CONTRACT
from tests.helpers.examples import EXAMPLES, example
from tests.helpers.module_bytes import custom, module, u32
from tests.helpers.state_tests import transfer_test

GAS = 200_000
SENDER = Address(b"\x55" * 20)
CHAIN_ID = 31337


@lru_cache(1)
def _chain() -> Blockchain:
    """Three blocks: a contract, two calls of it, ether."""
    chain = Blockchain.in_memory(default_genesis("ewasm-metered"))
    counter = chain.deploy(example("counter/counter.wat")).contract_address
    chain.send(Address(counter or b""), INCREMENT, gas_limit=GAS)
    chain.send(numbered(1), value=5, gas_limit=GAS)
    return chain


@lru_cache(1)
def _fee_chain() -> Blockchain:
    """A block with edits and transactions of all types, and open edits after it."""
    chain = Blockchain.in_memory(fees="eip1559")
    chain.edits.set_balance(SENDER, 10**18)
    chain.edits.set_storage(numbered(6), 1, _hash(2))
    chain.mine(signed_transactions())
    message = (0, 2 * 10**9, 30_000, numbered(2), 7, b"")
    chain.mining.mine_sent(impersonate(Transaction(*message), SENDER, CHAIN_ID), SENDER)
    chain.edits.set_code(numbered(6), b"\0")
    return chain


def signed_transactions() -> list[Transaction]:
    """One of each type, of the first developer account."""
    key = DEVELOPER_ACCOUNTS[0].private_key
    rest = (2 * 10**9, 40_000, numbered(2), 7, b"\0\1")
    entries = ((numbered(3), (_hash(1),)), (numbered(4), ()))
    unsigned = (
        Transaction(0, *rest),
        AccessListTransaction(1, *rest, chain_id=CHAIN_ID, access_list=entries),
        FeeMarketTransaction(
            2,
            *rest,
            chain_id=CHAIN_ID,
            access_list=entries,
            max_priority_fee_per_gas=3,
        ),
    )
    return [sign_transaction(tx, key, CHAIN_ID) for tx in unsigned]


def raw_transactions() -> list[bytes]:
    """The same as clients send them."""
    return [encode_transaction(tx) for tx in signed_transactions()]


def cases() -> list[bytes]:
    """Captured transactions, and a transfer in a state of one account."""
    chain = _chain()
    block = chain.block(2)
    captured = chain.export.capture(block.transactions[0].hash)
    database, root = state_of([GenesisAccount(SENDER, balance=10**18)])
    tx = Transaction(0, 1, 30_000, numbered(2), 7, b"")
    small = CaseBlock(numbered(3), 4, 5, 0, GAS, (SentTransaction(tx, SENDER),))
    made = make_case(database, root, [small], rules_with("ewasm-metered", 31337))
    with_fees = _fee_chain()
    typed = [
        with_fees.export.capture(with_fees.block(number).transactions[-1].hash)
        for number in (1, 2)
    ]
    return [encode_case(case).encode() for case in (made, captured, *typed)]


def _cosmos_chain() -> tuple[CosmosChain, str, str]:
    """A chain with a contract, and its address and owner."""
    chain = CosmosChain()
    owner = chain.account("alice", "1000stake")
    code = chain.store(COSMOS_CONTRACT, owner)
    contract = code.instantiate("{}", sender=owner, admin=owner)
    contract.execute("{}", sender=owner, funds="3stake")
    return chain, contract.address, owner


def cosmos_cases() -> list[bytes]:
    """Captured messages: an execution that pays, and a query."""
    chain, contract, owner = _cosmos_chain()
    paid = SentMessage("execute", contract, "{}", owner, "2stake", gas_limit=GAS)
    asked = SentMessage("query", contract, "{}", gas_limit=GAS)
    return [encode_cosmos_case(capture_message(chain, sent)) for sent in (paid, asked)]


def cosmos_dumps() -> list[bytes]:
    """A chain of a few blocks."""
    return [dump_chain(_cosmos_chain()[0])]


def own_dumps() -> list[bytes]:
    """Dumps in the project's own format."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "dump.json")
        for chain in (_chain(), _fee_chain()):
            chain.export.dump(path)
            found.append(path.read_bytes())
    return found


def foreign_states() -> list[bytes]:
    """A state of anvil's."""
    word = "0x" + "07".rjust(64, "0")
    account = {"nonce": 1, "balance": "0x21e1", "code": "0x", "storage": {}}
    contract = {"nonce": 0, "balance": "5", "code": "0x60", "storage": {word: "0x1"}}
    state = {
        "block": {"number": 2, "timestamp": 17, "gas_limit": 30_000_000},
        "accounts": {"0x" + "70" * 20: account, "0x" + "71" * 20: contract},
        "best_block_number": 2,
        "blocks": [{"header": {}, "transactions": []}],
        "transactions": [{"info": {"traces": []}}],
        "historical_states": None,
    }
    return [json.dumps(state).encode()]


def foreign_genesis() -> list[bytes]:
    """A genesis file of geth's."""
    genesis = {
        "config": {"chainId": 7, "homesteadBlock": 0},
        "nonce": "0x42",
        "timestamp": "0x0",
        "gasLimit": "0x1312D00",
        "coinbase": "0x" + "00" * 20,
        "number": "0x3",
        "alloc": {
            "11" * 20: {"balance": "0x1"},
            "12" * 20: {"balance": "12", "code": "0x00", "storage": {"0x1": "0x2"}},
        },
    }
    return [json.dumps(genesis).encode()]


def genesis_files() -> list[bytes]:
    """The developers' genesis, without and with fees, and that of a loaded chain."""
    with_fees = encode_genesis(default_genesis(fees="eip1559")).encode()
    text = encode_genesis(default_genesis())
    document = json.loads(text)
    document["accounts"] = {}
    document["loaded"] = {"number": "0x2", "stateRoot": "0x" + "11" * 32}
    storage = {"0x" + "01" * 32: "0x" + "02" * 32}
    account = {"balance": "0x1", "nonce": "0x1", "code": "0x00", "storage": storage}
    second = json.loads(text)
    second["accounts"] = {"0x" + "12" * 20: account}
    documents = (json.dumps(document).encode(), json.dumps(second).encode())
    return [text.encode(), *documents, with_fees]


def proofs() -> list[bytes]:
    """Proofs of one account among many, and of the only one."""
    storage = ((_hash(1), _hash(2)), (_hash(3), _hash(4)))
    found = []
    for count in (1, 40):
        accounts = [GenesisAccount(numbered(index), 5) for index in range(1, count)]
        accounts.append(GenesisAccount(SENDER, 1, 2, b"\0", storage[:count]))
        database, root = state_of(accounts)
        proof = prove_account(DatabaseNodes(database), root, SENDER, [_hash(1)])
        found.append(json.dumps(proof_document(proof)).encode())
    return found


def trie_nodes() -> list[bytes]:
    """The nodes of a state."""
    accounts = [GenesisAccount(numbered(index), index) for index in range(1, 30)]
    database, _ = state_of(accounts)
    records = [value for _, value in database.iterate(keys.NODE)]
    return [own_encoding(record) for record in records]


def schedules() -> list[bytes]:
    """The released ones."""
    return [read_content(schedule_path(name)) for name in list_schedules()]


def interface_texts() -> list[bytes]:
    """Interfaces in Solidity's text, one with all that there is."""
    return [
        b"""// text
pragma solidity ^0.8.0;
struct Outer { uint8 x; address[] who; }
interface IBase {
  enum Kind { A, B }
  struct Pair { Outer outer; bytes32[2] y; }
  event Paid(address indexed from, string indexed what, uint256 value) anonymous;
  error TooLittle(uint64 have, uint64 want);
  function f(Kind k, Pair[] calldata p) external view returns (uint256 a, bool);
}
interface IMore is IBase {
  constructor(uint64 start);
  function g(IBase other) external payable override(IBase) returns (bytes memory);
}
""",
        b"interface X { function f() external; }\n",
    ]


def coverage_counts() -> list[bytes]:
    """Counts of some instructions, and of none."""
    head = b"cvmcov\0\1" + bytes(32)
    pair = (5).to_bytes(4, "little") + (9).to_bytes(8, "little")
    return [head, head + pair * 3]


def abi_files() -> list[bytes]:
    """The token's, and one with tuples, events and arrays."""
    inner = [{"name": "a", "type": "uint64"}, {"name": "b", "type": "bytes[]"}]
    orders = {"name": "orders", "type": "tuple[2][]", "components": inner}
    function = {
        "type": "function",
        "name": "place",
        "stateMutability": "payable",
        "inputs": [orders, {"name": "", "type": "string"}],
        "outputs": [{"type": "bool"}],
    }
    event = {
        "type": "event",
        "name": "Placed",
        "anonymous": False,
        "inputs": [{"name": "by", "type": "address", "indexed": True}, orders],
    }
    made = json.dumps({"abi": [function, event, {"type": "constructor"}]})
    return [EXAMPLES.joinpath("token/token.json").read_bytes(), made.encode()]


def abi_values() -> list[bytes]:
    """Signatures with an output and arguments."""
    word = "0x" + "11" * 20
    rows: list[tuple[str, list[str], list[object], list[str]]] = [
        ("f(address,uint256)", ["bool"], [True], [word, "1ether"]),
        ("g(uint8[2][],string)", ["bytes[]"], [[b"ab", b""]], ["[[1,2],[3,4]]", '"x"']),
        ("h((int64,bytes)[])", ["(int64,string)[]"], [[(-5, "y")]], ["[(-1,0x00)]"]),
        ("i(bool)", ["uint256[][]"], [[[1, 2], [3]]], ["true"]),
    ]
    return [
        "\n".join(
            [f"{name}({','.join(types)})", encode(types, values).hex(), *arguments]
        ).encode()
        for name, types, values, arguments in rows
    ]


def corpus_entries() -> list[bytes]:
    """An entry of two transactions."""
    transaction = CaseTransaction(
        to=numbered(1), data=b"\1\2", sender=0, value=1, gas_limit=GAS, seconds=1
    )
    documents = sequence_documents([transaction, transaction])
    return [json.dumps({"format": FORMAT, "transactions": documents}).encode()]


def state_tests() -> list[bytes]:
    """A transfer of one wei."""
    test = transfer_test("0x" + "00" * 32)
    test["_info"] = {"schedule": "ewasm-metered"}
    return [json.dumps({"transfer": test}).encode()]


def run_cases() -> list[bytes]:
    """A call of a module."""
    document = {
        "module": "AGFzbQEAAAA=",
        "invoke": "f",
        "arguments": ["1", "0x2"],
        "gas": 1000,
        "schedule": "contractvm-1",
    }
    return [json.dumps(document).encode()]


def source_maps() -> list[bytes]:
    """A map with each kind of segment."""
    document = {
        "version": 3,
        "sources": ["a.ts", "~lib/b.ts"],
        "names": ["f"],
        "mappings": "iNCee,EAAcA,EAAd,CDAmB,C",
    }
    return [json.dumps(document).encode()]


def debug_modules() -> list[bytes]:
    """Line tables of DWARF 4 and 5, each with the unit that names it."""
    program = b"\0\5\2\x10\0\0\0\3\6\1\x4b\2\2\0\1\1"
    lengths = bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])
    old = b"d\0\0a.c\0\1\0\0\0"
    new = b"\1\1\x08\1/src\0\2\1\x08\2\x0b\2b.c\0\0a.c\0\0"
    abbreviations = b"\1\x11\0\x10\x17\x1b\x08\0\0\0"
    found = []
    for version, names in ((4, old), (5, new)):
        header = b"\1\1\1\xfb\x0e\x0d" + lengths + names
        sizes = b"\4\0" if version == 5 else b""
        start = bytes([version, 0]) + sizes + len(header).to_bytes(4, "little")
        line = _sized(start + header + program)
        head = b"\1\4\0\0\0\0" if version == 5 else b"\0\0\0\0\4"
        info = _sized(bytes([version, 0]) + head + b"\1\0\0\0\0/src\0")
        found.append(
            module(
                custom(".debug_line", line),
                custom(".debug_info", info),
                custom(".debug_abbrev", abbreviations),
            )
        )
    return found


def name_modules() -> list[bytes]:
    """A name section with all that compilers write."""
    names = b"".join(u32(index) + b"\5func" + bytes([48 + index]) for index in range(9))
    subsections = [(0, b"\4here"), (1, b"\x09" + names), (2, b"\1\0\1\0\1x")]
    payload = b"".join(
        bytes([kind]) + u32(len(content)) + content for kind, content in subsections
    )
    return [module(custom("name", payload))]


def stylus_programs() -> list[bytes]:
    """Programs with segments, a table and a section of names."""
    program = b"""(module
      (import "vm_hooks" "read_args" (func $read (param i32)))
      (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
      (memory (export "memory") 1 3) (table 3 funcref) (elem (i32.const 0) $f $f)
      (data (i32.const 1) "xyz") (data "passive") (global $g (mut f64) (f64.const 1))
      (func $f (param $a i32) (result i32) (local f32 i64)
        (memory.fill (local.get $a) (i32.const 1) (i32.const 2))
        (block $l (br_table $l 0 (local.get $a)))
        (call_indirect (param i32) (result i32) (i32.const 7) (i32.const 1)))
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $read (i32.const 0)) (call $f (memory.grow (i32.const 1)))))"""
    return [assemble("program.wat", program)]


def wat_texts() -> list[bytes]:
    """The counter, and a module with a bit of everything."""
    everything = """(module (type $t (func (param i32 i64) (result i32)))
      (import "a" "b" (func $b (type $t))) (memory (export "m") 1 2)
      (table 3 funcref) (elem (i32.const 0) $f $b) (data (i32.const 1) "x\\00\\ff")
      (global $g (mut i64) (i64.const -0x1_0)) (start $s) (func $s)
      (func $f (export "f") (type $t) (local i32 f64)
        (block $l (br_table $l 0 (local.get 0)))
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else
          (call_indirect (type $t) (i32.const 1) (i64.const 2) (i32.const 0))))))"""
    return [EXAMPLES.joinpath("counter/counter.wat").read_bytes(), everything.encode()]


def _hash(number: int) -> bytes:
    return bytes([number]).rjust(32, b"\0")


def _sized(content: bytes) -> bytes:
    return len(content).to_bytes(4, "little") + content
