"""A Python script that repeats an example, for a failure's report."""

from collections.abc import Iterator, Sequence

from chain_sim.ethereum.primitives.transactions import encode_transaction
from contract_testing.properties.named_address import NamedAddress
from contract_testing.properties.world import ContractFile, World

HEAD = """\
from pathlib import Path

from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain


def show(receipt):
    status = "success" if receipt.succeeded else receipt.error or "reverted"
    print(f"{status}, {receipt.gas_used} gas, output 0x{receipt.output.hex()}")


"""


def script_of(world: World, set_up_end: int, steps: Sequence[str]) -> str:
    """The whole script; `set_up_end` is the number of the last block of the set-up."""
    lines = [
        f"chain = Blockchain.in_memory(default_genesis({world.schedule!r}))",
        "accounts = chain.accounts",
        *_deployment(world.file),
        *_set_up(world, set_up_end),
        *steps,
    ]
    return HEAD + "\n".join(lines) + "\n"


def send_line(
    to: NamedAddress, data: bytes, sender: NamedAddress, value: int, call: str
) -> str:
    """One transaction; `call` is its text for display."""
    amount = f", value={value}" if value else ""
    return (
        f"show(chain.send({address_text(to)}, bytes.fromhex({data.hex()!r}),"
        f" sender={sender.name}{amount}))  # {one_line(call)}"
    )


def deploy_line(file: ContractFile, sender: NamedAddress) -> str:
    """The deployment of another contract."""
    flag = ", is_init_code=True" if file.is_init_code else ""
    return f"show(chain.deploy({_code_text(file)}, sender={sender.name}{flag}))"


def call_line(to: NamedAddress, data: bytes, sender: NamedAddress, call: str) -> str:
    """One call that changes nothing."""
    is_account = sender.account_index is not None
    caller = f"{sender.name}.address" if is_account else address_text(sender)
    return (
        f"print(chain.call({address_text(to)}, bytes.fromhex({data.hex()!r}),"
        f" sender={caller}).output.hex())  # {one_line(call)}"
    )


def wait_line(seconds: int) -> str:
    """Time that passes."""
    return f"chain.mine_blocks(1, interval={seconds})"


def address_text(address: NamedAddress) -> str:
    """`contract`, or the bytes of any other address."""
    if address.name == "contract":
        return "contract"
    return f"bytes.fromhex({bytes(address).hex()!r})"


def one_line(text: str) -> str:
    """A comment on one line."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _deployment(file: ContractFile) -> Iterator[str]:
    flag = ", is_init_code=True" if file.is_init_code else ""
    yield f"receipt = chain.deploy({_code_text(file)}{flag})"
    yield "contract = receipt.contract_address"


def _code_text(file: ContractFile) -> str:
    if file.path is None:
        return f"bytes.fromhex({file.code.hex()!r})"
    path = f"Path({str(file.path)!r})"
    if file.path.suffix == ".wat":
        return f'bytes(__import__("wasmtime").wat2wasm({path}.read_text()))'
    return f"{path}.read_bytes()"


def _set_up(world: World, last: int) -> Iterator[str]:
    """The set-up after the deployment, which is block 1."""
    chain = world.chain
    before = chain.block(1).header.timestamp if last else 0
    for number in range(2, last + 1):
        block = chain.block(number)
        if not block.transactions:
            yield wait_line(block.header.timestamp - before)
        for transaction in block.transactions:
            encoded = encode_transaction(transaction).hex()
            yield f"chain.submit(bytes.fromhex({encoded!r}))"
        before = block.header.timestamp
