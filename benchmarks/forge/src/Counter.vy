# pragma version ~=0.4.0
"""
@notice One number in storage slot 0, as examples/counter has it: it takes ether.
"""

count: uint256


@external
@payable
def increment() -> uint256:
    """
    @notice Add one, wrapping at 2^256.
    """
    self.count = unsafe_add(self.count, 1)
    return self.count


@external
@payable
def get() -> uint256:
    return self.count
