# pragma version ~=0.4.0
"""
@notice The balances and transfers of examples/token, all of the supply the creator's.
"""

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256


totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])


@deploy
def __init__():
    self.totalSupply = 10**24
    self.balanceOf[msg.sender] = self.totalSupply
    log Transfer(sender=empty(address), receiver=msg.sender, amount=self.totalSupply)


@external
def transfer(receiver: address, amount: uint256) -> bool:
    assert self.balanceOf[msg.sender] >= amount, "balance too low"
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=msg.sender, receiver=receiver, amount=amount)
    return True
