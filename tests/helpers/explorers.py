"""Nodes with something to explore, asked as the page asks them."""

import json
from typing import Any

import msgspec

from chain_sim.ethereum.abi.abi_file import read_abi
from chain_sim.ethereum.abi.encoding import encode_values
from chain_sim.ethereum.abi.functions import ERROR_SELECTOR
from chain_sim.ethereum.abi.known_abi import read_known_abi
from chain_sim.ethereum.abi.types import parse_type
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import format_address, format_data
from chain_sim.node.methods.table import METHODS
from chain_sim.node.node import Node
from tests.helpers.examples import example
from tests.helpers.wat import wat_to_wasm

TOKEN_ABI = example("token/token.json").decode()
FUNCTIONS = {function.name: function for function in read_abi(TOKEN_ABI)}
ALICE, BOB = (format_address(account.address) for account in DEVELOPER_ACCOUNTS[:2])

# Each payload runs a script in one kind of place where text may become markup.
PAYLOADS = (
    "<img src=x onerror=window.ran=1>",
    "</script><script>window.ran=1</script>",
    '"><svg onload=window.ran=1>',
    "javascript:window.ran=1",
    "\u202e\u0000gnp.exe",
)
HOSTILE = " ".join(PAYLOADS)
# A func whose name does not print is shown by its number.
HOSTILE_NAME = " ".join(PAYLOADS[:4])


def ask(node: Node, name: str, *params: object) -> Any:
    """The answer of a method of the explorer, after JSON in both directions."""
    row = METHODS[f"contractvm_{name}"]
    given = json.loads(json.dumps(params))
    return json.loads(msgspec.json.encode(row.function(node, *row.bind(given))))


def new_node() -> Node:
    return Node(Blockchain.in_memory(), {})


class TokenNode:
    """A node with the example token, whose ABI it knows."""

    def __init__(self) -> None:
        self.node = new_node()
        self.chain = self.node.chain
        code = example("token/token_init.wasm")
        created = self.chain.deploy(code, is_init_code=True)
        assert created.contract_address is not None
        self.creation = format_data(created.transaction_hash)
        self.address = created.contract_address
        self.token = format_address(self.address)
        ask(self.node, "addAbi", self.token, TOKEN_ABI)

    def transfer(self, to: str, amount: int) -> TransactionReceipt:
        data = FUNCTIONS["transfer"].encode_text([to, str(amount)])
        return self.chain.send(self.address, data)

    def ask(self, name: str, *params: object) -> Any:
        return ask(self.node, name, *params)


def hostile_code() -> bytes:
    """A contract that logs its call data and reverts with it where it is odd."""
    name = "".join(f"\\{byte:02x}" for byte in HOSTILE_NAME.encode())
    return wat_to_wasm(
        f"""
        (module
          (import "ethereum" "getCallDataSize" (func $size (result i32)))
          (import "ethereum" "callDataCopy" (func $copy (param i32 i32 i32)))
          (import "ethereum" "log"
            (func $log (param i32 i32 i32 i32 i32 i32 i32)))
          (import "ethereum" "revert" (func $revert (param i32 i32)))
          (memory (export "memory") 1)
          (func $work (@name "{name}") (param $size i32)
            (call $log (i32.const 0) (local.get $size) (i32.const 0)
              (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
            (if (i32.and (local.get $size) (i32.const 1))
              (then (call $revert (i32.const 0)
                (i32.sub (local.get $size) (i32.const 1))))))
          (func (export "main")
            (call $copy (i32.const 0) (i32.const 0) (call $size))
            (call $work (call $size))))
        """
    )


def hostile_abi() -> str:
    """An ABI with the payloads wherever free text may stand."""
    types = {"type": "string", "name": HOSTILE, "internalType": HOSTILE}
    return json.dumps(
        [
            {
                "type": "function",
                "name": "act",
                "inputs": [types],
                "outputs": [types],
                "stateMutability": HOSTILE,
            },
            {
                "type": "event",
                "name": "Acted",
                "inputs": [types],
                "anonymous": True,
            },
            {"type": "error", "name": "Refused", "inputs": [types]},
        ]
    )


class HostileNode:
    """A node on which payloads stand wherever a contract or an ABI can put text."""

    def __init__(self) -> None:
        self.node = new_node()
        chain = self.node.chain
        created = chain.deploy(hostile_code()).contract_address
        assert created is not None
        self.contract = format_address(created)
        ask(self.node, "addAbi", self.contract, hostile_abi())
        abi = read_known_abi(hostile_abi().encode())
        text = encode_values([parse_type("string")], [HOSTILE])
        odd = b"\0"
        self.hashes = {
            name: format_data(chain.send(created, data).transaction_hash)
            for name, data in {
                "call": abi.functions[0].selector + text,
                "event": text,
                "error": abi.errors[0].selector + text + odd,
                "reason": ERROR_SELECTOR + text + odd,
            }.items()
        }
