"""A scripted contract with a function of each kind, and its interface."""

from chain_sim.ethereum.abi.functions import parse_function
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import keccak256
from tests.helpers.scripted_contract import Emit, Return, Revert, Trap, scripted

TEXT = """
interface Vault {
  struct Position { uint64 amount; address owner; }
  event Deposited(address indexed who, uint64 amount);
  event Named(string indexed name);
  error TooLittle(uint64 have, uint64 want);
  function deposit() external payable returns (uint64 amount);
  function withdraw(uint64 amount) external returns (uint64);
  function position(address who) external view returns (Position memory);
  function both() external view returns (uint64 a, bool b);
  function f(uint8 x) external view returns (uint256);
  function f(uint256 x) external view returns (uint256);
  function pay(address to, uint256 value) external returns (bool);
  function panic() external;
  function reason() external;
  function foreign() external;
  function crash() external;
  function bad() external view returns (uint256);
  function nothing() external;
  function address() external view returns (uint256);
  function _hidden() external view returns (uint256);
}
"""
ALICE, BOB = (account.address for account in Blockchain.accounts[:2])


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def topic(text: str) -> bytes:
    return bytes(keccak256(text.encode()))


CODE = scripted(
    {
        "deposit()": [
            Emit((topic("Deposited(address,uint64)"), bytes(12) + ALICE), word(5)),
            Emit((topic("Named(string)"), topic("bob"))),
            Emit((word(9),), b"x"),
            Emit((topic("Deposited(address,uint64)"),), word(5)),
            Return(word(5)),
        ],
        "withdraw(uint64)": [
            Revert(parse_function("TooLittle(uint64,uint64)").encode([5, 9]))
        ],
        "position(address)": [Return(word(7) + bytes(12) + ALICE)],
        "both()": [Return(word(1) + word(1))],
        "f(uint8)": [Return(word(8))],
        "f(uint256)": [Return(word(256))],
        "pay(address,uint256)": [Return(word(1))],
        "panic()": [Revert(bytes.fromhex("4e487b71") + word(0x11))],
        "reason()": [Revert(parse_function("Error(string)").encode(["too little"]))],
        "foreign()": [Revert(bytes.fromhex("618bc7c9") + bytes(64))],
        "crash()": [Trap()],
        "bad()": [Return(b"xy")],
        "nothing()": [Revert()],
        "address()": [Return(word(3))],
        "_hidden()": [Return(word(4))],
    }
)
