# pragma version ~=0.4.0
"""
@notice One transfer in each case, from the one who has all of the supply.
"""

interface Forge:
    def deployCode(artifact: String[32]) -> address: nonpayable


# The address at which forge answers tests: the hash of "hevm cheat code".
FORGE: constant(address) = 0x7109709ECfa91a80626fF3989D68f67F5b1DD12D
SUPPLY: constant(uint256) = 10**24

token: address


@external
def setUp():
    self.token = extcall Forge(FORGE).deployCode("Token.vy")


@external
def test_call(receiver: address, amount: uint256):
    success: bool = raw_call(
        self.token,
        abi_encode(receiver, amount, method_id=method_id("transfer(address,uint256)")),
        revert_on_failure=False,
    )
    assert success == (amount <= SUPPLY), "not what the balance is enough for"
