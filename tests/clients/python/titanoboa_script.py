"""titanoboa's network mode as a client: deploy, send, read, anchors, failures.

It runs each message in its own EVM first, to which a Wasm module is a STOP: then it
takes the node's answer, with a warning.
"""

import os
import warnings

import boa
from boa.contracts.abi.abi_contract import ABIContractFactory
from boa.rpc import RPCError
from eth.exceptions import InsufficientFunds
from eth_account import Account

ABI = [
    {
        "type": "function",
        "name": name,
        "inputs": [{"name": "value", "type": kind} for kind in inputs],
        "outputs": [{"name": "", "type": kind} for kind in outputs],
        "stateMutability": "view" if outputs else "nonpayable",
    }
    for name, inputs, outputs in (
        ("get", [], ["uint256"]),
        ("whoami", [], ["address"]),
        ("set", ["uint256"], []),
        ("increment", [], []),
    )
]
DEAD = "0x000000000000000000000000000000000000dEaD"

warnings.filterwarnings("ignore", message="local fork did not match node!")
boa.set_network_env(os.environ["NODE_URL"])
account = Account.from_key(os.environ["FIRST_KEY"])
boa.env.add_account(account)
code = bytes.fromhex(os.environ["PROBE_CODE"].removeprefix("0x"))
address, created = boa.env.deploy(bytecode=code)
contract = ABIContractFactory("Probe", ABI).at(address)
assert boa.env.get_chain_id() == 31337
assert contract.get() == 42
assert contract.whoami() == account.address
contract.set(7)
assert contract.get() == 7
with boa.env.anchor():
    contract.set(9)
    contract.increment()
    assert contract.get() == 10
assert contract.get() == 7
boa.env.execute_code(DEAD, value=5)
assert boa.env.get_balance(DEAD) == 5


def refused(kind: type[Exception], to: str, **options: object) -> str:
    """The text of the error that a message ends with."""
    try:
        boa.env.execute_code(to, **options)
    except kind as error:
        return str(error)
    raise SystemExit(f"{options} did not fail")


failing = {"data": bytes.fromhex("a9cc4718"), "is_modifying": False}
assert refused(RPCError, address, **failing) == "3: execution reverted: nope"
refused(InsufficientFunds, DEAD, value=10**30)
print("10 checks")
