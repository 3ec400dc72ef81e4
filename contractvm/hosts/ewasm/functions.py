"""The 33 functions of the ewasm host interface, a row each."""

from collections.abc import Callable
from typing import Any

from contractvm.hosts.ewasm import buffers, calls, environment, storage
from contractvm.hosts.interface import HostFunction, func_type

IMPORT_MODULE = "ethereum"


def function(
    name: str, params: str, results: str, run: Callable[..., Any], **more: Any
) -> HostFunction:
    """A row of the table; see `func_type` for the letters."""
    return HostFunction(IMPORT_MODULE, name, func_type(params, results), run, **more)


# ewasm reference, section 1.2.
FUNCTIONS = (
    function("useGas", "I", "", environment.use_gas),
    function("getGasLeft", "", "I", environment.get_gas_left, sees_gas=True),
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
    function("log", "iiiiiii", "", storage.log, amounts={"per_topic": "host"}),
    function(
        "storageStore",
        "ii",
        "",
        storage.storage_store,
        amounts={"new_slot": "set"},
        group="storage",
        label="unfinished store",
        effects=("set", "reset", "clear", "unchanged"),
        refunded=("clear",),
    ),
    function(
        "storageLoad", "ii", "", storage.storage_load, group="storage", label="load"
    ),
    function("finish", "ii", "", buffers.finish),
    function("revert", "ii", "", buffers.revert),
    function("getReturnDataSize", "", "i", buffers.get_return_data_size),
    function("returnDataCopy", "iii", "", buffers.return_data_copy),
    function(
        "call",
        "Iiiii",
        "i",
        calls.call,
        amounts={"value_transfer": "value", "new_account": "value"},
    ),
    function(
        "callCode", "Iiiii", "i", calls.call_code, amounts={"value_transfer": "value"}
    ),
    function("callDelegate", "Iiii", "i", calls.call_delegate),
    function("callStatic", "Iiii", "i", calls.call_static),
    function("create", "iiii", "i", calls.create),
    function(
        "selfDestruct", "i", "", calls.self_destruct, amounts={"new_account": "value"}
    ),
)
BY_NAME = {entry.name: entry for entry in FUNCTIONS}
