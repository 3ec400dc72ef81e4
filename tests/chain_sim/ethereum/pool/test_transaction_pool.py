"""The pool: what it admits, in which order it refuses, what it holds and drops."""

import pytest
from msgspec import structs

from chain_sim import Blockchain, default_genesis
from chain_sim.ethereum.pool.errors import (
    AlreadyInPool,
    PoolFull,
    PoolRefusal,
    ReplacementUnderpriced,
)
from chain_sim.ethereum.pool.transaction_pool import TransactionPool
from chain_sim.ethereum.primitives.errors import (
    AccessListNotPriced,
    BlockGasLimitExceeded,
    GasLimitTooLarge,
    InsufficientBalance,
    IntrinsicGasTooLow,
    InvalidSignature,
    MaxFeeTooLow,
    NonceTooLow,
    PriorityFeeTooHigh,
    UnsupportedTransactionType,
    WrongChainId,
)
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    FeeMarketTransaction,
    Transaction,
    impersonate,
    sign_transaction,
)

GWEI = 10**9
CHAIN_ID = 31337
TO = Address(bytes(19) + b"\x77")


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory(fees="eip1559")


def transfer(
    chain: Blockchain, nonce: int = 0, who: int = 0, **changes: object
) -> Transaction:
    """A signed transfer of 1 wei: tip 1 gwei, cap 5 gwei."""
    tx = FeeMarketTransaction(
        nonce=nonce,
        gas_price=5 * GWEI,
        gas_limit=21_000,
        to=TO,
        value=1,
        data=b"",
        chain_id=CHAIN_ID,
        max_priority_fee_per_gas=GWEI,
    )
    tx = structs.replace(tx, **changes)
    return sign_transaction(tx, chain.accounts[who].private_key, tx.chain_id)


def test_what_waits_is_executable_up_to_the_first_gap(chain: Blockchain) -> None:
    pool = chain.pool
    added = [pool.add(transfer(chain, nonce)) for nonce in (3, 0, 1)]
    assert len(pool) == 3
    assert pool.executable() == ((added[1], added[2]),)
    assert pool.queued() == (added[0],)
    assert list(pool) == [added[1], added[2], added[0]]
    assert pool.next_nonce(chain.accounts[0].address) == 2
    assert pool.next_nonce(TO) == 0
    assert pool.get(added[0].hash) == added[0]
    assert [pooled.arrival for pooled in added] == [0, 1, 2]
    filled = pool.add(transfer(chain, 2))
    assert pool.executable() == ((added[1], added[2], filled, added[0]),)
    assert pool.queued() == ()
    assert chain.head.header.number == 0


def test_the_faults_of_a_transaction_are_found_in_their_order(
    chain: Blockchain,
) -> None:
    """Each step mends the fault that was found; all later ones are still there."""
    account = chain.accounts[0]
    for _ in range(2):
        chain.send(TO)
    chain.next_block.set_gas_limit(1_000_000)
    chain.next_block.set_base_fee(2 * GWEI)
    chain.edits.set_balance(account, 21_000 * 3 * GWEI)
    base = FeeMarketTransaction(
        nonce=1,
        gas_price=GWEI,
        gas_limit=20_999,
        to=TO,
        value=1,
        data=b"",
        chain_id=1,
        max_priority_fee_per_gas=GWEI + 1,
    )

    def sign(tx: Transaction, chain_id: int = CHAIN_ID) -> Transaction:
        return sign_transaction(tx, account.private_key, chain_id)

    faulty = sign(base, 1)
    refusals = []

    def refused(tx: Transaction) -> None:
        with pytest.raises(Exception) as caught:  # noqa: PT011 (which one is the question)
            chain.pool.add(tx)
        refusals.append(caught.type)

    refused(structs.replace(faulty, s=0))
    base = structs.replace(base, chain_id=CHAIN_ID)
    refused(structs.replace(sign(base), s=0))
    refused(sign(base))
    base = structs.replace(base, gas_limit=1_000_001)
    refused(sign(base))
    base = structs.replace(base, gas_limit=21_000)
    refused(sign(base))
    base = structs.replace(base, max_priority_fee_per_gas=0)
    refused(sign(base))
    base = structs.replace(base, nonce=2)
    refused(sign(base))
    base = structs.replace(base, gas_price=3 * GWEI)
    refused(sign(base))
    assert refusals == [
        WrongChainId,
        InvalidSignature,
        IntrinsicGasTooLow,
        BlockGasLimitExceeded,
        PriorityFeeTooHigh,
        NonceTooLow,
        MaxFeeTooLow,
        InsufficientBalance,
    ]
    assert len(chain.pool) == 0
    chain.pool.add(sign(structs.replace(base, value=0)))
    assert len(chain.pool) == 1


def test_types_and_access_lists_are_those_of_the_chain() -> None:
    plain = Blockchain.in_memory()
    with pytest.raises(UnsupportedTransactionType):
        plain.pool.add(transfer(plain))
    unpriced = Blockchain.in_memory(default_genesis("contractvm-2", fees="eip1559"))
    with pytest.raises(AccessListNotPriced):
        unpriced.pool.add(transfer(unpriced, access_list=((TO, ()),)))
    with pytest.raises(GasLimitTooLarge):
        unpriced.pool.add(transfer(unpriced, gas_limit=2**60, gas_price=GWEI))


