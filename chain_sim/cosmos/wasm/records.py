"""Codes and contracts as the wasm module stores them."""

from dataclasses import dataclass
from functools import lru_cache

from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import NO_SUCH_CODE, NO_SUCH_CONTRACT, CosmosError
from chain_sim.cosmos.protobuf import message, nested, read_message

CODE_KEY = b"\x01"
CONTRACT_KEY = b"\x02"
STORAGE_KEY = b"\x03"
SEQUENCE_KEY = b"\x04"
HISTORY_KEY = b"\x05"
BY_CODE_KEY = b"\x06"
PINNED_KEY = b"\x07"
BY_CREATOR_KEY = b"\x09"
LAST_CODE = SEQUENCE_KEY + b"lastCodeId"
LAST_CONTRACT = SEQUENCE_KEY + b"lastContractId"
NUMBER_BYTES = 8
NOBODY, EVERYBODY, ANY_OF = 1, 3, 4
INIT, MIGRATE = 1, 2
# Every message reads those of its contract again.
KEPT_RECORDS = 256


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """A stored code; `permission` says who may make contracts of it."""

    checksum: bytes
    creator: str
    permission: int = EVERYBODY
    allowed: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """The stored form."""
        listed = b"".join(nested(3, address.encode()) for address in self.allowed)
        access = message((1, self.permission)) + listed
        return message((1, self.checksum), (2, self.creator)) + nested(5, access)


@dataclass(frozen=True, slots=True)
class ContractInfo:
    """A contract; `created` is the height and what the block's gas was then."""

    code_id: int
    creator: str
    admin: str
    label: str
    created: tuple[int, int]
    ibc_port: str = ""
    ibc2_port: str = ""

    def encode(self) -> bytes:
        """The stored form."""
        return (
            message(
                (1, self.code_id),
                (2, self.creator),
                (3, self.admin),
                (4, self.label),
            )
            + nested(5, position(self.created))
            + message((6, self.ibc_port), (8, self.ibc2_port))
        )


def position(created: tuple[int, int]) -> bytes:
    """A height and an index, as contracts and their history store them."""
    return message((1, created[0]), (2, created[1]))


def number_key(number: int) -> bytes:
    """A number in a key."""
    return number.to_bytes(NUMBER_BYTES, "big")


def next_number(context: Context, key: bytes) -> int:
    """Count up a sequence, which begins with 1."""
    stored = context.wasm.get(key)
    number = int.from_bytes(stored, "big") if stored else 1
    context.wasm.set(key, number_key(number + 1))
    return number


def find_code(context: Context, code_id: int) -> CodeInfo:
    """The code of a number; raises CosmosError; costs a read."""
    stored = None
    if 0 < code_id < 2**64:
        stored = context.wasm.get(CODE_KEY + number_key(code_id))
    if stored is None:
        raise CosmosError(NO_SUCH_CODE, f"code id {code_id}")
    return _read_code(stored)


@lru_cache(maxsize=KEPT_RECORDS)
def _read_code(stored: bytes) -> CodeInfo:
    fields = read_message(stored)
    access = read_message(_bytes(fields, 5))
    return CodeInfo(
        checksum=_bytes(fields, 1),
        creator=_bytes(fields, 2).decode(),
        permission=_number(access, 1),
        allowed=tuple(
            [name.decode() for name in access.get(3, ()) if isinstance(name, bytes)]
        ),
    )


def find_contract(context: Context, address: bytes) -> ContractInfo:
    """The contract at an address; raises CosmosError; costs a read."""
    stored = context.wasm.get(CONTRACT_KEY + address)
    if stored is None:
        text = context.addresses.text(address)
        raise CosmosError(NO_SUCH_CONTRACT, f"address {text}")
    return _read_contract(stored)


@lru_cache(maxsize=KEPT_RECORDS)
def _read_contract(stored: bytes) -> ContractInfo:
    fields = read_message(stored)
    created = read_message(_bytes(fields, 5))
    return ContractInfo(
        code_id=_number(fields, 1),
        creator=_bytes(fields, 2).decode(),
        admin=_bytes(fields, 3).decode(),
        label=_bytes(fields, 4).decode(),
        created=(_number(created, 1), _number(created, 2)),
        ibc_port=_bytes(fields, 6).decode(),
        ibc2_port=_bytes(fields, 8).decode(),
    )


def store_contract(context: Context, address: bytes, info: ContractInfo) -> None:
    """Write a contract's record."""
    context.wasm.set(CONTRACT_KEY + address, info.encode())


def by_code_key(info: ContractInfo, created: tuple[int, int], address: bytes) -> bytes:
    """The key that lists a contract under its code, in the order of creation."""
    return (
        BY_CODE_KEY
        + number_key(info.code_id)
        + number_key(created[0])
        + number_key(created[1])
        + address
    )


def by_creator_key(creator: bytes, created: tuple[int, int], address: bytes) -> bytes:
    """The key that lists a contract under its creator."""
    return (
        BY_CREATOR_KEY
        + bytes([len(creator)])
        + creator
        + number_key(created[0])
        + number_key(created[1])
        + address
    )


def history_entry(
    operation: int, code_id: int, at: tuple[int, int], msg: bytes
) -> bytes:
    """One step of a contract's history."""
    return (
        message((1, operation), (2, code_id))
        + nested(3, position(at))
        + message((4, msg))
    )


def _bytes(fields: dict[int, list[int | bytes]], number: int) -> bytes:
    value = fields.get(number, [b""])[0]
    return value if isinstance(value, bytes) else b""


def _number(fields: dict[int, list[int | bytes]], number: int) -> int:
    value = fields.get(number, [0])[0]
    return value if isinstance(value, int) else 0
