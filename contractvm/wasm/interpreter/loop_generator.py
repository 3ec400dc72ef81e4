"""A generator of the compiled loop's arms from the table of operations, for the build.

`generate_operations` returns the text of a header with the numbers and names of all
variants, `generate_arms` the arms, which `loop.h` includes in the body of the loop.
Like the tables, it imports nothing else of this project.
"""

from collections.abc import Iterable
from typing import Any

Pair = tuple[str, str]

C_TYPES = {
    "u32": "uint32_t",
    "s32": "int32_t",
    "u64": "uint64_t",
    "s64": "int64_t",
    "f32": "float",
    "f64": "double",
}
# A slot's 64 bits read as a type, and a value of a type as a slot's 64 bits.
READ_SLOT = {
    "u32": "(uint32_t){0}",
    "s32": "(int32_t)(uint32_t){0}",
    "u64": "{0}",
    "s64": "(int64_t){0}",
    "f32": "f32_of_bits((uint32_t){0})",
    "f64": "f64_of_bits({0})",
}
# `s32` results are cut to 32 bits before they are widened: slots are zero-extended.
WRITE_SLOT = {
    "u32": "(uint32_t)({0})",
    "s32": "(uint32_t)({0})",
    "u64": "(uint64_t)({0})",
    "s64": "(uint64_t)(int64_t)({0})",
    "f32": "canonical_f32({0})",
    "f64": "canonical_f64({0})",
}
# A 32-bit constant operand: 64-bit ones are sign-extended, or floats made wider.
READ_CONSTANT = {
    "u32": "ip[{0}]",
    "s32": "(int32_t)ip[{0}]",
    "u64": "(uint64_t)(int64_t)(int32_t)ip[{0}]",
    "s64": "(int64_t)(int32_t)ip[{0}]",
    "f32": "f32_of_bits(ip[{0}])",
    "f64": "(double)f32_of_bits(ip[{0}])",
}


def internal_name(name: str) -> str:
    """The C name of an operation, `I32_ADD` for `i32.add`."""
    return name.replace(".", "_").upper()


def read(kind: str, word: int) -> str:
    """The C text that reads the slot named by a word of the instruction."""
    return READ_SLOT[kind].format(f"fp[ip[{word}]]")


def operand_lines(operation: Any, in_accumulator: bool, is_constant: bool) -> str:
    """Declarations of x, from the accumulator or word 2, and y, from word 3."""
    right = operation.right or operation.operand
    y = READ_CONSTANT[right].format(3) if is_constant else read(right, 3)
    return f"{first_operand(operation, in_accumulator)} {C_TYPES[right]} y = {y};"


def first_operand(operation: Any, in_accumulator: bool) -> str:
    """The declaration of x: from the accumulator, or from the slot of word 2."""
    kind = operation.operand
    x = READ_SLOT[kind].format("accumulator") if in_accumulator else read(kind, 2)
    return f"{C_TYPES[kind]} x = {x};"


def check_lines(operation: Any) -> str:
    """The row's traps, in its order."""
    return "".join(
        f" if (UNLIKELY({condition})) TRAP({trap});"
        for condition, trap in operation.checks
    )


def write(operation: Any, value: str = "") -> str:
    """The value, the row's unless given, to the slot of word 1 and the accumulator."""
    result = WRITE_SLOT[operation.result].format(value or operation.code)
    return f" fp[ip[1]] = accumulator = {result};"


# Suffix, x in the accumulator, y constant.
VARIANTS = (
    ("", False, False),
    ("_C", False, True),
    ("_A", True, False),
    ("_A_C", True, True),
)


# What counts in loops: with a constant, these also do the jump back that comes next.
STEPS = ("i32.add", "i32.sub", "i64.add", "i64.sub")
# A product and the sum that it goes into: each is rounded, nothing is fused for good.
SUMS = {"f32.mul": "f32", "f64.mul": "f64"}
SUM_SUFFIXES = ("_A", "_A_C")


