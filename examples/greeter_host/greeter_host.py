"""A host interface of three functions: read the input, count a visit, greet."""

from functools import partial

from contractvm.errors import Finish
from contractvm.hosts.evm.contract_call import ContractCall
from contractvm.hosts.evm.costs import PrecompileCosts, TransactionCosts
from contractvm.hosts.evm.deployment import build_init_module
from contractvm.hosts.evm.frame import Frame
from contractvm.hosts.interface import HostFunction, HostInterface, func_type
from contractvm.wasm.validation.profile import Profile

VISITS = bytes(32)
AMOUNTS = {"first_visit": "storage"}


def read_name(frame: Frame, pointer: int, most: int) -> int:
    """Write the first `most` bytes of the call data; the number of bytes."""
    name = frame.call_data[:most]
    frame.charge("read_name", len(name))
    frame.memory.write(pointer, name)
    return len(name)


def count_visit(frame: Frame) -> int:
    """Add one to the number that the account stores; the first visit costs more."""
    frame.require_not_static("count_visit")
    frame.charge("count_visit")
    count = int.from_bytes(frame.host.load_storage(frame.address, VISITS), "big") + 1
    if count == 1:
        frame.charge_amount("count_visit", "first_visit")
    frame.host.store_storage(frame.address, VISITS, count.to_bytes(32, "big"))
    return count % 2**32


def greet(frame: Frame, pointer: int, length: int) -> None:
    """End the call with success and this output."""
    frame.charge("greet", length)
    raise Finish(frame.memory.read(pointer, length))


FUNCTIONS = (
    HostFunction("greeter", "read_name", func_type("ii", "i"), read_name),
    HostFunction(
        "greeter", "count_visit", func_type("", "i"), count_visit, amounts=AMOUNTS
    ),
    HostFunction("greeter", "greet", func_type("ii"), greet),
)
GREETER = HostInterface(
    name="greeter",
    profile=Profile("greeter", imports={row.key: row.func_type for row in FUNCTIONS}),
    functions=FUNCTIONS,
    sections=(TransactionCosts, PrecompileCosts),
    start_call=ContractCall,
    init_code=partial(build_init_module, FUNCTIONS[-1]),
)
