from contractvm.wasm.structure.func import Func
from contractvm.wasm.structure.module import ConstExpr
from contractvm.wasm.structure.types import ValType
from contractvm.wasm.validation.module_context import ModuleContext

class BodyValidator:
    """Checks the bodies and constant expressions of one module, one after the other."""

    def __init__(self, context: ModuleContext, max_height: int) -> None: ...
    def validate_funcs(
        self, first_index: int, funcs: tuple[Func, ...]
    ) -> tuple[int, ...]:
        """Check the funcs; return the greatest height of each one's operand stack.

        Heights are in values. Constant expressions come first: they declare the funcs
        that a body may name.
        """
    def validate_constant(
        self, expression: ConstExpr, val_type: ValType, known_globals: int
    ) -> None:
        """Check a constant expression (spec 3.3.10) of one result.

        `known_globals` is how many globals come before it, imported ones included.
        ForbiddenProposal if it is constant with the proposal GC only.
        """
