"""Engines and host functions with a known fault each, and their sound twins.

A faulty engine stands in the place of `wasmtime`; its twin is the interpreter under
another name. Modules that are named in `FreshOracleFactory.modules` plant theirs when
they are imported.
"""

from dataclasses import replace
from typing import Any

from contractvm.engines.interpreter import InterpreterEngine
from contractvm.errors import Trap, TrapCode
from contractvm.instrumentation.names import GAS_EXPORT, STACK_HEIGHT_EXPORT
from contractvm.structure.module import Module
from tests.helpers.wrong_engine import SpoiltExecution, SpoiltInstance, WrongEngine

I32_ROTL = 0x77
I32_MUL = 0x6C
I32_XOR = 0x73
POISON = 0xA5


class SoundEngine(InterpreterEngine):
    """No fault: the interpreter under another name."""

    name = "sound"


def with_byte_changed(module: Module, before: int, after: int) -> Module:
    """Every func whose code has the byte `before` once, with `after` there."""
    funcs = tuple(
        replace(func, code=func.code.replace(bytes([before]), bytes([after])))
        for func in module.funcs
    )
    return replace(module, funcs=funcs)


class DirtyMemoryEngine(WrongEngine):
    """Memories are not wiped: a new one has a word of what the last one left."""

    name = "dirty"
    left = 0

    def instantiate(self, *arguments: Any, **limits: Any) -> Any:
        instance = super().instantiate(*arguments, **limits)
        instance.exports["memory"].write(0x9000, self.left.to_bytes(4, "little"))
        return instance

    def spoil(self, instance: Any) -> None:
        self.left = POISON


class DeepExecution(SpoiltExecution):
    """Ends calls that were deep with a full call stack."""

    def resume(self, value: Any = None) -> Any:
        try:
            return self.execution.resume(value)
        except Trap as trap:
            if trap.code is TrapCode.UNREACHABLE:
                self.owner.engine.spoil(self.owner.instance)
            raise


class ShallowStackEngine(WrongEngine):
    """Its stack ends later: where the counted height is over, it only is unreachable."""

    name = "shallow"

    def instantiate(self, *arguments: Any, **limits: Any) -> Any:
        spoilt = super().instantiate(*arguments, **limits)
        return DeepInstance(spoilt.instance, self)

    def spoil(self, instance: Any) -> None:
        height = instance.exports.get(STACK_HEIGHT_EXPORT)
        if height is not None:
            height.value = 0


class DeepInstance(SpoiltInstance):
    def start(self, name: str, *arguments: int) -> Any:
        return DeepExecution(self.instance.start(name, *arguments), self)


class RotlPriceEngine(WrongEngine):
    """Charges one unit too many where the code that ran has an `i32.rotl`."""

    name = "rotl"

    def compile(self, module: Any, heights: Any, origin: Any = None) -> Any:
        compiled = super().compile(module, heights, origin)
        self.has_rotl = any(I32_ROTL in func.code for func in module.funcs)
        return compiled

    def spoil(self, instance: Any) -> None:
        counter = instance.exports[GAS_EXPORT]
        if self.has_rotl and counter.value:
            counter.value -= 1
