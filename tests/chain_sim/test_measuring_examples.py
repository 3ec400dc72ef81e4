"""Every example contract, played twice: measured in every way, and not at all."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from chain_sim import Blockchain, CosmosChain
from chain_sim.cosmos.chain.transactions import TransactionFailed
from contract_testing import Abi
from contract_testing.contracts.book import book_of
from contract_testing.coverage.cosmos_recorder import CosmosRecorder
from contract_testing.coverage.recorder import CoverageRecorder
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.examples import EXAMPLES
from tests.helpers.programs_of_stylus import deployed


@dataclass
class Play:
    """What became of the transactions of an example."""

    is_measured: bool
    found: list[object] = field(default_factory=list)
    measured: int = 0

    def send(self, chain: Blockchain, address: Any, data: bytes) -> None:
        """Call and send; measured, each also in every other way."""
        coverage = CoverageRecorder(chain, book_of(chain))
        result = chain.call(address, data)
        if self.is_measured:
            call = chain.reader.place_call(
                address, data, sender=None, value=0, gas_limit=None, at=None
            )
            coverage.call(call)
            assert chain.failures.trace_call(address, data)[0] == result
            assert chain.gas.explain_call(address, data).gas_used == result.gas_used
        receipt = chain.send(address, data)
        self.found += [result, receipt, chain.head.hash]
        if not self.is_measured:
            return
        tx_hash = receipt.transaction_hash
        coverage.transaction(tx_hash)
        traced, _ = chain.failures.trace_transaction(tx_hash)
        report = chain.gas.explain_transaction(tx_hash)
        assert (traced.gas_used, report.gas_used) == (receipt.gas_used,) * 2
        assert (chain.failures.of_transaction(tx_hash) is None) == receipt.succeeded
        assert coverage.counts
        self.measured += 1


CONTRACTS = [
    ("byzantium", "counter/counter", ["d09de08a", "6d4ce63c"]),
    ("byzantium", "keccak/keccak", ["616263" * 40]),
    ("byzantium", "token/token", []),
    ("byzantium", "stylus/erc20_ewasm", []),
    ("arbitrum", "stylus/counter", []),
    ("arbitrum", "stylus/erc20", []),
]
ABIS = {"stylus/erc20_ewasm": "stylus/erc20"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("fork", "name", "calls"), CONTRACTS)
def test_measuring_a_contract_changes_nothing(
    engine: str, fork: str, name: str, calls: list[str]
) -> None:
    plays = []
    for is_measured in (False, True):
        play = Play(is_measured)
        with Blockchain.in_memory(fork=fork, engine=engine) as chain:
            made = deployed(chain, EXAMPLES / f"{name}.wasm", abi=[])
            for data in messages(name, calls):
                play.send(chain, made.address, data)
        plays.append(play)
    assert plays[0].found == plays[1].found
    assert plays[1].measured == len(list(messages(name, calls)))


def messages(name: str, calls: list[str]) -> Iterator[bytes]:
    """Call data: nothing, no function, these, and every function of the ABI."""
    yield from (b"", b"none", *map(bytes.fromhex, calls))
    abi = EXAMPLES / f"{ABIS.get(name, name)}.json"
    for function in Abi.read(abi).functions if abi.exists() else ():
        yield function.abi.selector + bytes(32 * len(function.inputs))


MESSAGES: dict[str, tuple[Any, list[Any]]] = {
    "counter": (
        {"count": 41},
        [{"increment": {}}, {"reset": {"count": 1}}, {"no": {}}],
    ),
    "token": (
        {
            "name": "T",
            "symbol": "EXT",
            "decimals": 6,
            "initial_balances": [],
        },
        [{"transfer": {"recipient": "x", "amount": "1"}}, {}],
    ),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", MESSAGES)
def test_measuring_a_contract_of_messages_changes_nothing(
    engine: str, name: str
) -> None:
    def play(*, is_measured: bool) -> list[object]:
        chain, recorder = CosmosChain(engine=engine), CosmosRecorder()
        alice = chain.account("alice", "5atom")
        if is_measured:
            recorder.cover(chain)
        begin, sent = MESSAGES[name]
        path = EXAMPLES / "cosmwasm" / f"{name}.wasm"
        contract = chain.store(path, alice).instantiate(begin, sender=alice)
        found: list[object] = [chain.head]
        for message in sent:
            try:
                outcome = contract.execute(message, sender=alice)
            except TransactionFailed as failed:
                outcome = failed.outcome
            if is_measured:
                assert outcome.ledger().total_gas == outcome.gas_used
            found += [outcome.document(), str(outcome.error), chain.head]
        assert bool(recorder.counts) == is_measured
        return found

    assert play(is_measured=True) == play(is_measured=False)
