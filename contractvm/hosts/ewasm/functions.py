"""The ewasm host interface as data: its 33 functions, and the modules it accepts."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from contractvm.hosts.ewasm import buffers, calls, environment, storage
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.structure.types import FuncType, ValType

IMPORT_MODULE = "ethereum"
ENTRY_POINT = "main"
MEMORY_EXPORT = "memory"


@dataclass(frozen=True, slots=True)
class HostFunction:
    """One function of the interface: its Wasm type, and what it does with a frame."""

    name: str
    func_type: FuncType
    run: Callable[..., Any]


def parse_types(text: str) -> tuple[ValType, ...]:
    """`"iIi"` to i32, i64, i32."""
    return tuple({"i": ValType.I32, "I": ValType.I64}[letter] for letter in text)


def function(
    name: str, params: str, results: str, run: Callable[..., Any]
) -> HostFunction:
    """A row of the table; `i` is i32 and `I` is i64."""
    return HostFunction(name, FuncType(parse_types(params), parse_types(results)), run)


# ewasm reference, section 1.2.
FUNCTIONS = (
    function("useGas", "I", "", environment.use_gas),
    function("getGasLeft", "", "I", environment.get_gas_left),
    function("getAddress", "i", "", environment.get_address),
    function("getExternalBalance", "ii", "", environment.get_external_balance),
    function("getBlockHash", "Ii", "i", environment.get_block_hash),
    function("getCallDataSize", "", "i", buffers.get_call_data_size),
    function("callDataCopy", "iii", "", buffers.call_data_copy),
    function("getCaller", "i", "", environment.get_caller),
    function("getCallValue", "i", "", environment.get_call_value),
    function("codeCopy", "iii", "", buffers.code_copy),
    function("getCodeSize", "", "i", buffers.get_code_size),
    function("externalCodeCopy", "iiii", "", buffers.external_code_copy),
    function("getExternalCodeSize", "i", "i", buffers.get_external_code_size),
    function("getBlockCoinbase", "i", "", environment.get_block_coinbase),
    function("getBlockDifficulty", "i", "", environment.get_block_difficulty),
    function("getBlockGasLimit", "", "I", environment.get_block_gas_limit),
    function("getTxGasPrice", "i", "", environment.get_tx_gas_price),
    function("getBlockNumber", "", "I", environment.get_block_number),
    function("getBlockTimestamp", "", "I", environment.get_block_timestamp),
    function("getTxOrigin", "i", "", environment.get_tx_origin),
    function("log", "iiiiiii", "", storage.log),
    function("storageStore", "ii", "", storage.storage_store),
    function("storageLoad", "ii", "", storage.storage_load),
    function("finish", "ii", "", buffers.finish),
    function("revert", "ii", "", buffers.revert),
    function("getReturnDataSize", "", "i", buffers.get_return_data_size),
    function("returnDataCopy", "iii", "", buffers.return_data_copy),
    function("call", "Iiiii", "i", calls.call),
    function("callCode", "Iiiii", "i", calls.call_code),
    function("callDelegate", "Iiii", "i", calls.call_delegate),
    function("callStatic", "Iiii", "i", calls.call_static),
    function("create", "iiii", "i", calls.create),
    function("selfDestruct", "i", "", calls.self_destruct),
)
BY_NAME = {entry.name: entry for entry in FUNCTIONS}
# One for all contracts: each is given the frame that it is called in.
HOST_FUNCS = MappingProxyType(
    {
        (IMPORT_MODULE, entry.name): HostFunc(
            entry.func_type, entry.run, takes_context=True
        )
        for entry in FUNCTIONS
    }
)
IMPORTS = {(IMPORT_MODULE, entry.name): entry.func_type for entry in FUNCTIONS}
