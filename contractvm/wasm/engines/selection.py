"""The engines by name; an engine's module is imported when it is first made."""

from importlib import import_module

from contractvm.errors import ContractVmError
from contractvm.wasm.engines.interface import Engine

DEFAULT_ENGINE = "interpreter"
# Where each is defined: wasmtime alone takes 50 ms to import.
ENGINES = {
    "interpreter": ("contractvm.wasm.engines.interpreter", "InterpreterEngine"),
    "wasmtime": ("contractvm.wasm.engines.wasmtime.engine", "make_wasmtime_engine"),
}


class UnknownEngine(ContractVmError):
    """No engine has this name."""

    def __init__(self, name: str) -> None:
        known = " and ".join(ENGINES)
        super().__init__(f"no engine {name!r}: there are {known}")
        self.name = name


def other_engine(name: str) -> str:
    """The name of the engine that checks what this one does."""
    return "interpreter" if name == "wasmtime" else "wasmtime"


def make_engine(name: str = DEFAULT_ENGINE) -> Engine:
    """A new engine; raises UnknownEngine."""
    if name not in ENGINES:
        raise UnknownEngine(name)
    module_name, maker = ENGINES[name]
    engine: Engine = getattr(import_module(module_name), maker)()
    return engine
