"""The instruction sequences that are written into a module, as bytes.

The charge and the stack-height sequences have fixed shapes, which the interpreter
recognises; any change here is a change of INSTRUMENTATION_VERSION.
"""

from contractvm.wasm.structure.encoding import encode_instruction as instruction
from contractvm.wasm.structure.encoding import encode_signed as signed
from contractvm.wasm.structure.encoding import encode_unsigned as unsigned

EMPTY_BLOCK_TYPE = b"\x40"


END = instruction("end")
TRAP_IF = (
    instruction("if", EMPTY_BLOCK_TYPE)
    + instruction("unreachable")
    + instruction("end")
)


def charge_head(gas_global: int) -> bytes:
    """What stands before the amount of a charge."""
    return instruction("global.get", unsigned(gas_global)) + instruction("i64.const")


def charge_tail(gas_global: int) -> bytes:
    """What stands behind the amount: subtract it, and trap below zero."""
    gas = unsigned(gas_global)
    return (
        instruction("i64.sub")
        + instruction("global.set", gas)
        + instruction("global.get", gas)
        + instruction("i64.const", signed(0))
        + instruction("i64.lt_s")
        + TRAP_IF
    )


def local_charge_head(gas_local: int) -> bytes:
    """What stands before the amount of a charge where a local holds the counter too."""
    return instruction("local.get", unsigned(gas_local)) + instruction("i64.const")


def local_charge_tail(gas_local: int, gas_global: int) -> bytes:
    """What stands behind that amount: as `charge_tail`, and both hold what is left."""
    local = unsigned(gas_local)
    store = instruction("local.get", local) + instruction(
        "global.set", unsigned(gas_global)
    )
    return (
        instruction("i64.sub")
        + instruction("local.tee", local)
        + instruction("i64.const", signed(0))
        + instruction("i64.lt_s")
        + instruction("if", EMPTY_BLOCK_TYPE)
        + store
        + instruction("unreachable")
        + instruction("end")
        + store
    )


def local_load(gas_local: int, gas_global: int) -> bytes:
    """What puts the counter into the local: at a func's start, and behind each call."""
    return instruction("global.get", unsigned(gas_global)) + instruction(
        "local.set", unsigned(gas_local)
    )


def sized_charge_body(gas_global: int, price: int) -> bytes:
    """Body of a func that charges `price` times its i32 argument, and returns it.

    The product of a 32-bit count and a price below 2^31 stays below 2^63.
    """
    return (
        instruction("global.get", unsigned(gas_global))
        + instruction("local.get", unsigned(0))
        + instruction("i64.extend_i32_u")
        + instruction("i64.const", signed(price))
        + instruction("i64.mul")
        + charge_tail(gas_global)
        + instruction("local.get", unsigned(0))
        + END
    )


def height_head(height_global: int) -> bytes:
    """What stands before the amount where the stack height goes up or down."""
    return instruction("global.get", unsigned(height_global)) + instruction("i32.const")


def height_entry(height_global: int, limit: int) -> bytes:
    """What stands behind the amount at a func's entry: add it, trap above the limit.

    Ends with the opcode of the block around the body, whose block type comes next.
    """
    stack = unsigned(height_global)
    return (
        instruction("i32.add")
        + instruction("global.set", stack)
        + instruction("global.get", stack)
        + instruction("i32.const", signed(limit))
        + instruction("i32.gt_u")
        + TRAP_IF
        + instruction("block")
    )


def height_exit(height_global: int) -> bytes:
    """What stands behind the amount at a func's exit, with the func's own end."""
    return (
        instruction("i32.sub")
        + instruction("global.set", unsigned(height_global))
        + END
    )
