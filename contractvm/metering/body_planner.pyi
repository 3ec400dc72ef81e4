from array import array
from typing import Protocol

from contractvm.metering.body_plan import BodyPlan
from contractvm.metering.rules import Metering
from contractvm.wasm.structure.func import Func

IS_ENDER: int
IS_ENDER_IF_JOINED: int
IS_PRICED: int
IS_SIZED: int
IS_HOOKED: int
IS_COUNTED: int
IS_STRUCTURE: int

UNPRICED: str
TOO_COSTLY: str

class Prices(Protocol):
    """What `prices.OpcodePrices` has."""

    @property
    def flags(self) -> bytes: ...
    @property
    def base(self) -> array[int]: ...
    @property
    def per_unit(self) -> array[int]: ...
    @property
    def per_item(self) -> array[int]: ...
    @property
    def local(self) -> int: ...
    @property
    def carried_value(self) -> int: ...

class TypeCounts(Protocol):
    """What `plan.FuncTypeCounts` has."""

    @property
    def params(self) -> array[int]: ...
    @property
    def results(self) -> array[int]: ...
    @property
    def func_types(self) -> array[int]: ...

class BodyRefused(Exception):
    """A body that cannot be metered; `func_number` is its place among the bodies."""

    reason: str
    func_number: int
    opcode: int
    position: int

def plan_bodies(
    funcs: tuple[Func, ...],
    prices: Prices,
    metering: Metering,
    types: TypeCounts,
    keep_free_charges: bool = False,
) -> tuple[BodyPlan, ...]: ...
