"""THE table of internal operations: what the compiled loop can do, one row each.

`loop_generator` writes the arms of the loop from it when the project is built, with
all their variants: constant operands, constant addresses, compare-and-branch. The
translator reads the same rows for its rules. Nothing else lists operations.

The build runs this file before anything is compiled, so it imports nothing else of this
project.

The C texts use: `x`, `y` the operands in the row's type; `ip` the instruction's words,
`fp` the frame's slots, `memory`, `memory_size`, `globals`, `gas`, `height`, INSTANCE,
`m` the state of the loop; NEXT, TRAP, EXIT and the helper functions of `machine.h`.
"""

from enum import Enum
from typing import NamedTuple


class Form(Enum):
    """How an operation takes its operands, and which variants are generated."""

    BINARY = "binary"  # [x y] -> [z], also with a constant y
    COMPARE = "compare"  # like BINARY, and fused with a branch
    TEST = "test"  # [x] -> [i32], fused with a branch
    UNARY = "unary"  # [x] -> [z]
    LOAD = "load"  # [address] -> [z], also from a constant address
    STORE = "store"  # [address x] -> [], also of a constant and at a constant address
    IN_PLACE = "in place"  # operands and results in consecutive slots from ip[1]
    BRANCH = "branch"  # on a test of a slot, the code; in three variants
    STEP = "step"  # adds ip[3] to a slot and branches on a test of it, the code
    CONTROL = "control"  # written out, emitted by a separate rule in the translator


class Operation(NamedTuple):
    """One row; `name` is the mnemonic that it translates, or a name in capitals.

    `operand` and `result` are C types as `u32`, `s64`, `f32`. `checks` are pairs of
    a C condition and the trap that it causes, in order. `swapped` is the operation
    that gives the same with operands exchanged, `inverse` the one that gives the
    opposite answer. `units` is the instruction's length in units of four words.
    """

    name: str
    form: Form
    code: str
    operand: str = ""
    result: str = ""
    checks: tuple[tuple[str, str], ...] = ()
    swapped: str = ""
    inverse: str = ""
    size_bytes: int = 0
    units: int = 1
    right: str = ""  # type of y where it differs from x's


B, C, T, U = Form.BINARY, Form.COMPARE, Form.TEST, Form.UNARY
L, S, P, K = Form.LOAD, Form.STORE, Form.IN_PLACE, Form.CONTROL

ZERO = ("y == 0", "TRAP_INTEGER_DIVIDE_BY_ZERO")


