"""The units that a frame was given, and what it did with them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FrameValue:
    """A frame in units. `stipend` is in `given`; what failed has nothing `left`.

    `unpaid` is what the last charge was short of, `forfeited` what a failure took.
    """

    given: int
    stipend: int
    left: int
    unpaid: int = 0
    forfeited: int = 0

    @property
    def used(self) -> int:
        """What the frame and its callees cost, stipends included."""
        return self.given - self.left