def binary_arms(operation: Any) -> dict[str, str]:
    """Both operands in slots; the left one in the accumulator, the right constant."""
    arms = {}
    for suffix, first, second in VARIANTS:
        name = internal_name(operation.name) + suffix
        work = operand_lines(operation, first, second) + check_lines(operation)
        work += write(operation)
        arms[name] = f"{work} NEXT(1);"
        if second and operation.name in STEPS:
            arms[f"{name}_BR_LOOP"] = f"{work} ip += 4; JUMP_TO_LOOP(1);"
        if operation.name in SUMS:
            operands = operand_lines(operation, first, second)
            arms.update(sum_arms(name, operands, SUMS[operation.name]))
    return arms


def sum_arms(name: str, operands: str, kind: str) -> dict[str, str]:
    """A product, and the sum of it and a slot or constant that comes next."""
    arms = {}
    terms = (read(kind, 7), READ_CONSTANT[kind].format(7))
    for suffix, term in zip(SUM_SUFFIXES, terms, strict=True):
        product, total = (
            WRITE_SLOT[kind].format(value) for value in ("product", "product + z")
        )
        arms[f"{name}_ADD{suffix}"] = (
            f"{operands} {C_TYPES[kind]} product = x * y; fp[ip[1]] = {product};"
            f" {C_TYPES[kind]} z = {term}; fp[ip[5]] = accumulator = {total}; NEXT(2);"
        )
    return arms


def compare_arms(operation: Any) -> dict[str, str]:
    """As `binary_arms`, and the branches on the answer; word 1 is their target."""
    arms = binary_arms(operation)
    name = internal_name(operation.name)
    for suffix, first, second in VARIANTS:
        operands = operand_lines(operation, first, second)
        test = operation.code
        arms.update(branches(f"BR_IF_{name}{suffix}", operands, test))
        if not operation.inverse:
            unless = f"BR_UNLESS_{name}{suffix}"
            arms.update(branches(unless, operands, f"!({test})"))
    return arms


def branches(name: str, operands: str, test: str) -> dict[str, str]:
    """A conditional branch, and two variants that also do the charge that comes next.

    `_LOOP` goes to a loop's head, which is always a charge; `_THEN` is followed by a
    charge, which is due if the branch is not taken.
    """
    jump = f"{operands} if ({test})"
    return {
        name: f"{jump} JUMP(1); NEXT(1);",
        f"{name}_LOOP": f"{jump} JUMP_TO_LOOP(1); NEXT(1);",
        f"{name}_THEN": f"{jump} JUMP(1); ip += 4; CHARGE(); NEXT(1);",
    }


def branch_arms(operation: Any) -> dict[str, str]:
    """A branch on a value; the row's code is the test."""
    name = internal_name(operation.name)
    return {
        **branches(name, first_operand(operation, False), operation.code),
        **branches(f"{name}_A", first_operand(operation, True), operation.code),
    }


def step_arms(operation: Any) -> dict[str, str]:
    """An addition to a slot, with branches on the sum."""
    step = "uint32_t x = (uint32_t)fp[ip[2]] + ip[3]; fp[ip[2]] = accumulator = x;"
    return branches(internal_name(operation.name), step, operation.code)


def test_arms(operation: Any) -> dict[str, str]:
    """One operand, with the branches on the answer."""
    arms = {}
    for suffix in ("", "_A"):
        name = internal_name(operation.name) + suffix
        x = first_operand(operation, bool(suffix))
        arms[name] = f"{x}{write(operation)} NEXT(1);"
        arms.update(branches(f"BR_IF_{name}", x, operation.code))
        arms.update(branches(f"BR_UNLESS_{name}", x, f"!({operation.code})"))
    return arms


def unary_arms(operation: Any) -> dict[str, str]:
    """One operand, in a slot or in the accumulator."""
    work = f"{check_lines(operation)}{write(operation)} NEXT(1);"
    name = internal_name(operation.name)
    return {
        name: first_operand(operation, False) + work,
        f"{name}_A": first_operand(operation, True) + work,
    }


def bounds_check(operation: Any) -> str:
    """The check of an access: address + offset + size in 64 bits, without wrap."""
    return (
        f" if (UNLIKELY(address + {operation.size_bytes} > memory_size))"
        " TRAP(TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS);"
    )