def integer_operations(bits: int) -> tuple[Operation, ...]:
    """The integer instructions of one width (spec 4.3.2)."""
    i, u, s = f"i{bits}", f"u{bits}", f"s{bits}"
    least = f"INT{bits}_MIN"
    mask = str(bits - 1)
    suffix = "" if bits == 32 else "ll"
    overflow = (f"x == {least} && y == -1", "TRAP_INTEGER_OVERFLOW")
    return (
        Operation(f"{i}.add", B, "x + y", u, u, swapped=f"{i}.add"),
        Operation(f"{i}.sub", B, "x - y", u, u),
        Operation(f"{i}.mul", B, "x * y", u, u, swapped=f"{i}.mul"),
        Operation(f"{i}.div_s", B, "x / y", s, s, (ZERO, overflow)),
        Operation(f"{i}.div_u", B, "x / y", u, u, (ZERO,)),
        Operation(f"{i}.rem_s", B, "y == -1 ? 0 : x % y", s, s, (ZERO,)),
        Operation(f"{i}.rem_u", B, "x % y", u, u, (ZERO,)),
        Operation(f"{i}.or", B, "x | y", u, u, swapped=f"{i}.or"),
        Operation(f"{i}.xor", B, "x ^ y", u, u, swapped=f"{i}.xor"),
        Operation(f"{i}.shl", B, f"x << (y & {mask})", u, u),
        Operation(f"{i}.shr_s", B, f"x >> (y & {mask})", s, s, right=u),
        Operation(f"{i}.shr_u", B, f"x >> (y & {mask})", u, u),
        Operation(f"{i}.rotl", B, f"rotate_left_{bits}(x, y)", u, u),
        Operation(f"{i}.rotr", B, f"rotate_left_{bits}(x, 0 - y)", u, u),
        # Not a comparison, yet a test of bits that programs branch on.
        Operation(
            f"{i}.and", C if bits == 32 else B, "x & y", u, u, swapped=f"{i}.and"
        ),
        Operation(f"{i}.clz", U, f"x ? __builtin_clz{suffix}(x) : {bits}", u, "u32"),
        Operation(f"{i}.ctz", U, f"x ? __builtin_ctz{suffix}(x) : {bits}", u, "u32"),
        Operation(f"{i}.popcnt", U, f"__builtin_popcount{suffix}(x)", u, "u32"),
        Operation(f"{i}.eqz", T, "x == 0", u, "u32"),
        Operation(f"{i}.eq", C, "x == y", u, "u32", (), f"{i}.eq", f"{i}.ne"),
        Operation(f"{i}.ne", C, "x != y", u, "u32", (), f"{i}.ne", f"{i}.eq"),
        Operation(f"{i}.lt_s", C, "x < y", s, "u32", (), f"{i}.gt_s", f"{i}.ge_s"),
        Operation(f"{i}.lt_u", C, "x < y", u, "u32", (), f"{i}.gt_u", f"{i}.ge_u"),
        Operation(f"{i}.gt_s", C, "x > y", s, "u32", (), f"{i}.lt_s", f"{i}.le_s"),
        Operation(f"{i}.gt_u", C, "x > y", u, "u32", (), f"{i}.lt_u", f"{i}.le_u"),
        Operation(f"{i}.le_s", C, "x <= y", s, "u32", (), f"{i}.ge_s", f"{i}.gt_s"),
        Operation(f"{i}.le_u", C, "x <= y", u, "u32", (), f"{i}.ge_u", f"{i}.gt_u"),
        Operation(f"{i}.ge_s", C, "x >= y", s, "u32", (), f"{i}.le_s", f"{i}.lt_s"),
        Operation(f"{i}.ge_u", C, "x >= y", u, "u32", (), f"{i}.le_u", f"{i}.lt_u"),
        Operation(f"{i}.extend8_s", U, "(int8_t)x", u, s),
        Operation(f"{i}.extend16_s", U, "(int16_t)x", u, s),
    )


def float_operations(bits: int) -> tuple[Operation, ...]:
    """The float instructions of one width (spec 4.3.3)."""
    f, u = f"f{bits}", f"u{bits}"
    c = "f" if bits == 32 else ""
    sign = "0x80000000u" if bits == 32 else "0x8000000000000000ull"
    return (
        # Sign operations work on bits: they never touch a NaN's payload.
        Operation(f"{f}.abs", U, f"x & ~{sign}", u, u),
        Operation(f"{f}.neg", U, f"x ^ {sign}", u, u),
        Operation(f"{f}.copysign", B, f"(x & ~{sign}) | (y & {sign})", u, u),
        # All others give a NaN as the canonical one: the spec leaves a NaN's payload
        # open, and machines and compilers differ in it.
        Operation(f"{f}.ceil", U, f"ceil{c}(x)", f, f),
        Operation(f"{f}.floor", U, f"floor{c}(x)", f, f),
        Operation(f"{f}.trunc", U, f"trunc{c}(x)", f, f),
        Operation(f"{f}.nearest", U, f"rint{c}(x)", f, f),
        Operation(f"{f}.sqrt", U, f"sqrt{c}(x)", f, f),
        Operation(f"{f}.add", B, "x + y", f, f, swapped=f"{f}.add"),
        Operation(f"{f}.sub", B, "x - y", f, f),
        Operation(f"{f}.mul", B, "x * y", f, f, swapped=f"{f}.mul"),
        Operation(f"{f}.div", B, "x / y", f, f),
        Operation(f"{f}.min", B, f"min_{f}(x, y)", f, f),
        Operation(f"{f}.max", B, f"max_{f}(x, y)", f, f),
        Operation(f"{f}.eq", C, "x == y", f, "u32", swapped=f"{f}.eq"),
        Operation(f"{f}.ne", C, "x != y", f, "u32", swapped=f"{f}.ne"),
        Operation(f"{f}.lt", C, "x < y", f, "u32", swapped=f"{f}.gt"),
        Operation(f"{f}.gt", C, "x > y", f, "u32", swapped=f"{f}.lt"),
        Operation(f"{f}.le", C, "x <= y", f, "u32", swapped=f"{f}.ge"),
        Operation(f"{f}.ge", C, "x >= y", f, "u32", swapped=f"{f}.le"),
    )


