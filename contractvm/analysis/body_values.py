"""The effect of each instruction on floats, in a walk through a func's body.

The result of comparing a value with itself is kept as a test of that value: if a
`select` takes the value only when it is no NaN, its bits are no longer open.
"""

from contractvm.analysis.body_walk import CONTROL_HANDLERS, BodyWalk, Handler
from contractvm.analysis.module_values import CONSTANT_WIDTHS, UNTRACKED, Use, ValueSite
from contractvm.analysis.nan_levels import (
    FINITE,
    FIXED,
    FLOAT_RULES,
    MAKERS,
    NEVER,
    NOT_NAN,
    level_of_constant,
)
from contractvm.wasm.structure.opcodes import BY_MNEMONIC, OPCODES, OpcodeInfo

COPYSIGNS, NOT_EQUAL = (
    tuple(BY_MNEMONIC[f"{val_type}.{name}"].opcode for val_type in ("f32", "f64"))
    for name in ("copysign", "ne")
)
FIRST_TEST = -2


def test_of(value: int, *, is_nan: bool) -> int:
    """An operand that is 1 if `value` is a NaN, or if it is not."""
    return FIRST_TEST - (2 * value + is_nan)


class BodyValues(BodyWalk):
    """A walk that adds to the graph of the module's floats."""

    # Calls

    def _call(self, func_index: int, _: int) -> None:
        values = self._values
        params, results = values.type_floats[values.func_types[func_index]]
        arguments = self._take(len(params))
        self._values.spend(len(results))
        if func_index < len(values.imported):
            for value in arguments:
                self._use(value, Use.PASSED, values.imported[func_index])
            self._stack += [
                self._graph.value(FIXED) if entry else UNTRACKED for entry in results
            ]
            return
        for number, value in enumerate(arguments):
            if value >= 0:
                self._graph.join(values.param(func_index, number), value)
        self._stack += [
            values.alias(values.result(func_index, number)) if entry else UNTRACKED
            for number, entry in enumerate(results)
        ]

    def _call_indirect(self, type_index: int, _: int) -> None:
        values = self._values
        self._stack.pop()
        params, results = values.type_floats[type_index]
        type_id = values.type_ids[type_index]
        self._values.spend(len(results))
        for number, value in enumerate(self._take(len(params))):
            if value >= 0:
                self._graph.join(values.param_by_type(type_id, number), value)
                if values.shares_references:
                    self._use(value, Use.PASSED, "what a shared table holds")
        self._stack += [
            values.alias(values.result_by_type(type_id, number)) if entry else UNTRACKED
            for number, entry in enumerate(results)
        ]

    # Everything else

    def _drop(self, *_: int) -> None:
        self._stack.pop()

    def _select(self, *_: int) -> None:
        first, second, condition = self._take(3)
        if first < 0:
            self._stack.append(UNTRACKED)
            return
        if condition <= FIRST_TEST:
            tested, is_nan = divmod(FIRST_TEST - condition, 2)
            kept, other = (second, first) if is_nan else (first, second)
            if kept == tested:
                self._stack.append(self._graph.computed(NOT_NAN, (kept, other)))
                return
        self._stack.append(self._merged(first, second))

    def _merged(self, first: int, second: int) -> int:
        merged = self._graph.value(NEVER)
        self._graph.join(merged, first)
        self._graph.join(merged, second)
        return merged

    def _local_get(self, index: int, _: int) -> None:
        self._stack.append(self._locals.get(index))

    def _local_set(self, index: int, _: int) -> None:
        self._locals.set(index, self._stack.pop())

    def _local_tee(self, index: int, _: int) -> None:
        self._locals.set(index, self._stack[-1])

    def _global_get(self, index: int, _: int) -> None:
        value = self._values.global_value(index)
        if value != UNTRACKED:
            value = self._values.alias(value)
        self._stack.append(value)

    def _global_set(self, index: int, _: int) -> None:
        value = self._stack.pop()
        if value >= 0:
            self._graph.join(self._values.global_value(index), value)
            if self._values.shows(index):
                self._use(value, Use.SET)

    def _store(self, *_: int) -> None:
        self._use(self._stack.pop(), Use.STORED)
        self._stack.pop()

    def _reinterpret(self, *_: int) -> None:
        self._use(self._stack.pop(), Use.REINTERPRETED)
        self._stack.append(UNTRACKED)

    def _compare(self, *_: int) -> None:
        left, right = self._take(2)
        if left != right:
            self._stack.append(UNTRACKED)
        else:
            is_nan = self._opcode in NOT_EQUAL
            self._stack.append(test_of(left, is_nan=is_nan))

    def _not(self, *_: int) -> None:
        operand = self._stack.pop()
        if operand <= FIRST_TEST:
            operand = FIRST_TEST - ((FIRST_TEST - operand) ^ 1)
        self._stack.append(operand)

    def _constant(self, bits: int, _: int) -> None:
        level = level_of_constant(bits, CONSTANT_WIDTHS[self._opcode])
        self._stack.append(self._graph.value(level))

    def _compute(self, *_: int) -> None:
        params = PLAIN[self._opcode][0]
        operands = self._take(params)
        if self._opcode in COPYSIGNS:
            self._use(operands[1], Use.SIGN)
        value = self._graph.computed(FLOAT_RULES[self._opcode], operands)
        if self._opcode in MAKERS:
            site = ValueSite(self._func_index, self._position, self._opcode)
            self._values.makers.add(value, site)
        self._stack.append(value)

    def _convert(self, *_: int) -> None:
        self._stack[-1] = self._graph.value(FINITE)

    def _load(self, *_: int) -> None:
        self._stack[-1] = self._graph.value(FIXED)

    def _plain(self, *_: int) -> None:
        params, results = PLAIN[self._opcode]
        if params:
            del self._stack[-params:]
        self._stack += [UNTRACKED] * results