def load_arms(operation: Any) -> dict[str, str]:
    """Address in slot 2 or the accumulator, offset in word 3; or constant in word 2."""
    arms = {}
    for suffix, address in (
        ("", "(uint64_t)(uint32_t)fp[ip[2]] + ip[3]"),
        ("_A", "(uint64_t)(uint32_t)accumulator + ip[3]"),
        ("_AT", "ip[2]"),
    ):
        arms[internal_name(operation.name) + suffix] = (
            f"uint64_t address = {address};{bounds_check(operation)}"
            f" {operation.code} value; memcpy(&value, memory + address, sizeof value);"
            f"{write(operation, 'value')} NEXT(1);"
        )
    return arms


def store_arms(operation: Any) -> dict[str, str]:
    """Address in slot 1, the accumulator or word 1, value in slot 2 or word 2.

    The offset is in word 3.
    """
    arms = {}
    for at, address in (
        ("", "(uint64_t)(uint32_t)fp[ip[1]] + ip[3]"),
        ("_TO", "(uint64_t)(uint32_t)accumulator + ip[3]"),
        ("_AT", "ip[1]"),
    ):
        for suffix, value in (
            ("", read(operation.operand, 2)),
            ("_A", READ_SLOT[operation.operand].format("accumulator")),
            ("_C", READ_CONSTANT[operation.operand].format(2)),
        ):
            if at + suffix == "_TO_A":
                continue
            arms[internal_name(operation.name) + at + suffix] = (
                f"uint64_t address = {address};{bounds_check(operation)}"
                f" {operation.code} value = ({operation.code}){value};"
                " memcpy(memory + address, &value, sizeof value); NEXT(1);"
            )
    return arms


def in_place_arms(operation: Any) -> dict[str, str]:
    """The row's code, or an exit to the driver where it has none."""
    text = f"{operation.code} NEXT(1);" if operation.code else "EXIT(EXIT_DRIVER);"
    return {internal_name(operation.name): text}


def control_arms(operation: Any) -> dict[str, str]:
    """The row's code as it is."""
    return {internal_name(operation.name): operation.code}


ARMS_BY_FORM = {
    "binary": binary_arms,
    "compare": compare_arms,
    "test": test_arms,
    "unary": unary_arms,
    "load": load_arms,
    "store": store_arms,
    "in place": in_place_arms,
    "branch": branch_arms,
    "step": step_arms,
    "control": control_arms,
}


def all_arms(operations: Iterable[Any], pairs: Iterable[Pair]) -> dict[str, str]:
    """Every variant's C name and text, in the table's order."""
    arms: dict[str, str] = {}
    for operation in operations:
        arms.update(ARMS_BY_FORM[operation.form.value](operation))
    for first, second in pairs:
        work = arms[first].removesuffix("NEXT(1);")
        arms[f"{first}__{second}"] = f"{{ {work}}} ip += 4; {arms[second]}"
    return arms


def fused_pairs(pairs: Iterable[Pair]) -> dict[Pair, str]:
    """The variant that does both of a pair, those of a product and its sum too."""
    fused = {(first, second): f"{first}__{second}" for first, second in pairs}
    for product in SUMS:
        name, kind = internal_name(product), product[:3].upper()
        for variant, _, _ in VARIANTS:
            for suffix in SUM_SUFFIXES:
                pair = name + variant, f"{kind}_ADD{suffix}"
                fused[pair] = f"{name}{variant}_ADD{suffix}"
    return fused


def generate_operations(operations: Iterable[Any], pairs: Iterable[Pair]) -> str:
    """The header with the numbers and names of all variants."""
    names = list(all_arms(operations, pairs))
    numbers = "".join(f"    OP_{name},\n" for name in names)
    texts = "".join(f'    "{name}",\n' for name in names)
    return (
        "/* Written by loop_generator.py; do not edit. */\n"
        f"enum {{\n{numbers}    OPERATION_COUNT\n}};\n"
        f"static const char *const operation_names[] = {{\n{texts}}};\n"
    )


def generate_arms(operations: Iterable[Any], pairs: Iterable[Pair]) -> str:
    """The body of the loop: the dispatch table, then one arm per variant."""
    arms = all_arms(operations, pairs)
    labels = "".join(f"    &&ARM_{name},\n" for name in arms)
    texts = "".join(f"ARM_{name}: {{ {text} }}\n" for name, text in arms.items())
    return (
        "/* Written by loop_generator.py; do not edit. */\n"
        f"static const void *const arms[] = {{\n{labels}}};\n"
        "DISPATCH();\n"
        f"{texts}"
    )
