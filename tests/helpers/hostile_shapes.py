"""Modules in which few bytes expand to much, in shapes of any size.

What multiplies in WebAssembly: results of calls, values of branches and blocks, labels
of tables, locals, types, funcs. All are valid, and ewasm contracts by their exports.
"""

from collections.abc import Callable

from tests.helpers.module_bytes import (
    CODE,
    EXPORT,
    FUNC,
    MEMORY,
    TYPE,
    body,
    module,
    section,
    u32,
)

I32, I64 = b"\x7f", b"\x7e"
BLOCK, LOOP, IF, ELSE, END = b"\x02", b"\x03", b"\x04", b"\x05", b"\x0b"
EMPTY, UNREACHABLE, BR, BR_IF, BR_TABLE = b"\x40", b"\x00", b"\x0c", b"\x0d", b"\x0e"
RETURN, CALL, DROP, ZERO = b"\x0f", b"\x10", b"\x1a", b"\x41\x00"
NO_LOCALS = b"\x00"

Func = tuple[int, bytes, bytes]  # type index, declared locals, code


def func_type(params: int, results: int) -> bytes:
    """A type of this many i64."""
    return b"\x60" + u32(params) + I64 * params + u32(results) + I64 * results


def contract(types: list[bytes], *funcs: Func) -> bytes:
    """A module with the exports of an ewasm contract; the last func is `main`."""
    main = len(funcs) - 1
    exports = b"\x02\x04main\x00" + u32(main) + b"\x06memory\x02\x00"
    return module(
        section(TYPE, u32(len(types)) + b"".join(types)),
        section(FUNC, u32(len(funcs)) + b"".join(u32(kind) for kind, _, _ in funcs)),
        section(MEMORY, b"\x01\x00\x01"),
        section(EXPORT, exports),
        section(
            CODE,
            u32(len(funcs)) + b"".join(body(code, local) for _, local, code in funcs),
        ),
    )


def main_of(code: bytes, local_groups: bytes = NO_LOCALS) -> bytes:
    return contract([func_type(0, 0)], (0, local_groups, code + END))


def with_values(count: int, code: bytes) -> bytes:
    """Func 0 returns `count` values, func 1 passes as many on; `code` is in main.

    Type 1 is from `count` values to `count` values.
    """
    types = [func_type(0, count), func_type(count, count), func_type(0, 0)]
    never = UNREACHABLE + END
    return contract(
        types, (0, NO_LOCALS, never), (1, NO_LOCALS, never), (2, NO_LOCALS, code + END)
    )


def calls(size: int, values: int) -> bytes:
    """Repeatedly as many results as the operand stack may hold."""
    # One block may have 60,000 operands, below what profiles take.
    most = min(60_000 // max(values, 1), size // 2)
    unit = BLOCK + EMPTY + b"\x10\x00" * most + BR + b"\x00" + END
    return with_values(values, unit * max(size // len(unit), 1))


def tall_calls(size: int, values: int) -> bytes:
    """Calls whose results are never taken from the operand stack."""
    code = BLOCK + EMPTY + b"\x10\x00" * (size // 2) + UNREACHABLE + END
    return with_values(values, code)


def call_chain(size: int, values: int) -> bytes:
    return with_values(values, b"\x10\x00" + b"\x10\x01" * (size // 2) + UNREACHABLE)


def blocks_with_values(size: int, values: int) -> bytes:
    code = b"\x10\x00" + (BLOCK + b"\x01" + END) * (size // 3) + UNREACHABLE
    return with_values(values, code)


def loops_with_values(size: int, values: int) -> bytes:
    code = b"\x10\x00" + (LOOP + b"\x01" + END) * (size // 3) + UNREACHABLE
    return with_values(values, code)


def ifs_with_values(size: int, values: int) -> bytes:
    unit = ZERO + IF + b"\x01" + ELSE + END
    return with_values(values, b"\x10\x00" + unit * (size // 6) + UNREACHABLE)


def branches_with_values(size: int, values: int) -> bytes:
    unit = ZERO + BR_IF + b"\x00"
    code = b"\x10\x00" + BLOCK + b"\x01" + unit * (size // 4) + END + UNREACHABLE
    return with_values(values, code)


def tables_with_values(size: int, values: int) -> bytes:
    labels = b"".join(u32(index % 16) for index in range(17))
    unit = BLOCK + EMPTY + (BLOCK + b"\x00") * 16 + b"\x10\x00" + ZERO
    unit += BR_TABLE + u32(16) + labels + END * 16 + UNREACHABLE + END
    return with_values(values, unit * (size // len(unit)))


def table_with_values(size: int, values: int) -> bytes:
    labels = b"".join(u32(index % 64) for index in range(size + 1))
    code = (BLOCK + b"\x00") * 64 + b"\x10\x00" + ZERO + BR_TABLE + u32(size) + labels
    return with_values(values, code + END * 64 + UNREACHABLE)


def table_of_labels(size: int, _values: int) -> bytes:
    return main_of(ZERO + BR_TABLE + u32(size) + bytes(size + 1))


def plain_calls(size: int, _values: int) -> bytes:
    return main_of(ZERO + IF + EMPTY + b"\x10\x00" * (size // 2) + END)


def nested_blocks(size: int, _values: int) -> bytes:
    return main_of((BLOCK + EMPTY) * (size // 3) + END * (size // 3))


def nested_ifs(size: int, _values: int) -> bytes:
    return main_of((ZERO + IF + EMPTY) * (size // 5) + END * (size // 5))


def many_loops(size: int, _values: int) -> bytes:
    return main_of((LOOP + EMPTY + END) * (size // 3))


def many_ifs(size: int, _values: int) -> bytes:
    return main_of((ZERO + IF + EMPTY + ELSE + END) * (size // 6))


def many_returns(size: int, _values: int) -> bytes:
    return main_of((BLOCK + EMPTY + RETURN + END) * (size // 4))


def sized_work(size: int, _values: int) -> bytes:
    return main_of((ZERO + b"\x40\x00" + DROP) * (size // 5))


def many_locals(size: int, _values: int) -> bytes:
    func = (0, b"\x01" + u32(50_000) + I64, END)
    return contract([func_type(0, 0)], *[func] * (size // 8), (0, NO_LOCALS, END))


def empty_funcs(size: int, _values: int) -> bytes:
    return contract([func_type(0, 0)], *[(0, NO_LOCALS, END)] * (size // 4))


def many_types(size: int, _values: int) -> bytes:
    return contract([func_type(0, 0)] * (size // 3), (0, NO_LOCALS, END))


SHAPES: dict[str, Callable[[int, int], bytes]] = {
    shape.__name__: shape
    for shape in (
        *(calls, call_chain, blocks_with_values, loops_with_values, ifs_with_values),
        *(branches_with_values, tables_with_values, table_with_values),
        *(table_of_labels, plain_calls, nested_blocks, nested_ifs, many_loops),
        *(many_ifs, many_returns, sized_work, many_locals, empty_funcs, many_types),
    )
}
