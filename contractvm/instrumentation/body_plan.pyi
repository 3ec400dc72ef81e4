class BodyPlan:
    """The plan of one body; positions count from the first byte of its code.

    `charges` are (position, units) of the metered blocks that cost something, `sized`
    (position, units for each) of live instructions that also cost by their size,
    `returns` (position, depth of the body's label) of live returns.
    """

    def __init__(
        self,
        charges: list[tuple[int, int]],
        sized: list[tuple[int, int]],
        returns: list[tuple[int, int]],
    ) -> None: ...
    @property
    def charges(self) -> list[tuple[int, int]]: ...
    @property
    def sized(self) -> list[tuple[int, int]]: ...
    @property
    def returns(self) -> list[tuple[int, int]]: ...

def sized_prices(plans: tuple[BodyPlan, ...]) -> list[int]:
    """Every price of the plans' sized instructions, once each, in order."""
