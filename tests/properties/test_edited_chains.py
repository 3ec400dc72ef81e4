"""Edits, transactions, snapshots and reverts in any order, against a simple model."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain_sim import Blockchain
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.primitives.text import Address, Hash32
from tests.helpers.wat import wat_to_wasm

ACCOUNTS = [Address(bytes(19) + bytes([0x60 + at])) for at in range(3)]
CODE = wat_to_wasm('(module (memory (export "memory") 1) (func (export "main")))')
Values = dict[tuple[str, int], int]


@dataclass
class Model:
    """Balances and slots now, and after each block."""

    now: Values = field(default_factory=dict)
    blocks: list[Values] = field(default_factory=lambda: [{}, {}])

    def copy(self) -> "Model":
        return Model(dict(self.now), list(self.blocks))

    def mined(self, count: int = 1) -> None:
        self.blocks += [dict(self.now)] * count


class Run:
    """A chain with contracts at ACCOUNTS, and the model of it."""

    def __init__(self) -> None:
        self.database = MemoryDatabase()
        self.chain = Blockchain(self.database, fees="eip1559")
        for address in ACCOUNTS:
            self.chain.edits.set_code(address, CODE)
        self.chain.mine()
        self.model = Model()
        self.marks: list[tuple[int, Model]] = []

    def balance(self, at: int, value: int) -> None:
        self.chain.edits.set_balance(ACCOUNTS[at], value)
        self.model.now["balance", at] = value

    def slot(self, at: int, value: int) -> None:
        word = Hash32(bytes(31) + bytes([value]))
        self.chain.edits.set_storage(ACCOUNTS[at], 0, word)
        self.model.now["slot", at] = value

    def send(self, at: int, value: int) -> None:
        self.chain.send(ACCOUNTS[at], value=value, gas_limit=100_000)
        before = self.model.now.get(("balance", at), 0)
        self.model.now["balance", at] = before + value
        self.model.mined()

    def mine(self, *_: int) -> None:
        self.chain.mine()
        self.model.mined()

    def empty(self, count: int, _: int) -> None:
        self.chain.mine_blocks(count)
        self.model.mined(count)

    def snapshot(self, *_: int) -> None:
        self.marks.append((self.chain.snapshot(), self.model.copy()))

    def revert(self, at: int, _: int) -> None:
        if self.marks:
            mark, then = self.marks[at % len(self.marks)]
            self.chain.revert(mark)
            self.model = then.copy()

    def reopen(self, *_: int) -> None:
        self.chain = Blockchain(self.database)

    def collect(self, *_: int) -> None:
        collect_garbage(self.database, 50)
        self.chain = Blockchain(self.database)

    def values_at(self, where: int | None) -> Values:
        """What differs from zero, besides code."""
        state = self.chain.state_at(where)
        found: Values = {}
        for at, address in enumerate(ACCOUNTS):
            found["balance", at] = state.get_balance(address)
            found["slot", at] = state.get_storage(address, bytes(32))[-1]
        return without_zeros(found)


def without_zeros(values: Values) -> Values:
    return {key: value for key, value in values.items() if value}


steps = st.one_of(
    st.tuples(st.just("balance"), st.integers(0, 2), st.integers(0, 9)),
    st.tuples(st.just("slot"), st.integers(0, 2), st.integers(0, 9)),
    st.tuples(st.just("send"), st.integers(0, 2), st.integers(1, 9)),
    st.tuples(
        st.sampled_from(["mine", "empty", "snapshot", "revert", "reopen", "collect"]),
        st.integers(0, 5),
        st.just(0),
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=25))
def test_every_state_is_what_was_done(done: list[tuple[str, int, int]]) -> None:
    run = Run()
    for name, at, value in done:
        getattr(run, name)(at, value)
        assert run.values_at(None) == without_zeros(run.model.now)
    chain, model = run.chain, run.model
    assert chain.head.header.number == len(model.blocks) - 1
    for number, values in enumerate(model.blocks):
        assert run.values_at(number) == without_zeros(values)
    blocks = list(chain.history.blocks())
    for block in blocks[:-1]:
        chain.reader.stored_block(block).run_again(chain.engine)
    verdicts = BlockChecker(run.database).check([block.hash for block in blocks])
    assert [verdict.fault for verdict in verdicts if verdict.fault] == []