OPERATIONS: dict[str, Handler] = {
    "eq": BodyValues._compare,
    "ne": BodyValues._compare,
    "store": BodyValues._store,
    "load": BodyValues._load,
    "const": BodyValues._constant,
}
NAMED: dict[str, Handler] = {
    **CONTROL_HANDLERS,
    "call": BodyValues._call,
    "call_indirect": BodyValues._call_indirect,
    "drop": BodyValues._drop,
    "select": BodyValues._select,
    "select t": BodyValues._select,
    "local.get": BodyValues._local_get,
    "local.set": BodyValues._local_set,
    "local.tee": BodyValues._local_tee,
    "global.get": BodyValues._global_get,
    "global.set": BodyValues._global_set,
    "i32.eqz": BodyValues._not,
    "i32.reinterpret_f32": BodyValues._reinterpret,
    "i64.reinterpret_f64": BodyValues._reinterpret,
    "f32.reinterpret_i32": BodyValues._load,
    "f64.reinterpret_i64": BodyValues._load,
}
# The operands that they take and give, if the opcode table leaves that to context.
REFERENCES = {
    "table.get": (1, 1),
    "table.set": (2, 0),
    "table.grow": (2, 1),
    "table.fill": (3, 0),
    "ref.null": (0, 1),
    "ref.is_null": (1, 1),
}
PLAIN = {
    info.opcode: (len(info.params), len(info.results))
    for info in OPCODES
    if info.params is not None and info.results is not None
} | {BY_MNEMONIC[name].opcode: counts for name, counts in REFERENCES.items()}


def _handler(info: OpcodeInfo) -> Handler:
    if info.mnemonic in NAMED:
        return NAMED[info.mnemonic]
    if info.opcode in FLOAT_RULES:
        return BodyValues._compute
    val_type, _, operation = info.mnemonic.partition(".")
    if val_type in ("f32", "f64"):
        if operation in OPERATIONS:
            return OPERATIONS[operation]
        if operation.startswith("convert"):
            return BodyValues._convert
    return BodyValues._plain


BodyValues.handlers = {info.opcode: _handler(info) for info in OPCODES}
