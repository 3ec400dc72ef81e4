# pragma version ~=0.4.0
"""
@notice A number, which anybody may set.
"""

number: public(uint256)


@external
def store(given: uint256):
    self.number = given