def truncations() -> tuple[Operation, ...]:
    """Float to integer, trapping and saturating (spec 4.3.4)."""
    # The greatest float below, and the least above, that still fits: bounds are
    # exclusive, and each is exactly representable in its type.
    bounds = {
        ("i32", "s", "f32"): ("x >= -2147483648.0f", "x < 2147483648.0f"),
        ("i32", "s", "f64"): ("x > -2147483649.0", "x < 2147483648.0"),
        ("i32", "u", "f32"): ("x > -1.0f", "x < 4294967296.0f"),
        ("i32", "u", "f64"): ("x > -1.0", "x < 4294967296.0"),
        ("i64", "s", "f32"): ("x >= -0x1p63f", "x < 0x1p63f"),
        ("i64", "s", "f64"): ("x >= -0x1p63", "x < 0x1p63"),
        ("i64", "u", "f32"): ("x > -1.0f", "x < 0x1p64f"),
        ("i64", "u", "f64"): ("x > -1.0", "x < 0x1p64"),
    }
    rows = []
    for (i, sign, f), (above_least, below_most) in bounds.items():
        bits = i[1:]
        c_type = f"{'int' if sign == 's' else 'uint'}{bits}_t"
        least = f"INT{bits}_MIN" if sign == "s" else "0"
        most = f"INT{bits}_MAX" if sign == "s" else f"UINT{bits}_MAX"
        checks = (
            ("x != x", "TRAP_INVALID_CONVERSION_TO_INTEGER"),
            (f"!({above_least} && {below_most})", "TRAP_INTEGER_OVERFLOW"),
        )
        result = f"{sign}{bits}"
        rows.append(
            Operation(f"{i}.trunc_{f}_{sign}", U, f"({c_type})x", f, result, checks)
        )
        saturated = (
            f"x != x ? 0 : !({above_least}) ? {least}"
            f" : !({below_most}) ? {most} : ({c_type})x"
        )
        rows.append(Operation(f"{i}.trunc_sat_{f}_{sign}", U, saturated, f, result))
    return tuple(rows)


CONVERSIONS = (
    Operation("i32.wrap_i64", U, "x", "u32", "u32"),
    Operation("i64.extend_i32_s", U, "x", "s32", "s64"),
    Operation("i64.extend32_s", U, "x", "s32", "s64"),
    Operation("f32.convert_i32_s", U, "(float)x", "s32", "f32"),
    Operation("f32.convert_i32_u", U, "(float)x", "u32", "f32"),
    Operation("f32.convert_i64_s", U, "(float)x", "s64", "f32"),
    Operation("f32.convert_i64_u", U, "(float)x", "u64", "f32"),
    Operation("f32.demote_f64", U, "(float)x", "f64", "f32"),
    Operation("f64.convert_i32_s", U, "(double)x", "s32", "f64"),
    Operation("f64.convert_i32_u", U, "(double)x", "u32", "f64"),
    Operation("f64.convert_i64_s", U, "(double)x", "s64", "f64"),
    Operation("f64.convert_i64_u", U, "(double)x", "u64", "f64"),
    Operation("f64.promote_f32", U, "(double)x", "f32", "f64"),
)

