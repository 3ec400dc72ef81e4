# pragma version ~=0.4.0
"""
@notice One test of each kind whose gas forge notes.
"""

interface Forge:
    def deployCode(artifact: String[32]) -> address: nonpayable


# The address at which forge answers tests: the hash of "hevm cheat code".
FORGE: constant(address) = 0x7109709ECfa91a80626fF3989D68f67F5b1DD12D

number: uint256


@external
def setUp():
    extcall Forge(FORGE).deployCode("Number.vy")


@external
def test_store():
    self.number = 1


@external
def test_fuzz(given: uint256):
    self.number = given


@external
def invariant_nothing():
    assert True
