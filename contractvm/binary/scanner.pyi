class ExpressionScanner:
    """Scans expressions of one module; keeps its list of open blocks between them."""

    data_use: int

    def __init__(self, data: bytes) -> None: ...
    def scan(self, start: int) -> int:
        """Return the position behind the `end` of the expression at `start`."""