# `code` is the C type that is in memory, `result` the type that it is widened to.
MEMORY_ACCESSES = (
    Operation("i32.load", L, "uint32_t", "", "u32", size_bytes=4),
    Operation("i64.load", L, "uint64_t", "", "u64", size_bytes=8),
    Operation("i32.load8_s", L, "int8_t", "", "s32", size_bytes=1),
    Operation("i32.load8_u", L, "uint8_t", "", "u32", size_bytes=1),
    Operation("i32.load16_s", L, "int16_t", "", "s32", size_bytes=2),
    Operation("i32.load16_u", L, "uint16_t", "", "u32", size_bytes=2),
    Operation("i64.load8_s", L, "int8_t", "", "s64", size_bytes=1),
    Operation("i64.load16_s", L, "int16_t", "", "s64", size_bytes=2),
    Operation("i64.load32_s", L, "int32_t", "", "s64", size_bytes=4),
    Operation("i32.store", S, "uint32_t", "u32", size_bytes=4),
    Operation("i64.store", S, "uint64_t", "u64", size_bytes=8),
    Operation("i32.store8", S, "uint8_t", "u32", size_bytes=1),
    Operation("i32.store16", S, "uint16_t", "u32", size_bytes=2),
)

# Instructions that do to a slot's 64 bits just what another instruction does.
SAME_AS = {
    "f32.load": "i32.load",
    "f64.load": "i64.load",
    "i64.load8_u": "i32.load8_u",
    "i64.load16_u": "i32.load16_u",
    "i64.load32_u": "i32.load",
    "f32.store": "i32.store",
    "f64.store": "i64.store",
    "i64.store8": "i32.store8",
    "i64.store16": "i32.store16",
    "i64.store32": "i32.store",
    "ref.is_null": "i64.eqz",
}

# Instructions that leave a slot's 64 bits as they are: translation drops them.
NO_OPERATION = frozenset(
    {
        "nop",
        "i64.extend_i32_u",
        "i32.reinterpret_f32",
        "i64.reinterpret_f64",
        "f32.reinterpret_i32",
        "f64.reinterpret_i64",
    }
)

# Operands and results in place: slots from ip[1] on, immediates in ip[2] and ip[3].
# Those without code leave the loop: the driver (`interpreter.pyx`) does them.
IN_PLACE_OPERATIONS = (
    Operation("memory.size", P, "fp[ip[1]] = memory_size >> 16;"),
    Operation(
        "memory.copy",
        P,
        "if (!copy_memory(memory, memory_size, fp + ip[1]))"
        " TRAP(TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS); POLL_BY_SIZE(fp[ip[1] + 2]);",
    ),
    Operation(
        "memory.fill",
        P,
        "if (!fill_memory(memory, memory_size, fp + ip[1]))"
        " TRAP(TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS); POLL_BY_SIZE(fp[ip[1] + 2]);",
    ),
    Operation("memory.grow", P, ""),
    Operation("memory.init", P, ""),
    Operation("data.drop", P, ""),
    Operation("table.get", P, ""),
    Operation("table.set", P, ""),
    Operation("table.size", P, ""),
    Operation("table.grow", P, ""),
    Operation("table.fill", P, ""),
    Operation("table.copy", P, ""),
    Operation("table.init", P, ""),
    Operation("elem.drop", P, ""),
    Operation("GLOBAL_SET_REFERENCE", P, ""),  # keeps alive what it refers to
    Operation(
        "ref.func", P, "fp[ip[1]] = (uint64_t)(uintptr_t)&INSTANCE->funcs[ip[2]];"
    ),
)

