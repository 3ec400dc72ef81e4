from contractvm.structure.module import ConstExpr, Func
from contractvm.structure.types import ValType
from contractvm.validation.module_context import ModuleContext

class BodyValidator:
    """Checks the bodies and constant expressions of one module, one after the other."""

    def __init__(self, context: ModuleContext) -> None: ...
    def validate_func(self, func_index: int, func: Func) -> int:
        """Check one func; return the greatest height of its operand stack, in values.

        Constant expressions come first: they declare the funcs that a body may name.
        """
    def validate_constant(self, expression: ConstExpr, val_type: ValType) -> None:
        """Check a constant expression (spec 3.3.10) of one result."""
