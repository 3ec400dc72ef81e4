"""A host interface of three functions: read a name, count a visit, greet."""

from functools import partial

from contractvm.hosts import (
    ContractCall,
    Finish,
    Frame,
    HostFunction,
    HostInterface,
    PrecompileCosts,
    Profile,
    TransactionCosts,
    build_init_module,
    func_type,
)

VISITS = bytes(32)  # the storage key
FIRST_VISIT = {"first_visit": "storage"}  # the group of a gas report


def read_name(frame: Frame, pointer: int, most: int) -> int:
    name = frame.call_data[:most]
    frame.charge("read_name", len(name))
    frame.memory.write(pointer, name)
    return len(name)


def count_visit(frame: Frame) -> int:
    frame.require_not_static("count_visit")
    frame.charge("count_visit")
    count = int.from_bytes(frame.host.load_storage(frame.address, VISITS), "big") + 1
    if count == 1:
        frame.charge_amount("count_visit", "first_visit")
    frame.host.store_storage(frame.address, VISITS, count.to_bytes(32, "big"))
    return count % 2**32


def greet(frame: Frame, pointer: int, length: int) -> None:
    frame.charge("greet", length)
    raise Finish(frame.memory.read(pointer, length))


function = partial(HostFunction, "greeter")
FUNCTIONS = (
    function("read_name", func_type("ii", "i"), read_name),
    function("count_visit", func_type("", "i"), count_visit, amounts=FIRST_VISIT),
    function("greet", func_type("ii"), greet),
)
GREETER = HostInterface(
    name="greeter",
    profile=Profile("greeter", imports={row.key: row.func_type for row in FUNCTIONS}),
    functions=FUNCTIONS,
    sections=(TransactionCosts, PrecompileCosts),
    start_call=ContractCall,
    init_code=partial(build_init_module, FUNCTIONS[-1]),
)
