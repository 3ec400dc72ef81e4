"""Stylus programs run one at a time, on a host that is kept in dicts."""

from dataclasses import dataclass, field, replace
from functools import cache

from contractvm.hosts.evm.interface import (
    BlockEnvironment,
    CallResult,
    Log,
    Message,
    MessageKind,
    TransactionEnvironment,
)
from contractvm.hosts.evm.observer import FrameObserver
from contractvm.hosts.registry import find_host
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import HOOKS
from contractvm.hosts.stylus.page_prices import OpenPages
from contractvm.hosts.stylus.parameters import StylusParameters, parameters_of
from contractvm.hosts.stylus.program_code import pack_program
from contractvm.hosts.stylus.programs import ProgramRecord, RecentPrograms
from contractvm.metering.plan import plan_module
from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.loader import load_schedule
from tests.helpers.wat import wat_to_module, wat_to_wasm

INTERFACE = find_host("stylus")
SCHEDULE = load_schedule("stylus-1")
PROGRAM, SENDER, ORIGIN = b"\x11" * 20, b"\x22" * 20, b"\x33" * 20
COINBASE, OTHER = b"\x44" * 20, b"\x55" * 20
NOW = 1_764_000_000
UNITS = SCHEDULE.units_per_gas
ZERO = bytes(32)
BLOCK = BlockEnvironment(COINBASE, 7, NOW, 0, 2**50, base_fee=100_000_000)
TRANSACTION = TransactionEnvironment(ORIGIN, 123)
RECORD = ProgramRecord(version=3, footprint=1, activated_at=95_000)
# A gas is an ink, and starting costs nothing: tests can give any amount of ink.
PLAIN = replace(parameters_of(61), ink_price=1, min_init_gas=0, min_cached_init_gas=0)


@dataclass
class FakeHost:
    """A chain of dicts: nothing is undone, and everything is asked directly."""

    parameters: StylusParameters = PLAIN
    block: BlockEnvironment = BLOCK
    transaction: TransactionEnvironment = TRANSACTION
    pages: OpenPages = field(default_factory=OpenPages)
    open_frames: dict[bytes, int] = field(default_factory=dict)
    recent_programs: RecentPrograms = field(default_factory=lambda: RecentPrograms(0))
    chain_id: int = 412_346
    base_fee: int = 100_000_000
    l1_block_number: int = 99
    record: ProgramRecord = RECORD
    balances: dict[bytes, int] = field(default_factory=dict)
    codes: dict[bytes, bytes] = field(default_factory=dict)
    storage: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    transient: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    originals: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    warm: set[object] = field(default_factory=set)
    logs: list[Log] = field(default_factory=list)
    refund: int = 0

    def program(self, code_hash: bytes) -> ProgramRecord:
        return self.record

    def balance(self, address: bytes) -> int:
        return self.balances.get(address, 0)

    def code(self, address: bytes) -> bytes:
        return self.codes.get(address, b"")

    def code_hash(self, address: bytes) -> bytes:
        return b"\xcc" * 32 if address in self.codes else ZERO

    def is_empty(self, address: bytes) -> bool:
        return address not in self.codes and address not in self.balances

    def access_account(self, address: bytes) -> bool:
        return self._access(address)

    def access_slot(self, address: bytes, key: bytes) -> bool:
        return self._access((address, key))

    def _access(self, what: object) -> bool:
        is_cold = what not in self.warm
        self.warm.add(what)
        return is_cold

    def load_storage(self, address: bytes, key: bytes) -> bytes:
        return self.storage.get((address, key), ZERO)

    def original_storage(self, address: bytes, key: bytes) -> bytes:
        place = (address, key)
        return self.originals.get(place, self.storage.get(place, ZERO))

    def store_storage(self, address: bytes, key: bytes, value: bytes) -> None:
        place = (address, key)
        self.originals.setdefault(place, self.storage.get(place, ZERO))
        self.storage[place] = value

    def load_transient(self, address: bytes, key: bytes) -> bytes:
        return self.transient.get((address, key), ZERO)

    def store_transient(self, address: bytes, key: bytes, value: bytes) -> None:
        self.transient[address, key] = value

    def emit_log(self, log: Log) -> None:
        self.logs.append(log)

    def add_refund(self, gas: int) -> None:
        self.refund += gas

    def self_destruct(self, address: bytes, beneficiary: bytes) -> int:
        raise NotImplementedError

    def block_hash(self, number: int) -> bytes | None:
        raise NotImplementedError


@cache
def pipeline(engine: str) -> Pipeline:
    return INTERFACE.pipeline(make_engine(engine), SCHEDULE)


def imports(*names: str) -> str:
    """Imports of host functions in the text format."""
    return " ".join(
        f'(import "{HOOKS}" "{name}" (func ${name}'
        f" (param {' '.join(t.text for t in TYPES[HOOKS, name].params)})"
        f" (result {' '.join(t.text for t in TYPES[HOOKS, name].results)})))"
        for name in names
    )


def program(body: str, *names: str, around: str = "", pages: str = "1 1") -> str:
    """A program in the text format; the call data's length is its local 0."""
    return f"""(module {imports(*names)} (memory (export "memory") {pages}) {around}
      (func (export "user_entrypoint") (param i32) (result i32) {body}))"""


def own_ink(source: str) -> int:
    """The ink of all blocks of straight code, without what host functions take."""
    module = wat_to_module(source)
    plans = plan_module(module, SCHEDULE, INTERFACE.metering)
    return sum(units for plan in plans for _, units in plan.charges)


def run(
    source: str,
    ink: int,
    host: FakeHost | None = None,
    *,
    engine: str = "interpreter",
    data: bytes = b"",
    value: int = 0,
    is_static: bool = False,
    answers: tuple[CallResult, ...] = (),
    observer: FrameObserver | None = None,
    code: bytes | None = None,
) -> tuple[CallResult, list[Message]]:
    """The result of a call with this ink, and the messages that the program sent.

    `answers` are the results of these, in order. `code` takes the program's place.
    """
    host = host or FakeHost()
    code = code or pack_program(wat_to_wasm(source))
    host.codes.setdefault(PROGRAM, code)
    message = Message(
        MessageKind.CALL,
        SENDER,
        PROGRAM,
        PROGRAM,
        value,
        data,
        ink * UNITS,
        is_static=is_static,
    )
    call = INTERFACE.start_call(
        INTERFACE, pipeline(engine), host, message, code, observer
    )
    sent: list[Message] = []
    step = call.advance()
    while isinstance(step, Message):
        sent.append(step)
        step = call.advance(answers[len(sent) - 1])
    return step, sent
