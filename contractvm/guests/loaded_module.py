"""A module that is checked and translated, with all that it may import."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from contractvm.errors import LinkError
from contractvm.guests.abi import Abi
from contractvm.guests.errors import UnknownImports
from contractvm.guests.guest_code import GuestCode, Key
from contractvm.guests.host_functions import (
    TAKE,
    TAKE_FUNC,
    HostFunctionSpec,
    host_func,
)
from contractvm.guests.requirements import Requirements
from contractvm.wasm.engines.host_func import HostFunc

Name = tuple[str, str]

# Import modules with this prefix are provided run by run.
CAPABILITY = "capability:"


class LoadedModule:
    """A guest's code, its ABI and its host functions.

    `code` is what its next run takes: on another engine, once it has been compiled.
    """

    def __init__(
        self,
        wasm: bytes,
        code: GuestCode,
        abi: Abi,
        host: Sequence[HostFunctionSpec],
        requirements: Requirements,
        key: Key,
    ) -> None:
        self.key = key
        self.requirements = requirements
        self.abi = abi
        self.host = tuple(host)
        self.wasm = wasm
        self.code = code

    @cached_property
    def imports(self) -> Mapping[Name, HostFunc]:
        """All functions that are given to instances, by module and name."""
        return MappingProxyType({**self.own_functions, **self.linked(self.host)})

    def linked(self, specs: Sequence[HostFunctionSpec]) -> dict[Name, HostFunc]:
        """Host functions in the engines' form, by module and name."""
        passing_of = self.abi.passing_of
        return {spec.key: host_func(spec, passing_of(spec.module)) for spec in specs}

    @property
    def own_functions(self) -> Mapping[Name, HostFunc]:
        """The functions of the ABI, and `guests.take`: they follow from the inputs."""
        return {TAKE.key: TAKE_FUNC, **self.abi.functions}

    @cached_property
    def complete_imports(self) -> Mapping[Name, HostFunc]:
        """The same, checked to be all that the module asks for."""
        self.check_imports(self.imports, all_given=True)
        return self.imports

    @cached_property
    def async_names(self) -> tuple[str, ...]:
        """The names of its async host functions."""
        return tuple(spec.name for spec in self.host if spec.is_async)

    def check_imports(self, given: Mapping[Name, HostFunc], *, all_given: bool) -> None:
        """Raise UnknownImports or LinkError unless `given` has all that is asked for.

        Unless `all_given`, imports of capabilities may come later: with a run.
        """
        unknown = [
            (module, name)
            for module, name, _ in self.requirements.imports
            if (module, name) not in given
            and (all_given or not module.startswith(CAPABILITY))
        ]
        if unknown:
            raise UnknownImports(tuple(unknown))
        for module, name, kind in self.requirements.imports:
            func = given.get((module, name))
            if func is not None and func.func_type != kind:
                raise LinkError(module, name, f"it is {kind}, not {func.func_type}")
