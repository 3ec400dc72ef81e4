"""The 42 functions of `vm_hooks`, a row each, and those of debug chains."""

from collections.abc import Callable
from typing import Any

from contractvm.errors import Finish, Revert
from contractvm.hosts.interface import HostFunction, func_type
from contractvm.hosts.stylus import (
    accounts,
    arithmetic,
    calls,
    data,
    debugging,
    storage,
)
from contractvm.hosts.stylus.environment import is_reentrant, number, word, written
from contractvm.hosts.stylus.frame import StylusFrame
from contractvm.hosts.stylus.module_rules import HOOKS
from contractvm.wasm.engines.suspension import Suspension


def observed(
    name: str, run: Callable[..., Any], line: tuple[str, str]
) -> Callable[..., Any]:
    """The function, which tells the frame's observer of each call that did not fail.

    Its charges are told under `line`, a group and a label.
    """
    place = *line, name

    def observe(frame: StylusFrame, *arguments: int) -> Any:
        observer = frame.observer
        if observer is None:
            return run(frame, *arguments)
        frame.line = place
        start = frame.meter.left

        def ended() -> None:
            taken, given = frame.noted
            observer.host_step(name, taken, given, (start, frame.meter.left))

        try:
            result = run(frame, *arguments)
        except (Finish, Revert):
            ended()
            raise
        if not isinstance(result, Suspension):
            ended()
            return result
        noted = frame.noted

        def complete(outcome: Any) -> Any:
            frame.noted, frame.line = noted, place
            answer = result.complete(outcome)
            ended()
            return answer

        return Suspension(result.request, complete)

    return observe


def function(
    name: str,
    params: str,
    results: str,
    run: Callable[..., Any],
    module: str = HOOKS,
    line: tuple[str, str] = ("host", ""),
    **more: Any,
) -> HostFunction:
    """A row of the table; see `func_type` for the letters.

    `line` are the group and the label of its charges in a gas report.
    """
    group, label = line
    run = observed(name, run, (group, label or name))
    kind = func_type(params, results)
    return HostFunction(module, name, kind, run, group=group, label=label, **more)


def _number(
    name: str, letter: str, value: Callable[[StylusFrame], int], **more: Any
) -> HostFunction:
    run = number(name, 4 if letter == "i" else 8, value)
    return function(name, "", letter, run, **more)


def _written(name: str, value: Callable[[StylusFrame], bytes]) -> HostFunction:
    return function(name, "i", "", written(name, value))


def _operation(name: str, compute: Callable[..., int], operands: int) -> HostFunction:
    return function(name, "i" * operands, "", arithmetic.operation(name, compute))


FUNCTIONS = (
    function("read_args", "i", "", data.read_args),
    function("write_result", "ii", "", data.write_result),
    function("exit_early", "i", "", data.exit_early),
    function(
        "storage_load_bytes32",
        "ii",
        "",
        storage.storage_load_bytes32,
        line=("storage", "load"),
    ),
    function(
        "storage_cache_bytes32",
        "ii",
        "",
        storage.storage_cache_bytes32,
        line=("storage", "cached write"),
    ),
    function(
        "storage_flush_cache",
        "i",
        "",
        storage.storage_flush_cache,
        line=("storage", "flush"),
    ),
    function("transient_load_bytes32", "ii", "", storage.transient_load_bytes32),
    function("transient_store_bytes32", "ii", "", storage.transient_store_bytes32),
    function("call_contract", "iiiiIi", "i", calls.call_contract),
    function("delegate_call_contract", "iiiIi", "i", calls.delegate_call_contract),
    function("static_call_contract", "iiiIi", "i", calls.static_call_contract),
    function("create1", "iiiii", "", calls.create1),
    function("create2", "iiiiii", "", calls.create2),
    function("read_return_data", "iii", "i", data.read_return_data),
    function("return_data_size", "", "i", data.return_data_size),
    function("emit_log", "iii", "", storage.emit_log),
    function("account_balance", "ii", "", accounts.account_balance),
    function("account_code", "iiii", "i", accounts.account_code),
    function("account_code_size", "i", "i", accounts.account_code_size),
    function("account_codehash", "ii", "", accounts.account_codehash),
    _number("evm_gas_left", "I", lambda frame: frame.gas_left, sees_gas=True),
    _number("evm_ink_left", "I", lambda frame: frame.meter.left, sees_gas=True),
    _written("block_basefee", word(lambda frame: frame.host.base_fee)),
    _written("block_coinbase", lambda frame: frame.host.block.coinbase),
    _number("chainid", "I", lambda frame: frame.host.chain_id),
    _number("block_gas_limit", "I", lambda frame: frame.host.block.gas_limit),
    _number("block_number", "I", lambda frame: frame.host.l1_block_number),
    _number("block_timestamp", "I", lambda frame: frame.host.block.timestamp),
    _written("contract_address", lambda frame: frame.address),
    _written("msg_sender", lambda frame: frame.message.sender),
    _written("tx_origin", lambda frame: frame.host.transaction.origin),
    _written("msg_value", word(lambda frame: frame.message.value)),
    _written("tx_gas_price", word(lambda frame: frame.host.transaction.gas_price)),
    _number("msg_reentrant", "i", is_reentrant),
    _number("tx_ink_price", "i", lambda frame: frame.parameters.ink_price),
    _operation("math_div", arithmetic.divide, 2),
    _operation("math_mod", arithmetic.remainder, 2),
    function(
        "math_pow",
        "ii",
        "",
        arithmetic.math_pow,
        amounts={"exponent": "host", "per_exponent_byte": "host"},
    ),
    _operation("math_add_mod", arithmetic.add_modulo, 3),
    _operation("math_mul_mod", arithmetic.multiply_modulo, 3),
    function(
        "native_keccak256",
        "iii",
        "",
        arithmetic.native_keccak256,
        amounts={"per_further_word": "host"},
    ),
    function(
        "pay_for_memory_grow",
        "i",
        "",
        data.pay_for_memory_grow,
        line=("memory", "memory.grow pages"),
    ),
)
TYPES_OF_NUMBERS = {"i32": "i", "i64": "I", "f32": "f", "f64": "F"}
DEBUG_FUNCTIONS = (
    function("log_txt", "ii", "", debugging.log_text, "console"),
    *(
        function(f"log_{name}", letter, "", debugging.log, "console")
        for name, letter in TYPES_OF_NUMBERS.items()
    ),
    *(
        function(f"tee_{name}", letter, letter, debugging.tee, "console")
        for name, letter in TYPES_OF_NUMBERS.items()
    ),
    *(
        function(name, "", "", debugging.nothing, "debug")
        for name in ("null_host", "start_benchmark", "end_benchmark")
    ),
)
TYPES = {entry.key: entry.func_type for entry in FUNCTIONS + DEBUG_FUNCTIONS}
