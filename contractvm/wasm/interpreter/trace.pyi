from array import array

from contractvm.wasm.engines.tracing import CallNode, TraceSnapshot

MAX_CALL_NODES: int

class Trace:
    """What one instance has recorded: counts by site, and its calls as a tree.

    A charge is booked before it is made, so where it runs out of gas the sum of what is
    booked is the gas given and the shortfall. The tree has MAX_CALL_NODES at most: what
    is called beyond that is booked on the deepest node kept, and `is_truncated` says
    so; counts by site stay exact.
    """

    @property
    def counts(self) -> array[int]:
        """By site, how often control passed it; a copy."""

    @property
    def sizes(self) -> array[int]:
        """By site, the sum of the sizes that were seen there; a copy."""

    @property
    def nodes(self) -> tuple[CallNode, ...]:
        """The tree of calls; a parent comes before its children."""

    @property
    def current_node(self) -> int:
        """The number of the node whose func is running; 0 outside of any."""

    @property
    def stopped_node(self) -> int:
        """The node whose func a trap, or anything else that was raised, stopped last.

        0 where nothing was.
        """

    @property
    def is_truncated(self) -> bool:
        """True if calls were too many for the tree."""

    def snapshot(self) -> TraceSnapshot:
        """The present trace."""
