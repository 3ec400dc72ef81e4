"""The operands of host functions, for traces: numbers, and bytes of memory.

By name, as EVM-style interfaces share them; functions that are not here have numbers
only. n: a number. mN: a pointer to N bytes that are read; d: a pointer and a length.
oN: a pointer to N bytes that are written; o@I: as many as argument I says. t: the count
of topics, and the four pointers to them.
"""

from collections.abc import Mapping
from types import MappingProxyType

ARGUMENT = 1_000
WORD_BYTES = 32
TOPICS = 4
# How many arguments an operand is; one for all others.
WIDTHS: Mapping[str, int] = MappingProxyType({"d": 2, "t": 1 + TOPICS})

# The place of the pointer among the arguments, and the length: a number, or the place
# of the argument that has it, as `ARGUMENT + place`.
Range = tuple[int, int]
Ranges = tuple[Range, ...]

OPERANDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "getAddress": ("o20",),
        "getExternalBalance": ("m20", "o16"),
        "getBlockHash": ("n", "o32"),
        "callDataCopy": ("o@2", "n", "n"),
        "getCaller": ("o20",),
        "getCallValue": ("o16",),
        "codeCopy": ("o@2", "n", "n"),
        "externalCodeCopy": ("m20", "o@3", "n", "n"),
        "getExternalCodeSize": ("m20",),
        "getBlockCoinbase": ("o20",),
        "getBlockDifficulty": ("o32",),
        "getTxGasPrice": ("o16",),
        "getTxOrigin": ("o20",),
        "log": ("d", "t"),
        "storageStore": ("m32", "m32"),
        "storageLoad": ("m32", "o32"),
        "finish": ("d",),
        "revert": ("d",),
        "returnDataCopy": ("o@2", "n", "n"),
        "call": ("n", "m20", "m16", "d"),
        "callCode": ("n", "m20", "m16", "d"),
        "callDelegate": ("n", "m20", "d"),
        "callStatic": ("n", "m20", "d"),
        "create": ("m16", "d", "o20"),
        "selfDestruct": ("m20",),
        # Those of Stylus; of what is written over an operand, the operand.
        "write_result": ("d",),
        "storage_load_bytes32": ("m32", "o32"),
        "storage_cache_bytes32": ("m32", "m32"),
        "transient_load_bytes32": ("m32", "o32"),
        "transient_store_bytes32": ("m32", "m32"),
        "call_contract": ("m20", "d", "m32", "n", "o4"),
        "delegate_call_contract": ("m20", "d", "n", "o4"),
        "static_call_contract": ("m20", "d", "n", "o4"),
        "create1": ("d", "m32", "o20", "o4"),
        "create2": ("d", "m32", "m32", "o20", "o4"),
        "read_return_data": ("o@2", "n", "n"),
        "emit_log": ("d", "n"),
        "account_balance": ("m20", "o32"),
        "account_code": ("m20", "n", "n", "o@2"),
        "account_code_size": ("m20",),
        "account_codehash": ("m20", "o32"),
        "block_basefee": ("o32",),
        "block_coinbase": ("o20",),
        "contract_address": ("o20",),
        "msg_sender": ("o20",),
        "tx_origin": ("o20",),
        "msg_value": ("o32",),
        "tx_gas_price": ("o32",),
        "math_div": ("m32", "m32"),
        "math_mod": ("m32", "m32"),
        "math_pow": ("m32", "m32"),
        "math_add_mod": ("m32", "m32", "m32"),
        "math_mul_mod": ("m32", "m32", "m32"),
        "native_keccak256": ("d", "o32"),
    }
)


def at(place: int) -> int:
    """The length that is in the argument at `place`."""
    return ARGUMENT + place


def length_of(length: int, arguments: tuple[int, ...]) -> int:
    """The number of bytes of a range, by these arguments."""
    return arguments[length - ARGUMENT] if length >= ARGUMENT else length


def ranges_of(operands: tuple[str, ...], letters: str) -> Ranges:
    """The bytes that operands with these letters name."""
    found: list[Range] = []
    place = 0
    for operand in operands:
        letter, size = operand[0], operand[1:]
        if letter not in letters:
            pass
        elif letter == "t":
            found += ((place + 1 + topic, WORD_BYTES) for topic in range(TOPICS))
        elif letter == "d":
            found.append((place, at(place + 1)))
        elif size.startswith("@"):
            found.append((place, at(int(size[1:]))))
        else:
            found.append((place, int(size)))
        place += WIDTHS.get(letter, 1)
    return tuple(found)


READ: Mapping[str, Ranges] = MappingProxyType(
    {name: ranges_of(operands, "mdt") for name, operands in OPERANDS.items()}
)
WRITTEN: Mapping[str, Ranges] = MappingProxyType(
    {name: ranges_of(operands, "o") for name, operands in OPERANDS.items()}
)
