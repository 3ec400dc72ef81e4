from collections.abc import Callable

from contractvm.metering.body_plan import BodyPlan
from contractvm.wasm.structure.func import Func

class Pieces:
    """What is written into every body around amounts and indices.

    `charge_head` and `charge_tail` stand around the units of a charge; `chargers` has
    the index of the func to call by the price of a sized instruction. `with_local`
    gives head, tail and load by the index of a local that holds the counter too; it is
    used where the index, which follows from `param_counts` by type index, is below
    `local_limit`.
    """

    def __init__(
        self,
        charge_head: bytes,
        charge_tail: bytes,
        chargers: dict[int, int],
        with_local: Callable[[int], tuple[bytes, bytes, bytes]],
        param_counts: dict[int, int],
        local_limit: int,
    ) -> None: ...

class StackPieces:
    """What is written around every body where the stack is limited.

    A body becomes `head`, height, `entry`, block type, body, `head`, height, `leave`.
    The block's label takes the place of the body's own, so branches keep their depths.
    """

    def __init__(self, limit: int, head: bytes, entry: bytes, leave: bytes) -> None: ...

def charge_bodies(
    funcs: tuple[Func, ...], plans: tuple[BodyPlan, ...], pieces: Pieces
) -> tuple[Func, ...]: ...
def charge_and_limit_bodies(
    funcs: tuple[Func, ...],
    plans: tuple[BodyPlan, ...],
    pieces: Pieces,
    stack: StackPieces,
    operand_heights: tuple[int, ...],
    frame_types: dict[int, tuple[int, bytes]],
) -> tuple[Func, ...]:
    """The funcs with their plans and the stack limit written in.

    `frame_types` has, by type index, the height of a frame before its locals and
    operands, and the block type of the results.
    """