CONTROL_OPERATIONS = (
    Operation("UNREACHABLE", K, "TRAP(TRAP_UNREACHABLE);"),
    Operation("MOVE", K, "fp[ip[1]] = fp[ip[2]]; NEXT(1);"),
    Operation("CONST", K, "fp[ip[1]] = ip[2] | (uint64_t)ip[3] << 32; NEXT(1);"),
    # Overlapping runs of slots: ip[3] of them from ip[2] to ip[1].
    Operation(
        "MOVE_RUN",
        K,
        "memmove(fp + ip[1], fp + ip[2], (size_t)ip[3] * 8); NEXT(1);",
    ),
    # Declared locals start at zero: ip[2] slots from ip[1].
    Operation("ZERO_RUN", K, "memset(fp + ip[1], 0, (size_t)ip[2] * 8); NEXT(1);"),
    Operation("ZERO", K, "fp[ip[1]] = 0; NEXT(1);"),
    Operation(
        "SELECT",
        K,
        "fp[ip[1]] = fp[(uint32_t)fp[ip[4]] ? ip[2] : ip[3]]; NEXT(2);",
        units=2,
    ),
    Operation("BR", K, "JUMP(1);"),
    Operation("BR_LOOP", K, "JUMP_TO_LOOP(1);"),
    Operation("BR_IF", Form.BRANCH, "x", "u32"),
    Operation("BR_UNLESS", Form.BRANCH, "!x", "u32"),
    # A local counts up or down by ip[3], and the loop repeats until it is zero.
    Operation("BR_IF_STEP", Form.STEP, "x"),
    Operation("BR_UNLESS_STEP", Form.STEP, "!x"),
    # ip[3] labels and a default follow, as distances in words from this instruction.
    Operation(
        "BR_TABLE",
        K,
        "uint32_t index = (uint32_t)fp[ip[2]];"
        " ip += (int32_t)ip[4 + (index < ip[3] ? index : ip[3])]; DISPATCH();",
    ),
    Operation("RETURN", K, "RETURN();"),
    Operation("RETURN_ONE", K, "fp[0] = fp[ip[1]]; RETURN();"),
    Operation(
        "CALL",
        K,
        "ENTER_FRAME(fp + ip[1], ip[3], ip + 4); ip += (int32_t)ip[2];"
        " POLL(); DISPATCH();",
    ),
    # The same to a func that begins with STACK_ENTER_CHARGE, and that as well.
    Operation(
        "CALL_CHARGED",
        K,
        "ENTER_FRAME(fp + ip[1], ip[3], ip + 4); ip += (int32_t)ip[2];"
        " POLL(); STACK_ENTER_CHARGE();",
    ),
    Operation(
        "CALL_IMPORT",
        K,
        "callee = &INSTANCE->funcs[ip[2]]; callee_fp = fp + ip[1];"
        " return_ip = ip + 4; goto call_callee;",
    ),
    Operation(
        "CALL_INDIRECT",
        K,
        "TableCells *table = INSTANCE->tables[ip[4]];"
        " uint32_t index = (uint32_t)fp[ip[2]];"
        " if (UNLIKELY(index >= table->size)) TRAP(TRAP_UNDEFINED_ELEMENT);"
        " callee = (FuncRecord *)(uintptr_t)table->elements[index];"
        " if (UNLIKELY(callee == NULL)) TRAP(TRAP_UNINITIALIZED_ELEMENT);"
        " if (UNLIKELY(callee->type != &INSTANCE->types[ip[3]])"
        " && !is_same_type(callee->type, &INSTANCE->types[ip[3]]))"
        " TRAP(TRAP_INDIRECT_CALL_TYPE_MISMATCH);"
        " callee_fp = fp + ip[1]; return_ip = ip + 8; goto call_callee;",
        units=2,
    ),
    # Back from a func of another instance: the frame just left says where to.
    Operation(
        "RETURN_TO_INSTANCE",
        K,
        "STORE_INSTANCE(); INSTANCE = frame->instance; ip = frame->return_ip;"
        " LOAD_INSTANCE(); DISPATCH();",
    ),
    Operation("FINISH", K, "EXIT(EXIT_FINISHED);"),
    # The injected counters, which the loop holds itself.
    Operation("GAS_GET", K, "fp[ip[1]] = gas; NEXT(1);"),
    Operation("GAS_SET", K, "gas = fp[ip[1]]; NEXT(1);"),
    Operation("HEIGHT_GET", K, "fp[ip[1]] = height; NEXT(1);"),
    Operation("HEIGHT_SET", K, "height = (uint32_t)fp[ip[1]]; NEXT(1);"),
    Operation("GLOBAL_GET", K, "fp[ip[1]] = globals[ip[2]]; NEXT(1);"),
    Operation("GLOBAL_SET", K, "globals[ip[1]] = fp[ip[2]]; NEXT(1);"),
    Operation(
        "GLOBAL_GET_IMPORTED",
        K,
        "fp[ip[1]] = *INSTANCE->imported_globals[ip[2]]; NEXT(1);",
    ),
    Operation(
        "GLOBAL_SET_IMPORTED",
        K,
        "*INSTANCE->imported_globals[ip[1]] = fp[ip[2]]; NEXT(1);",
    ),
    # The injected charge and stack-height sequences, each as one operation.
    Operation("CHARGE", K, "CHARGE(); NEXT(1);"),
    # A loop's head, which looks at signals too. One without a charge takes 0.
    Operation("CHARGE_LOOP", K, "CHARGE(); ip += 4; POLL(); DISPATCH();"),
    Operation("STACK_ENTER", K, "STACK_ENTER(); NEXT(1);"),
    Operation("STACK_ENTER_CHARGE", K, "STACK_ENTER_CHARGE();"),
    Operation("STACK_LEAVE", K, "STACK_LEAVE(); NEXT(1);"),
    # What comes after a call is a charge as a rule: done on the way.
    Operation("STACK_LEAVE_RETURN", K, "STACK_LEAVE(); RETURN_TO_CHARGE();"),
    Operation(
        "STACK_LEAVE_RETURN_ONE",
        K,
        "STACK_LEAVE(); fp[0] = fp[ip[3]]; RETURN_TO_CHARGE();",
    ),
    # A charge and the one of these that comes after it.
    Operation(
        "CHARGE_RETURN", K, "CHARGE(); ip += 4; STACK_LEAVE(); RETURN_TO_CHARGE();"
    ),
    Operation(
        "CHARGE_RETURN_ONE",
        K,
        "CHARGE(); ip += 4; STACK_LEAVE(); fp[0] = fp[ip[3]]; RETURN_TO_CHARGE();",
    ),
    # A move and the one that comes after it.
    Operation("MOVE_MOVE", K, "fp[ip[1]] = fp[ip[2]]; fp[ip[5]] = fp[ip[6]]; NEXT(2);"),
)

