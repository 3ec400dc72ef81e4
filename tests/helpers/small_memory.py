"""Work with less memory than it needs, in children of a process: how each ends.

    python -m tests.helpers.small_memory WORK

prints for each limit "done", the name of the error, or the signal that ended the child.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from ctypes import CDLL, c_size_t, c_void_p
from pathlib import Path

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.trie.batch_update import BatchUpdate
from chain_sim.ethereum.trie.node_cache import NodeCache
from contractvm.metering.instrument import instrument_module
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from tests.helpers.module_bytes import (
    FUNC,
    TYPE,
    module,
    module_with_body,
    section,
    u32,
)

Work = Callable[[], object]
MALLOC = CDLL(None).malloc
MALLOC.argtypes, MALLOC.restype = [c_size_t], c_void_p
LARGEST_BYTES, SMALLEST_BYTES = 1 << 26, 1 << 14
STEP_BYTES = 1 << 17
MOST_STEPS = 400
COUNT = 60_000
OPERANDS = module_with_body(b"\x41\0" * COUNT + b"\x1a" * COUNT + b"\x0b")
DEEP = module_with_body(b"\x02\x40" * 10 * COUNT + b"\x0b" * 10 * COUNT + b"\x0b")
BLOCKS = module_with_body(b"\x02\x40" * COUNT + b"\x0b" * COUNT + b"\x0b")
CHARGES = module_with_body(b"\x41\0\x04\x40\x01\x0b" * COUNT + b"\x0b")
LOCALS = module_with_body(b"\x0b", u32(5 * COUNT) + b"\1\x7f" * 5 * COUNT)
TYPES = module(
    section(TYPE, u32(COUNT) + b"\x60\0\0" * COUNT),
    section(FUNC, b"\0"),
)


def decoding(wasm: bytes) -> Work:
    return lambda: decode_module(wasm)


def validating(wasm: bytes) -> Work:
    decoded = decode_module(wasm)
    return lambda: validate_module(decoded)


def instrumenting(wasm: bytes) -> Work:
    decoded = decode_module(wasm)
    heights = validate_module(decoded).operand_heights
    schedule = load_schedule("ewasm-metered")
    return lambda: instrument_module(decoded, heights, schedule)


def translating(wasm: bytes) -> Work:
    decoded = decode_module(wasm)
    heights = validate_module(decoded).operand_heights
    return lambda: compile_module(decoded, heights)


def updating() -> Work:
    entries = [(number.to_bytes(4, "big"), b"value") for number in range(COUNT)]
    cache, database = NodeCache(), MemoryDatabase()
    return lambda: BatchUpdate(database.get, cache, entries)


WORKS: dict[str, Callable[[], Work]] = {
    "decode blocks": lambda: decoding(DEEP),
    "validate operands": lambda: validating(OPERANDS),
    "validate blocks": lambda: validating(BLOCKS),
    "validate locals": lambda: validating(LOCALS),
    "validate types": lambda: validating(TYPES),
    "instrument blocks": lambda: instrumenting(BLOCKS),
    "instrument charges": lambda: instrumenting(CHARGES),
    "translate operands": lambda: translating(OPERANDS),
    "translate blocks": lambda: translating(BLOCKS),
    "update a trie": updating,
}


def used_bytes() -> int:
    """The addresses that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def leave(more_bytes: int) -> None:
    """Leave so many more addresses, and nothing of what was freed before."""
    used = used_bytes()
    resource.setrlimit(resource.RLIMIT_AS, (used, resource.RLIM_INFINITY))
    size = LARGEST_BYTES
    while size >= SMALLEST_BYTES:
        if not MALLOC(size):
            size //= 2
    limit = used + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def end_within(more_bytes: int, work: Work) -> str:
    """How a child ends that may have so many more addresses."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        leave(more_bytes)
        try:
            work()
            end = b"done"
        except Exception as error:  # noqa: BLE001 (its name is the result)
            end = type(error).__name__.encode()
        os.write(writer, end)
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        end = pipe.read()
    status = os.waitpid(child, 0)[1]
    return end.decode() if end else f"signal {os.WTERMSIG(status)}"


def main(name: str) -> None:
    work = WORKS[name]()
    ends = []
    for step in range(MOST_STEPS):
        ends.append(end_within(step * STEP_BYTES, work))
        if ends[-1] == "done":
            break
    sys.stdout.write(json.dumps(ends))


if __name__ == "__main__":
    main(sys.argv[1])
