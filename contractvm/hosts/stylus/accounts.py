"""Host functions that look at accounts."""

from contractvm.hosts.stylus.frame import StylusFrame
from contractvm.hosts.stylus.parameters import FORGETS_EMPTY_CODE

CODE_GRANULE = 24_576


def account_balance(frame: StylusFrame, address: int, destination: int) -> None:
    """Write an account's balance in wei."""
    frame.charge("account_balance")
    account = frame.memory.read_address(address)
    frame.require_gas(frame.access.account_cold)
    charge_account(frame, account)
    balance = frame.host.balance(account).to_bytes(32, "big")
    frame.memory.write(destination, balance)
    frame.note(account, balance)


def account_gas(frame: StylusFrame, account: bytes) -> int:
    """The gas of touching an account, which is warm from now on."""
    is_cold = frame.host.access_account(account)
    return frame.access.account_cold if is_cold else frame.access.warm


def charge_account(frame: StylusFrame, account: bytes, more: int = 0) -> None:
    """Charge the touching of an account, and `more` gas for what it holds."""
    gas = account_gas(frame, account)
    what = "cold account" if gas == frame.access.account_cold else "warm account"
    frame.charge_gas(gas + more, f"{what} and code" if more else what)


def read_code(frame: StylusFrame, account: bytes) -> bytes:
    """Charge for an account's code, and read it; asked for again it is free.

    From ArbOS 40 on empty code is asked for anew each time.
    """
    last, parameters = frame.last_code, frame.parameters
    frame.require_gas(frame.access.account_cold)
    if last is not None and last[0] == account:
        return last[1]
    granules = parameters.max_code_bytes // CODE_GRANULE
    charge_account(frame, account, granules * frame.access.code_per_24k)
    code = frame.host.code(account)
    if code or parameters.arbos < FORGETS_EMPTY_CODE:
        frame.last_code = account, code
    return code


def account_code(
    frame: StylusFrame, address: int, offset: int, size: int, destination: int
) -> int:
    """Copy what there is of an account's code; how many bytes those are."""
    frame.charge("account_code")
    account = frame.memory.read_address(address)
    code = read_code(frame, account)
    frame.charge_written(len(code))
    found = code[offset : offset + size]
    frame.memory.write(destination, found)
    asked = account + offset.to_bytes(4, "big") + size.to_bytes(4, "big")
    frame.note(asked, found)
    return len(found)


def account_code_size(frame: StylusFrame, address: int) -> int:
    """The length of an account's code."""
    frame.charge("account_code_size")
    account = frame.memory.read_address(address)
    length = len(read_code(frame, account))
    frame.note(account, length.to_bytes(4, "big"))
    return length


def account_codehash(frame: StylusFrame, address: int, destination: int) -> None:
    """Write the hash of an account's code: of none if it has none, 0 if missing."""
    frame.charge("account_codehash")
    account = frame.memory.read_address(address)
    frame.require_gas(frame.access.account_cold)
    charge_account(frame, account)
    digest = frame.host.code_hash(account)
    frame.memory.write(destination, digest)
    frame.note(account, digest)
