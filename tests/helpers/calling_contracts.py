"""Random contracts that call each other, store, log, create and burn gas."""

from dataclasses import dataclass

from hypothesis import strategies as st
from msgspec import structs

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.execution.placed_transaction import BlockContext
from chain_sim.ethereum.forks import BYZANTIUM
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction, intrinsic_gas
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.ewasm.host_interface import INTERFACE
from gas_schedule.loader import load_schedule
from tests.helpers.ewasm import contract

SENDER, COINBASE = Address(b"\x5e" * 20), Address(b"\xcb" * 20)
CONTRACTS = tuple(Address(bytes([0xC0 + number]) * 20) for number in range(3))
NOBODY = Address(b"\x0b" * 20)
PRECOMPILES = tuple(Address(number.to_bytes(20, "big")) for number in (1, 2, 4, 5))
TARGETS = (*CONTRACTS, NOBODY, *PRECOMPILES)

# Memory: the targets' addresses, then these numbers as words whose last byte they are
# in the one order of bytes, and whose first in the other; then init code.
WORD = 32
NUMBERS = len(TARGETS) * WORD
ZERO, ONE, TWO = NUMBERS, NUMBERS + WORD, NUMBERS + 2 * WORD
RESULT = NUMBERS + 3 * WORD
INIT_CODE = 1024
INIT_CODES = (
    INTERFACE.init_code(contract("")),
    INTERFACE.init_code(b"not wasm"),
    INTERFACE.init_code(b"\0asm\1\0\0\0 broken"),
    INTERFACE.init_code(bytes(30_000)),
    contract("(call $storageStore (i32.const 0) (i32.const 3))", b"\0\0\0\1"),
    contract("unreachable"),
    contract("(call $revert (i32.const 0) (i32.const 9))"),
    b"",
)
FUNCS = """
(func $burn (param i32)
  (loop $again
    (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
    (br_if $again (i32.gt_s (local.get 0) (i32.const 0)))))
(func $fib (param i32) (result i32) (local i64)
  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
    (then (local.get 0))
    (else (i32.add
      (call $fib (i32.sub (local.get 0) (i32.const 1)))
      (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
(func $forever (loop $again (br $again)))
"""


def memory_of(init_code: bytes) -> bytes:
    addresses = b"".join(target.ljust(WORD, b"\0") for target in TARGETS)
    numbers = b"".join(bytes([number]).ljust(WORD, b"\0") for number in range(3))
    return (addresses + numbers).ljust(INIT_CODE, b"\0") + init_code


GAS = st.sampled_from((0, 100, 2_000, 30_000, 300_000, 2**62))
AMOUNT = st.sampled_from((ZERO, ZERO, ONE))
TARGET = st.integers(0, len(TARGETS) - 1).map(lambda number: number * WORD)
LENGTH = st.sampled_from((0, 1, 32, 200))
KEY = st.sampled_from((ZERO, ONE))
VALUE = st.sampled_from((ZERO, ONE, TWO))


def text(form: str, *parts: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda values: form.format(*values))


PLAIN = st.one_of(
    text("(call $burn (i32.const {}))", st.integers(0, 300)),
    text("(drop (call $fib (i32.const {})))", st.integers(0, 8)),
    text("(drop (memory.grow (i32.const {})))", st.integers(0, 2)),
    text(
        "(memory.fill (i32.const 40000) (i32.const 0) (i32.const {}))",
        st.integers(0, 5000),
    ),
    text("(call $useGas (i64.const {}))", st.integers(0, 3_000)),
    text("(call $storageStore (i32.const {}) (i32.const {}))", KEY, VALUE),
    text("(call $storageLoad (i32.const {}) (i32.const 2000))", KEY),
    text("(call $getCaller (i32.const {}))", st.just(2000)),
    text("(call $getExternalBalance (i32.const {}) (i32.const 2000))", TARGET),
    text(
        "(call $codeCopy (i32.const 2000) (i32.const 0) (i32.const {}))",
        st.integers(0, 70),
    ),
    text(
        "(call $log (i32.const 0) (i32.const {}) (i32.const {})"
        " (i32.const 0) (i32.const 32) (i32.const 64) (i32.const 0))",
        LENGTH,
        st.integers(0, 4),
    ),
)
SUB_CALL = st.one_of(
    *[
        text(
            f"(call ${name} (i64.const {{}}) (i32.const {{}}) (i32.const {{}})"
            " (i32.const 0) (i32.const {}))",
            GAS,
            TARGET,
            AMOUNT,
            LENGTH,
        )
        for name in ("call", "call", "callCode")
    ],
    *[
        text(
            f"(call ${name} (i64.const {{}}) (i32.const {{}})"
            " (i32.const 0) (i32.const {}))",
            GAS,
            TARGET,
            LENGTH,
        )
        for name in ("callDelegate", "callStatic")
    ],
    text(
        f"(call $create (i32.const {{}}) (i32.const {INIT_CODE}) (i32.const LENGTH)"
        f" (i32.const {RESULT}))",
        AMOUNT,
    ),
)
ENDING = st.one_of(
    st.just(""),
    st.just(""),
    st.sampled_from(
        (
            "unreachable",
            "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
            "(call $revert (i32.const 0) (i32.const 40))",
            "(call $finish (i32.const 0) (i32.const 7))",
        )
    ),
    text("(call $selfDestruct (i32.const {}))", TARGET),
    text("(drop (i32.load (i32.const {})))", st.sampled_from((65_532, 65_536, -1))),
)
# These end only because instructions have a price.
ENDLESS = st.sampled_from(("(call $forever)", "(drop (call $fib (i32.const 40)))"))
LOOK_AT_GAS = st.integers(0, 10**6).map(
    lambda gas: (
        f"(if (i64.lt_u (call $getGasLeft) (i64.const {gas}))"
        " (then (call $burn (i32.const 9))))"
    )
)


