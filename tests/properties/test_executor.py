"""The executor compared with the real chain: random contracts and transactions.

The chain signs, builds and stores blocks and knows nothing of positions, rollbacks or
coverage. Block hashes commit to everything that a transaction changes.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_fuzz.cases.case import CaseStatus, CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor, ExecutorOptions
from tests.helpers.calling_contracts import (
    CONTRACTS,
    NOBODY,
    PRECOMPILES,
    Kinds,
    Source,
    sources,
)
from tests.helpers.fuzzed_chains import genesis_of, received, seen, send, start_of

# Refused for gas, value or the sender's balance; too little for the code; enough.
GAS_LIMITS = st.sampled_from((20_000, 30_000, 200_000, 600_000, 600_000, 2**40, 2**70))
VALUES = st.sampled_from((0, 0, 0, 5, 10**30, 2**256))
TRANSACTIONS = st.builds(
    CaseTransaction,
    to=st.sampled_from((*CONTRACTS, *CONTRACTS, NOBODY, PRECOMPILES[2])),
    data=st.binary(max_size=9),
    sender=st.integers(0, 2),
    value=VALUES,
    gas_limit=GAS_LIMITS,
)
KINDS = Kinds(is_endless=False)
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=CHECKS
)
@given(
    contracts=st.tuples(*[sources(KINDS) for _ in CONTRACTS]),
    transactions=st.lists(TRANSACTIONS, min_size=1, max_size=5),
)
def test_an_executor_gives_what_the_chain_gives(
    contracts: tuple[Source, ...], transactions: list[CaseTransaction]
) -> None:
    genesis = genesis_of(contracts)
    start = start_of(genesis, *CONTRACTS)
    executor = CaseExecutor(start)
    compiled = CaseExecutor(start, ExecutorOptions(engine="wasmtime"))
    position = begin = executor.begin
    outcomes = []
    with Blockchain.in_memory(genesis) as chain:
        for transaction in transactions:
            outcome = executor.run(position, transaction)
            assert executor.run(position, transaction) == outcome
            receipt = received(send(chain, transaction))
            assert seen(outcome) == receipt
            noted = executor.run(position, transaction, compare=True, hash_memory=True)
            assert structs.replace(noted, memory_hash=None) == outcome
            assert compiled.run(position, transaction, hash_memory=True) == noted
            position, advanced = executor.advance_with_outcomes(position, [transaction])
            assert advanced == (outcome,)
            assert position.block_hash == chain.head.hash
            assert position.root == chain.head.header.state_root
            outcomes.append(outcome)
    assert executor.run_sequence(begin, transactions) == tuple(outcomes)
    probes = transactions[:1]
    found, probed = executor.probe(begin, transactions, probes)
    assert found == tuple(outcomes)
    for at, (probe,) in enumerate(probed):
        behind = executor.advance(begin, transactions[: at + 1])
        assert probe == executor.run(behind, probes[0])
    assert compiled.advance(begin, transactions) == position
    kept = [
        transaction
        for transaction, outcome in zip(transactions, outcomes, strict=True)
        if outcome.status is not CaseStatus.REFUSED
    ]
    assert position.transactions == tuple(kept)
