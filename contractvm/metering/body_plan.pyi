from collections.abc import Iterator

class BodyPlan:
    """The plan of one body; positions count from the first byte of its code.

    `charges` are (position, units) of the metered blocks that cost something, `sized`
    (position, units for each) of live instructions that also cost by their size,
    `returns` (position, depth of the body's label) of live returns. Where
    `has_gas_local`, a local is to hold the gas counter too, and `loads` are the
    positions after calls, which change the counter.
    """

    has_gas_local: bool

    def __init__(
        self,
        charges: list[tuple[int, int]],
        sized: list[tuple[int, int]],
        returns: list[tuple[int, int]],
        loads: list[int] | None = None,
    ) -> None:
        """A list of loads, even an empty one, gives the plan a gas local."""

    def each_charge(self) -> Iterator[tuple[int, int]]:
        """Yield the charges: a large body has millions."""

    def each_sized(self) -> Iterator[tuple[int, int]]:
        """Yield the sized charges."""

    @property
    def charges(self) -> list[tuple[int, int]]: ...
    @property
    def sized(self) -> list[tuple[int, int]]: ...
    @property
    def returns(self) -> list[tuple[int, int]]: ...
    @property
    def loads(self) -> list[int]: ...

def sized_prices(plans: tuple[BodyPlan, ...]) -> list[int]:
    """Every price of the plans' sized instructions, once each, in order."""