@dataclass(frozen=True)
class Kinds:
    """What else a scene's contracts may do."""

    looks_at_gas: bool = True
    is_endless: bool = True


def statements(looks_at_gas: bool) -> st.SearchStrategy[str]:
    """A few statements in a row, some of them in the arms of an `if`."""
    simple = st.one_of(PLAIN, PLAIN, SUB_CALL.map("(drop {})".format))
    if looks_at_gas:
        simple = st.one_of(simple, simple, simple, LOOK_AT_GAS)
    row = st.lists(simple, max_size=4).map("".join)
    choice = st.tuples(SUB_CALL, row, row).map(
        lambda parts: "(if {} (then {}) (else {}))".format(*parts)
    )
    return st.lists(st.one_of(simple, simple, choice), max_size=5).map("".join)


@dataclass(frozen=True)
class Source:
    """A contract's body, and the one of INIT_CODES that is in its memory."""

    body: str
    init_code: int = 0

    @property
    def code(self) -> bytes:
        """The module."""
        init_code = INIT_CODES[self.init_code]
        body = self.body.replace("LENGTH", str(len(init_code)))
        return contract(body, memory_of(init_code), FUNCS)


def sources(kinds: Kinds) -> st.SearchStrategy[Source]:
    """A contract."""
    ending = st.one_of(ENDING, ENDING, ENDLESS) if kinds.is_endless else ENDING
    body = st.tuples(statements(kinds.looks_at_gas), ending).map("".join)
    return st.builds(Source, body, st.integers(0, len(INIT_CODES) - 1))


@dataclass(frozen=True)
class Scene:
    """Contracts, and a transaction to the first of them or one that creates another."""

    contracts: tuple[Source, ...]
    created: Source | None
    gas: int
    value: int = 0
    gas_price: int = 0

    @property
    def tx(self) -> Transaction:
        """The transaction; `gas` is given to its message, under the usual prices."""
        tx = Transaction(
            nonce=0,
            gas_price=self.gas_price,
            gas_limit=0,
            to=CONTRACTS[0] if self.created is None else None,
            value=self.value,
            data=b"\0\1\2\0" if self.created is None else self.created.code,
        )
        intrinsic = intrinsic_gas(
            tx, load_schedule("ewasm-hera").section(TransactionCosts)
        )
        return structs.replace(tx, gas_limit=intrinsic + self.gas)

    def state(self) -> WorldState:
        """The state before the transaction; slot ONE of each contract is set."""
        state = WorldState(MemoryDatabase())
        state.set_balance(SENDER, 10**20)
        for address, source in zip(CONTRACTS, self.contracts, strict=True):
            state.set_code(address, source.code)
            state.set_balance(address, 3)
            key = b"\1".ljust(32, b"\0")
            state.set_storage(address, key, key)
        state.end_transaction()
        return state


def scenes(kinds: Kinds) -> st.SearchStrategy[Scene]:
    """Three contracts, and a transaction that calls them."""
    source = sources(kinds)
    return st.builds(
        Scene,
        st.tuples(*[source for _ in CONTRACTS]),
        st.one_of(*[st.none() for _ in range(9)], source),
        gas=st.sampled_from((0, 20_000, 100_000, 500_000)),
        value=st.sampled_from((0, 0, 5)),
        gas_price=st.sampled_from((0, 7)),
    )


BLOCK = BlockContext(
    coinbase=COINBASE,
    number=1,
    timestamp=1,
    difficulty=0,
    gas_limit=10**8,
    block_hash=lambda _: None,
    fork=BYZANTIUM,
)
