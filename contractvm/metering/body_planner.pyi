from array import array

from contractvm.metering.body_plan import BodyPlan
from contractvm.metering.prices import OpcodePrices
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

class BodyRefused(Exception):
    """A body that cannot be metered; `func_number` is its place among the bodies."""

    reason: str
    func_number: int
    opcode: int
    position: int

def plan_bodies(
    funcs: tuple[Func, ...],
    prices: OpcodePrices,
    metering: Metering,
    param_counts: array[int],
    local_cost: int,
    keep_free_charges: bool = False,
) -> tuple[BodyPlan, ...]: ...
