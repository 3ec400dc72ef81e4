"""A thousand nested calls of contracts with a page each take little memory."""

import subprocess
import sys

MOST_BYTES = 100 << 20
# The contract writes to its page and calls itself with all its gas; peak memory is
# measured beyond that of one call.
MEASURE = """
import resource
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.forks import BYZANTIUM
from chain_sim.ethereum.execution.message_call import MessageCalls
from chain_sim.ethereum.transaction_host import TransactionHost
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.evm.interface import Message, MessageKind
from tests.helpers.ewasm import BLOCK, HERA, TRANSACTION, contract

CALLEE = bytes([0xCE]) * 20
BODY = (
    "(call $storageLoad (i32.const 32) (i32.const 100))"
    "(i32.store16 (i32.const 130)"
    " (i32.add (i32.load16_u (i32.const 130)) (i32.const 1)))"
    "(call $storageStore (i32.const 32) (i32.const 100))"
    "(drop (call $call (i64.const 0x7fffffffffffffff) (i32.const 0)"
    " (i32.const 32) (i32.const 0) (i32.const 0)))"
)

def run(gas):
    state = WorldState(MemoryDatabase())
    state.set_code(CALLEE, contract(BODY, CALLEE.ljust(64, bytes(1))))
    message = Message(
        kind=MessageKind.CALL, sender=CALLEE, recipient=CALLEE, code_address=CALLEE,
        value=0, data=b"", gas=gas,
    )
    host = TransactionHost(state, BLOCK, TRANSACTION, lambda _: None, BYZANTIUM)
    MessageCalls(HERA, host).execute(message)
    return int.from_bytes(state.get_storage(CALLEE, bytes(32))[30:], "little")

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

run(100_000)
before = peak()
depth = run(10**15)
print(depth, (peak() - before) * 1024)
"""


def test_a_thousand_nested_instances_take_less_than_a_hundred_megabytes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True
    )
    depth, grown = map(int, done.stdout.split())
    assert depth == 1025
    assert grown < MOST_BYTES
