"""Which bytes of a contract's memory a host function reads and writes, for traces.

By name, as EVM-style interfaces share them. An entry is the place of the pointer among
the arguments, and the length: a number, or the place of the argument that has it, as
`ARGUMENT + place`. Functions that are not here have numbers only.
"""

ARGUMENT = 1_000

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def at(place: int) -> int:
    """The length that is in the argument at `place`."""
    return ARGUMENT + place


READ: dict[str, Ranges] = {
    "getExternalBalance": ((0, 20),),
    "externalCodeCopy": ((0, 20),),
    "getExternalCodeSize": ((0, 20),),
    "storageStore": ((0, 32), (1, 32)),
    "storageLoad": ((0, 32),),
    "finish": ((0, at(1)),),
    "revert": ((0, at(1)),),
    "log": ((0, at(1)), (3, 32), (4, 32), (5, 32), (6, 32)),
    "call": ((1, 20), (2, 16), (3, at(4))),
    "callCode": ((1, 20), (2, 16), (3, at(4))),
    "callDelegate": ((1, 20), (2, at(3))),
    "callStatic": ((1, 20), (2, at(3))),
    "create": ((0, 16), (1, at(2))),
    "selfDestruct": ((0, 20),),
}
WRITTEN: dict[str, Ranges] = {
    "getAddress": ((0, 20),),
    "getExternalBalance": ((1, 16),),
    "getBlockHash": ((1, 32),),
    "callDataCopy": ((0, at(2)),),
    "getCaller": ((0, 20),),
    "getCallValue": ((0, 16),),
    "codeCopy": ((0, at(2)),),
    "externalCodeCopy": ((1, at(3)),),
    "getBlockCoinbase": ((0, 20),),
    "getBlockDifficulty": ((0, 32),),
    "getTxGasPrice": ((0, 16),),
    "getTxOrigin": ((0, 20),),
    "storageLoad": ((1, 32),),
    "returnDataCopy": ((0, at(2)),),
    "create": ((3, 20),),
}


def length_of(length: int, arguments: tuple[int, ...]) -> int:
    """The number of bytes of a range, by these arguments."""
    return arguments[length - ARGUMENT] if length >= ARGUMENT else length
