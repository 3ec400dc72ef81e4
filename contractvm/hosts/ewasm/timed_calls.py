"""Calls of the functions that only compute, for measured schedules."""

from contractvm.hosts.interface import TimedCalls

COPY = "(i32.const 0) (i32.const 0) (i32.const 0)"
WRITE = "(i32.const 0)"

TIMED_CALLS = TimedCalls(
    arguments={
        "useGas": "(i64.const 0)",
        "getGasLeft": "",
        "getAddress": WRITE,
        "getCallDataSize": "",
        "callDataCopy": COPY,
        "getCaller": WRITE,
        "getCallValue": WRITE,
        "codeCopy": COPY,
        "getCodeSize": "",
        "getBlockCoinbase": WRITE,
        "getBlockDifficulty": WRITE,
        "getBlockGasLimit": "",
        "getTxGasPrice": WRITE,
        "getBlockNumber": "",
        "getBlockTimestamp": "",
        "getTxOrigin": WRITE,
        "getReturnDataSize": "",
        "returnDataCopy": COPY,
    },
    endings=("finish", "revert"),
    copy="callDataCopy",
    copies=("callDataCopy", "codeCopy", "returnDataCopy", "externalCodeCopy"),
)
