"""Names and numbers that the instrumented module and its host agree on."""

# Raised by every change that gives other bytes for the same module, schedule and
# options; part of the identity of a cached instrumented module.
INSTRUMENTATION_VERSION = 2

# A mutable i64 global: the gas left, in units of the schedule. The host sets it before
# each call to a number from 0 to 2^63 - 1; below zero means out of gas by that much.
GAS_EXPORT = "contractvm.gas"

# A mutable i32 global: not 0 once gas ran out, if the metering reports it so. The host
# sets it to 0 whenever it sets the gas.
GAS_STATUS_EXPORT = "contractvm.gas_status"

# Injected sequences push no more operands than this on top of the func's own.
INJECTED_OPERANDS = 8

# In a func with loops a local mirrors the counter, appended after the func's own ones.
# Engines take 50,000 locals; two are left for canonical NaNs.
MAX_GAS_LOCAL = 50_000 - 2

# A mutable i32 global: the stack height in use. After a trap, a height above the limit
# means that the limit was the reason, and the host resets it to 0 before another call.
STACK_HEIGHT_EXPORT = "contractvm.stack_height"

# The start func, if `defer_start` asked for it: the host calls it first.
START_EXPORT = "contractvm.start"

# Stack height that a call uses on top of its parameters, locals and operands: return
# address, frame pointer and saved registers of a native frame, in values of 8 bytes.
FRAME_HEIGHT = 8

# An engine needs a native stack that ends later. Measured: wasmtime without its
# optimiser uses 3 to 20 bytes for each value of height. Its optimiser keeps values
# alive that the code does not name (71 bytes for each were seen, and more are
# possible); a native stack that ends first is then the machine's failure, not the
# contract's.
DEFAULT_MAX_STACK_HEIGHT = 65_536
# The sum of two heights must stay below 2^32, and the limit in a signed i32.const.
GREATEST_MAX_STACK_HEIGHT = 2**31 - 2
