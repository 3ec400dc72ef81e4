"""What `cargo stylus` asks a node for, and a program to ask it about.

From its sources (cargo-stylus 0.5 and stylus-tools 0.10): `check` asks ArbWasm for the
version of the code hash, and has an activation simulated, with the code and a rich
sender as overrides; `deploy` sends the init code that returns the packed program, and
then ArbWasm the address, with the simulated data fee and a fifth; `cache` asks
ArbWasmCache; `trace` has receipt, transaction and debug_traceTransaction.
"""

from functools import cache
from pathlib import Path
from typing import Any, Protocol

from chain_sim.ethereum.primitives.text import keccak256
from contractvm.hosts.stylus.deployment import build_init_code
from contractvm.hosts.stylus.program_code import pack_program
from tests.helpers.wat import wat_to_wasm

PROGRAM = Path(__file__).parent / "contracts" / "stylus_counter.wat"
ARB_WASM = "0x" + "71".rjust(40, "0")
ARB_WASM_CACHE = "0x" + "72".rjust(40, "0")
ACTIVATE, CODE_HASH_VERSION = "0x58c780c2", "0xd70c0ca7"
ALL_CACHE_MANAGERS, CODE_HASH_IS_CACHED = "0x0ec1d773", "0xa72f179b"
CACHE_PROGRAM = "0xe73ac9f2"
NUMBER, SET_NUMBER, INCREMENT = "0x8381f58a", "0x3fb5c1cb", "0xd09de08a"
NOT_ACTIVATED = "0x6f809c4e"
ONE_ETHER = hex(10**18)
RICH, ELSEWHERE = "0x" + "a1" * 20, "0x" + "b2" * 20


class Requests(Protocol):
    """A client of a node."""

    def call(self, method: str, *params: object) -> Any:
        """The result; raises RpcFailed."""


@cache
def program_code() -> bytes:
    """The packed program."""
    return pack_program(wat_to_wasm(PROGRAM.read_text()))


def init_code() -> str:
    """The init code that returns it."""
    return "0x" + build_init_code(program_code()).hex()


def code_hash() -> str:
    """The hash of the packed program, without 0x."""
    return keccak256(program_code()).hex()


def word(address: str) -> str:
    """An address as an argument, without 0x."""
    return address.removeprefix("0x").rjust(64, "0")


def simulated_fee(client: Requests, address: str) -> int:
    """The data fee of an activation, in wei, with the fifth that is added to it."""
    request = {
        "from": RICH,
        "to": ARB_WASM,
        "value": ONE_ETHER,
        "input": ACTIVATE + word(address),
    }
    overrides = {
        RICH: {"balance": "0x" + "ff" * 32},
        address: {"code": "0x" + program_code().hex()},
    }
    output = client.call("eth_call", request, "latest", overrides)
    version, fee = int(output[2:66], 16), int(output[66:], 16)
    assert version == 3
    return fee * 120 // 100


def send(client: Requests, sender: str, to: str | None, data: str, value: int) -> Any:
    """The receipt of a transaction with the estimated gas, at the node's price."""
    request = {"from": sender, "to": to, "input": data, "data": data}
    request = {**request, "type": "0x2", "value": hex(value), "accessList": []}
    request["gas"] = client.call("eth_estimateGas", request)
    request["maxFeePerGas"] = client.call("eth_gasPrice")
    request["maxPriorityFeePerGas"] = "0x0"
    receipt = client.call(
        "eth_getTransactionReceipt", client.call("eth_sendTransaction", request)
    )
    assert receipt["status"] == "0x1"
    assert receipt["gasUsed"] == request["gas"]
    return receipt


def deploy_and_activate(client: Requests, sender: str) -> str:
    """The address of the program, ready to be called."""
    address = str(send(client, sender, None, init_code(), 0)["contractAddress"])
    fee = simulated_fee(client, address)
    send(client, sender, ARB_WASM, ACTIVATE + word(address), fee)
    return address