# Recording, in modules translated with tracing. ip[1] is a site of the instance's
# module, whose trace has a cell for each; the current node is one of the trace's.
TRACING_OPERATIONS = (
    # ip[2] and ip[3] are units; for a size, the slot that it is in, and a price.
    Operation("COUNT", K, "count(INSTANCE->trace, ip); NEXT(1);"),
    Operation("COUNT_SIZED", K, "count_size(INSTANCE->trace, ip, fp); NEXT(1);"),
    # ip[1] is the func's index; the driver makes room for a node where there is none.
    Operation(
        "TRACE_ENTER",
        K,
        "if (!enter_node(INSTANCE->trace, ip[1])) EXIT(EXIT_DRIVER); NEXT(1);",
    ),
    Operation("TRACE_LEAVE", K, "leave_node(INSTANCE->trace); NEXT(1);"),
)

# Recording, in modules translated with coverage. ip[1] is a cell of the instance's
# counts, or for a comparison a site and a kind.
COVERAGE_OPERATIONS = (
    Operation("EDGE", K, "pass_edge(INSTANCE->edges, ip[1]); NEXT(1);"),
    # ip[2] is the slot of an index in table ip[4]; ip[3] cells begin at ip[1].
    Operation(
        "EDGE_INDIRECT",
        K,
        "pass_to_callee(INSTANCE, ip, (uint32_t)fp[ip[2]]); NEXT(2);",
        units=2,
    ),
    Operation(
        "NOTE_PAIR", K, "note(INSTANCE->edges, ip[1], fp[ip[2]], fp[ip[3]]); NEXT(1);"
    ),
    Operation(
        "NOTE_CONSTANT_32",
        K,
        "note(INSTANCE->edges, ip[1], fp[ip[2]], ip[3]); NEXT(1);",
    ),
    Operation(
        "NOTE_CONSTANT_64",
        K,
        "note(INSTANCE->edges, ip[1], fp[ip[2]],"
        " (uint64_t)(int64_t)(int32_t)ip[3]); NEXT(1);",
    ),
)

OPERATIONS = (
    *CONTROL_OPERATIONS,
    *IN_PLACE_OPERATIONS,
    *MEMORY_ACCESSES,
    *integer_operations(32),
    *integer_operations(64),
    *float_operations(32),
    *float_operations(64),
    *truncations(),
    *CONVERSIONS,
    *TRACING_OPERATIONS,
    *COVERAGE_OPERATIONS,
)
