"""Accounts of people and contracts, as the auth module stores them."""

from chain_sim.cosmos.context import Context
from chain_sim.cosmos.protobuf import message, read_message

ACCOUNT_KEY = b"\x01"
NUMBER_KEY = b"accountNumber"
SEQUENCE_KEY = b"\x02"
OLD_SEQUENCE_KEY = b"globalAccountNumber"
FIRST_WITH_UNIQUE_INDEX = (0, 50)
FIRST_WITH_RANDOM_NUMBERS = (0, 54)
TYPE_URL = "/cosmos.auth.v1beta1.BaseAccount"
NUMBER_BYTES = 8
# Newer chains number accounts at random: the number takes 8 bytes.
FIRST_RANDOM_NUMBER = 2**63


def has_account(context: Context, address: bytes) -> bool:
    """Whether there is an account; costs a look-up."""
    return context.auth.has(ACCOUNT_KEY + address)


def find_account(context: Context, address: bytes) -> dict[int, list[int | bytes]]:
    """The fields of an account, empty if there is none; costs a read."""
    stored = context.auth.get(ACCOUNT_KEY + address)
    if stored is None:
        return {}
    content = read_message(stored)[2][0]
    return read_message(content if isinstance(content, bytes) else b"")


def is_in_use(account: dict[int, list[int | bytes]]) -> bool:
    """Whether an account has a public key or has sent a transaction."""
    return 2 in account or 4 in account


def create_account(context: Context, address: bytes) -> None:
    """Make an account with the next number."""
    auth = context.auth
    number = _next_number(context)
    number_key = NUMBER_KEY + number.to_bytes(NUMBER_BYTES, "big")
    if context.rules.sdk >= FIRST_WITH_UNIQUE_INDEX:
        auth.get(ACCOUNT_KEY + address)
        auth.has(number_key)
    auth.set(number_key, address)
    text = context.addresses.text(address)
    account = message((1, text), (3, number))
    auth.set(ACCOUNT_KEY + address, message((1, TYPE_URL), (2, account)))


def _next_number(context: Context) -> int:
    sdk = context.rules.sdk
    if sdk < FIRST_WITH_UNIQUE_INDEX:
        stored = context.auth.get(OLD_SEQUENCE_KEY)
        number = int(read_message(stored)[1][0]) if stored else 0
        context.auth.set(OLD_SEQUENCE_KEY, message((1, number + 1)))
        return number
    if sdk < FIRST_WITH_RANDOM_NUMBERS:
        auth = context.auth
        stored = auth.get(SEQUENCE_KEY)
        number = int.from_bytes(stored or b"", "big")
        auth.set(SEQUENCE_KEY, (number + 1).to_bytes(NUMBER_BYTES, "big"))
        return number
    # One number for each account that there is: no two are the same.
    key = b"a" + SEQUENCE_KEY
    count = int.from_bytes(context.state.get(key) or b"", "big")
    context.state.set(key, (count + 1).to_bytes(NUMBER_BYTES, "big"))
    return FIRST_RANDOM_NUMBER + count
