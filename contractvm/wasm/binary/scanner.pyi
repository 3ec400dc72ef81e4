from contractvm.wasm.structure.func import Func

class ExpressionScanner:
    """Scans expressions of one module; keeps its list of open blocks between them."""

    data_use: int

    def __init__(self, data: bytes) -> None: ...
    def scan(self, start: int) -> int:
        """Return the position after the `end` of the expression at `start`."""
    def read_numbers(self, position: int, count: int) -> tuple[tuple[int, ...], int]:
        """Read `count` unsigned 32-bit numbers; return them and the next position."""
    def read_bodies(
        self, position: int, count: int, type_indices: tuple[int, ...]
    ) -> tuple[tuple[Func, ...], int]:
        """Read the bodies at `position` (spec 5.5.13): the funcs and the next position.

        A func beyond the type indices has type 0. Raises MalformedModule.
        """
