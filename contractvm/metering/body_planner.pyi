from array import array

from contractvm.metering.body_plan import BodyPlan
from contractvm.wasm.structure.func import Func

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
    base: array[int],
    per_unit: array[int],
    local_cost: int,
    keep_free_charges: bool = False,
) -> tuple[BodyPlan, ...]: ...
