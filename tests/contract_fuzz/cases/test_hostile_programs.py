"""Hostile Stylus programs: both engines end them alike, and soon."""

from functools import cache
from time import process_time

import pytest

from contract_fuzz.cases.case import CaseTransaction, StartState
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.cases.start_states import start_from_code
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.stylus import program
from tests.helpers.wat import wat_to_wasm

LAST = "(i32.const 0xffffffff)"
GAS = 2_000_000
# Programs, by what they try: a body, what it imports, and how it ends.
PROGRAMS: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "grows for ever": (
        "(loop $more (drop (memory.grow (i32.const 1))) (br $more)) (i32.const 0)",
        ("pay_for_memory_grow",),
        "1 128",
        "out of gas",
    ),
    "grows by 2^32 - 1 pages": (
        f"(drop (memory.grow {LAST})) (i32.const 0)",
        ("pay_for_memory_grow",),
        "1 128",
        "out of gas",
    ),
    "writes slots and flushes, again and again": (
        """(loop $more
          (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
          (call $storage_cache_bytes32 (i32.const 0) (i32.const 0))
          (call $storage_flush_cache (i32.const 0))
          (br $more)) (i32.const 0)""",
        ("storage_cache_bytes32", "storage_flush_cache"),
        "1 1",
        "out of gas",
    ),
    "fills the cache without a flush": (
        """(loop $more
          (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
          (call $storage_cache_bytes32 (i32.const 0) (i32.const 0))
          (br $more)) (i32.const 0)""",
        ("storage_cache_bytes32",),
        "1 1",
        "out of gas",
    ),
    "calls itself for ever": (
        """(call $contract_address (i32.const 0))
          (drop (call $call_contract (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 64) (i64.const -1) (i32.const 96)))
          (i32.const 0)""",
        ("contract_address", "call_contract"),
        "1 1",
        "",
    ),
    "hashes all of memory for ever": (
        """(loop $more
          (call $native_keccak256 (i32.const 0) (i32.const 65536) (i32.const 0))
          (br $more)) (i32.const 0)""",
        ("native_keccak256",),
        "1 1",
        "out of gas",
    ),
    "returns all of its memory": (
        "(call $write_result (i32.const 0) (i32.const 8388608)) (i32.const 0)",
        ("write_result",),
        "128 128",
        "out of gas",
    ),
    "calls itself, and each returns a bomb": (
        """(call $contract_address (i32.const 0))
          (drop (call $call_contract (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 64) (i64.const -1) (i32.const 96)))
          (call $write_result (i32.const 0) (i32.const 1048576)) (i32.const 0)""",
        ("contract_address", "call_contract", "write_result"),
        "16 16",
        "out of gas",
    ),
    "takes pages in calls of itself, until they overflow": (
        """(drop (memory.grow (i32.const 127)))
          (call $contract_address (i32.const 0))
          (drop (call $call_contract (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 64) (i64.const -1) (i32.const 96)))
          (i32.const 0)""",
        ("contract_address", "call_contract", "pay_for_memory_grow"),
        "1 128",
        "out of gas",
    ),
    "pays for pages that it never takes": (
        """(loop $more (call $pay_for_memory_grow (i32.const 65535)) (br $more))
          (i32.const 0)""",
        ("pay_for_memory_grow",),
        "1 1",
        "out of gas",
    ),
}
POINTERS = {
    "read_args": f"(call $read_args {LAST})",
    "write_result": f"(call $write_result {LAST} (i32.const 1))",
    "write_result of 2^32 - 1": f"(call $write_result (i32.const 0) {LAST})",
    "native_keccak256": f"(call $native_keccak256 {LAST} (i32.const 32) (i32.const 0))",
    "native_keccak256 of 2^32 - 1": (
        f"(call $native_keccak256 (i32.const 0) {LAST} (i32.const 0))"
    ),
    "storage_load_bytes32": f"(call $storage_load_bytes32 {LAST} (i32.const 0))",
    "emit_log": f"(call $emit_log {LAST} (i32.const 32) (i32.const 1))",
    "emit_log of 2^32 - 1": f"(call $emit_log (i32.const 0) {LAST} (i32.const 1))",
    "msg_sender": f"(call $msg_sender {LAST})",
    "account_code": (f"(drop (call $account_code (i32.const 0) {LAST} {LAST} {LAST}))"),
    "read_return_data": (f"(drop (call $read_return_data {LAST} {LAST} {LAST}))"),
    "call_contract": (
        f"(drop (call $call_contract {LAST} (i32.const 0) {LAST} (i32.const 0)"
        f" (i64.const -1) (i32.const 0)))"
    ),
}
# Most read or write memory that is not there; some lengths cost too much before that,
# and nothing is read of return data that is empty.
OUT_OF_BOUNDS = "out of bounds memory access"
ENDINGS = {
    "write_result of 2^32 - 1": "out of gas",
    "native_keccak256 of 2^32 - 1": "out of gas",
    "emit_log of 2^32 - 1": "out of gas",
    "call_contract": "out of gas",
    "read_return_data": "",
}
NAMES = tuple(dict.fromkeys(name.split(" ")[0] for name in POINTERS))


@cache
def start(wasm: bytes) -> StartState:
    return start_from_code(wasm, schedule="stylus-1")


def ends_alike(wasm: bytes, data: bytes = b"x") -> str:
    """How the engines end it, which both do; and within seconds."""
    found = []
    for engine in ENGINES:
        executor = CaseExecutor(start(wasm)).twin(engine)
        contract = start(wasm).contracts[0]
        call = CaseTransaction(contract, data, gas_limit=GAS)
        began = process_time()
        found.append(executor.run_to_root(executor.begin, [call]))
        assert process_time() - began < 20
    assert found[0] == found[1]
    (outcome,) = found[0][0]
    assert outcome.gas_used <= GAS
    return outcome.error_kind


@pytest.mark.parametrize("name", PROGRAMS)
def test_hostile_program_ends_alike_on_both_engines(name: str) -> None:
    body, imports, pages, ending = PROGRAMS[name]
    assert ends_alike(wat_to_wasm(program(body, *imports, pages=pages))) == ending


@pytest.mark.parametrize("name", POINTERS)
def test_pointer_at_the_end_of_the_address_space_ends_alike(name: str) -> None:
    body = f"{POINTERS[name]} (i32.const 0)"
    ending = ENDINGS.get(name, OUT_OF_BOUNDS)
    assert ends_alike(wat_to_wasm(program(body, *NAMES))) == ending
