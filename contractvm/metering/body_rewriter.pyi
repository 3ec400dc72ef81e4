from collections.abc import Callable

from contractvm.metering.body_plan import BodyPlan
from contractvm.wasm.structure.func import Func

class Pieces:
    """The pieces of code written into every body, around amounts and indices.

    `charge` is a charge in parts, with its units between each two. `sized` is what goes
    before a sized instruction, by its price, `hook` what goes before memory grows.
    `with_local`, if any, gives the parts of a charge and a load by the index of a local
    that holds the counter too; it is used where the index, which follows from
    `param_counts` by type index, is below `local_limit`.
    """

    def __init__(
        self,
        charge: tuple[bytes, ...],
        sized: dict[int, bytes],
        hook: bytes,
        with_local: Callable[[int], tuple[tuple[bytes, ...], bytes]] | None,
        param_counts: dict[int, int],
        local_limit: int,
    ) -> None: ...

class StackPieces:
    """The code written around every body if the stack is limited.

    `enter` and `leave` are in parts, with the frame's height between each two. If
    `is_wrapped`, a body becomes `enter`, block, body, `leave`, end: the block's label
    takes the place of the body's own, so branches keep their depths. Otherwise `leave`
    goes before each return and before the body's end.
    """

    def __init__(
        self,
        limit: int,
        enter: tuple[bytes, ...],
        leave: tuple[bytes, ...],
        is_wrapped: bool,
    ) -> None: ...

class CopiedBody:
    """What the func of a number has of its body after a rewrite.

    `copies` are places in the new body, in the one before, and numbers of bytes, in
    order; what is between them was written.
    """

    def __init__(self, func_number: int) -> None: ...
    @property
    def func_number(self) -> int: ...
    @property
    def copies(self) -> list[tuple[int, int, int]]: ...
    def source(self, position: int) -> int:
        """Where a place in the new body was; of what was written, what follows it."""

def charge_bodies(
    funcs: tuple[Func, ...],
    plans: tuple[BodyPlan, ...],
    pieces: Pieces,
    copied: CopiedBody | None = None,
) -> tuple[Func, ...]:
    """The funcs with their plans written in; `copied` notes what one has of it."""

def charge_and_limit_bodies(
    funcs: tuple[Func, ...],
    plans: tuple[BodyPlan, ...],
    pieces: Pieces,
    stack: StackPieces,
    operand_heights: tuple[int, ...],
    frame_types: dict[int, tuple[int, bytes]],
    copied: CopiedBody | None = None,
) -> tuple[Func, ...]:
    """The funcs with their plans and the stack limit written in.

    `frame_types` has, by type index, the height of a frame before its locals and
    operands, and the block type of the results. `copied` as in `charge_bodies`.
    """