def test_the_same_transaction_is_taken_once(chain: Blockchain) -> None:
    tx = transfer(chain)
    chain.pool.add(tx)
    with pytest.raises(AlreadyInPool, match="transaction already imported"):
        chain.pool.add(tx)
    chain.pool.mine()
    with pytest.raises(NonceTooLow):
        chain.pool.add(tx)


@pytest.mark.parametrize(("cap", "is_taken"), [(0, False), (1, True)])
def test_a_replacement_pays_more_at_most(
    chain: Blockchain, cap: int, is_taken: bool
) -> None:
    old = chain.pool.add(transfer(chain, value=3))
    new = transfer(chain, gas_price=5 * GWEI + cap, max_priority_fee_per_gas=0)
    if not is_taken:
        with pytest.raises(ReplacementUnderpriced) as refused:
            chain.pool.add(new)
        assert refused.value.max_fee == refused.value.waiting_max_fee == 5 * GWEI
        assert list(chain.pool) == [old]
        return
    pooled = chain.pool.add(new)
    assert chain.pool.get(old.hash) is None
    assert list(chain.pool) == [pooled]


def test_a_legacy_transaction_replaces_by_its_price(chain: Blockchain) -> None:
    chain.pool.add(transfer(chain))
    legacy = Transaction(0, 5 * GWEI + 1, 21_000, TO, 0, b"")
    signed = sign_transaction(legacy, chain.accounts[0].private_key, CHAIN_ID)
    pooled = chain.pool.add(signed)
    assert list(chain.pool) == [pooled]


def test_the_pool_holds_so_many_of_a_sender_and_in_all(chain: Blockchain) -> None:
    pool = TransactionPool(chain.pool._view, most=3, most_of_a_sender=2)
    pool.add(transfer(chain, 0))
    pool.add(transfer(chain, 1))
    with pytest.raises(PoolFull) as refused:
        pool.add(transfer(chain, 2))
    assert refused.value.most == 2
    pool.add(transfer(chain, 1, gas_price=6 * GWEI))
    pool.add(transfer(chain, 0, who=1))
    with pytest.raises(PoolFull, match="txpool is full") as refused:
        pool.add(transfer(chain, 0, who=2))
    assert refused.value.most == 3
    pool.add(transfer(chain, 0, who=1, gas_price=6 * GWEI))
    chain.send(TO)
    pool.add(transfer(chain, 0, who=2))
    assert len(pool) == 3
    assert issubclass(PoolFull, PoolRefusal)


def test_dropping_takes_executable_and_queued_ones(chain: Blockchain) -> None:
    pool = chain.pool
    first, second = pool.add(transfer(chain, 0)), pool.add(transfer(chain, 1))
    far, other = pool.add(transfer(chain, 9)), pool.add(transfer(chain, 0, who=1))
    assert pool.drop(far.hash) == far
    assert pool.drop(far.hash) is None
    assert pool.drop(first.hash) == first
    assert pool.queued() == (second,)
    assert pool.drop_sender(chain.accounts[0].address) == (second,)
    assert pool.drop_sender(TO) == ()
    assert list(pool) == [other]
    pool.clear()
    assert (len(pool), pool.executable()) == (0, ())


def test_another_head_drops_what_became_stale(chain: Blockchain) -> None:
    pool = chain.pool
    mark = chain.snapshot()
    chain.send(TO)
    waiting = pool.add(transfer(chain, 1))
    chain.revert(mark)
    assert pool.queued() == (waiting,)
    chain.send(TO)
    chain.send(TO)
    assert (pool.executable(), pool.queued(), len(pool)) == ((), (), 0)


def test_an_impersonated_transaction_waits_under_the_sender_that_is_given(
    chain: Blockchain,
) -> None:
    chain.edits.set_balance(TO, 10**18)
    tx = transfer(chain)
    made = impersonate(structs.replace(tx, v=0, r=0, s=0), TO, CHAIN_ID)
    with pytest.raises(InvalidSignature):
        chain.pool.add(made)
    pooled = chain.pool.add(made, TO)
    assert pooled.sender == TO
    receipt = chain.pool.mine().transaction_receipts()[0]
    assert (receipt.sender, receipt.succeeded) == (TO, True)


def test_what_waits_elsewhere_is_taken_over_as_it_is(chain: Blockchain) -> None:
    first, second = TransactionPool(chain.pool._view), TransactionPool(chain.pool._view)
    waiting = [
        first.add(transfer(chain, 1)),
        first.add(transfer(chain, 0)),
        first.add(transfer(chain, 0, who=1)),
    ]
    second.take_over(waiting)
    assert [*second.arrivals()] == waiting
    assert len(second) == 3
    assert [*second.executable()] == [*first.executable()]
    with pytest.raises(AlreadyInPool):
        second.add(waiting[0].tx)
    assert second.drop_sender(waiting[2].sender) == (waiting[2],)
    assert len(first) == 3
