"""Engines with one known fault each, to replace `wasmtime`."""

from dataclasses import replace
from typing import Any

from contractvm.metering.names import DEFAULT_MAX_STACK_HEIGHT
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.structure.encoding import encode_instruction as instruction
from contractvm.wasm.structure.encoding import encode_signed as signed
from contractvm.wasm.structure.encoding import encode_unsigned as unsigned
from contractvm.wasm.structure.func import Func
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wrong_engine import WrongEngine

ROTL_BY_FIVE = instruction("i32.const", signed(5)) + instruction("i32.rotl")
LEFT_AT = 0x9000


class SoundEngine(InterpreterEngine):
    """No fault: the counterpart of those that have one."""

    name = "sound"


class ChangedModuleEngine(InterpreterEngine):
    """Translates another module than it was given."""

    name = "changed"

    def compile(self, module: Module, heights: Any, origin: Any = None) -> Any:
        changed = self.changed(module)
        return super().compile(
            changed, validate_module(changed).operand_heights, origin
        )

    def changed(self, module: Module) -> Module:
        raise NotImplementedError


class RotlPriceEngine(ChangedModuleEngine):
    """`i32.rotl` by five costs too much: a unit more."""

    units = 1

    def changed(self, module: Module) -> Module:
        assert module.injection is not None
        gas = unsigned(module.injection.gas_global)
        charge = (
            instruction("global.get", gas)
            + instruction("i64.const", signed(self.units))
            + instruction("i64.sub")
            + instruction("global.set", gas)
        )
        return with_code_changed(module, ROTL_BY_FIVE, charge + ROTL_BY_FIVE)


class DeeperStackEngine(ChangedModuleEngine):
    """The call stack may be a thousand values higher."""

    def changed(self, module: Module) -> Module:
        before, after = (
            instruction("i32.const", signed(DEFAULT_MAX_STACK_HEIGHT + more))
            for more in (0, 1_000)
        )
        return with_code_changed(module, before, after)


class DirtyMemoryEngine(WrongEngine):
    """Memories are not wiped: a new one has a byte left by another."""

    name = "dirty"
    left = 0

    def instantiate(self, *arguments: Any, **limits: Any) -> Any:
        instance = super().instantiate(*arguments, **limits)
        instance.export("memory").write(LEFT_AT, bytes([self.left]))
        return instance

    def spoil(self, instance: Any) -> None:
        self.left = 0xA5


def with_code_changed(module: Module, before: bytes, after: bytes) -> Module:
    """The module with other bytes in the code of its funcs."""
    funcs = tuple(
        Func(
            func.type_index,
            func.local_groups,
            func.code.replace(before, after),
            func.offset,
        )
        for func in module.funcs
    )
    return replace(module, funcs=funcs)
