"""The engines by name; an engine's module is imported on first use."""

from collections.abc import Callable

from contractvm.errors import ContractVmError
from contractvm.wasm.engines.interface import Engine
from gas_schedule.arguments import as_text


def _interpreter() -> Engine:
    from contractvm.wasm.interpreter.engine import (  # noqa: PLC0415 (few need both)
        InterpreterEngine,
    )

    return InterpreterEngine()


def _wasmtime() -> Engine:
    from contractvm.wasm.engines.wasmtime.engine import (  # noqa: PLC0415 (50 ms)
        make_wasmtime_engine,
    )

    return make_wasmtime_engine()


DEFAULT_ENGINE = "interpreter"
ENGINES: dict[str, Callable[[], Engine]] = {
    "interpreter": _interpreter,
    "wasmtime": _wasmtime,
}


class UnknownEngine(ContractVmError):
    """No engine has this name."""

    def __init__(self, name: str) -> None:
        known = " and ".join(ENGINES)
        super().__init__(f"no engine {name!r}: there are {known}")
        self.name = name


def other_engine(name: str) -> str:
    """The name of the engine that cross-checks this one."""
    return "interpreter" if name == "wasmtime" else "wasmtime"


def make_engine(name: str = DEFAULT_ENGINE) -> Engine:
    """A new engine; raises UnknownEngine."""
    if as_text(name, "engine", "an engine's name") not in ENGINES:
        raise UnknownEngine(name)
    return ENGINES[name]()
