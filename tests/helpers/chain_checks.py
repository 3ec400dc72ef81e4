"""Checks of every public name of a chain and its parts, for two chains to agree."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.blocks.chain_point import ChainPoint
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.call_request import CallRequest
from chain_sim.ethereum.chain.remote.node_chain import NodeChain
from chain_sim.ethereum.gas_report.chain_reports import ReportOptions
from chain_sim.ethereum.pool.block_filling import PoolOrder
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    impersonate,
    sign_transaction,
)
from chain_sim.ethereum.state.edits import AccountEdit
from contractvm.errors import ContractVmError
from contractvm.ledger.debug_info import DebugInfo
from contractvm.progress import no_progress
from tests.helpers.probe_contract import GET, INCREMENT, probe_init_code

Chain = Blockchain | NodeChain
Check = Callable[[Any], object]
ACCOUNTS = FIRST, SECOND, THIRD = DEVELOPER_ACCOUNTS[:3]
STRANGER = b"\x11" * 20
CONTRACT = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
WRONG = "0xffffffff"
SENT_HASH = bytes(32)
READ_CALL = CallRequest(to=CONTRACT, data=bytes.fromhex(GET[2:]))
SLOT = b"\x04" * 32, b"\x05" * 32


def paid(chain: Chain, nonce: int, account: Any = THIRD, price: int = 7) -> Transaction:
    """A signed transfer."""
    tx = Transaction(nonce, price * 10**9, 21_000, SECOND.address, 5, b"")
    return sign_transaction(tx, account.private_key, chain.genesis.chain_id)


def stranger_pays(chain: Chain, nonce: int) -> Transaction:
    """A transfer without a signature."""
    tx = Transaction(nonce, 10**10, 21_000, SECOND.address, 5, b"")
    return impersonate(tx, STRANGER, chain.genesis.chain_id)


def at(chain: Chain, index: int = -1) -> bytes:
    """The hash of a transaction of the third block, which failed."""
    return chain.block(3).transactions[index].hash


def trace(found: tuple[Any, Any]) -> object:
    result, recorded = found
    return result, recorded.root, recorded.left_out


def built(found: Any) -> object:
    """A block with what it wrote, and its receipts."""
    return found, found.transaction_receipts()


def context(found: Any) -> object:
    """A block's context, with the hashes that its transactions can ask for."""
    hashes = [found.block_hash(number) for number in range(5)]
    return msgspec.structs.replace(found, block_hash=None), hashes


def placed(found: Any) -> object:
    root = found.open_state
    return found.tx, found.sender, context(found.context), bool(root)


def dumped(chain: Chain, tmp: Path) -> bytes:
    path = tmp / type(chain).__name__
    chain.export.dump(path)
    return path.read_bytes()


def account(state: Any) -> object:
    """Much of what a state says, and what a change to it, which is not kept, does."""
    found = [
        state.get_account(CONTRACT),
        state.compute_root(),
        state.is_empty(STRANGER),
    ]
    found += [state.get_code_hash(CONTRACT), state.get_storage_root(CONTRACT)]
    state.set_balance(STRANGER, 9)
    return [*found, state.get_balance(STRANGER), state.compute_root()]


def at_main(chain: Any) -> Any:
    return next(one.tip for one in chain.branches.all() if one.name == "main")


def raised(act: Callable[[], object]) -> object:
    """The kind of the error and what it says; the result where there is none."""
    try:
        return act()
    except (ContractVmError, TypeError, ValueError) as error:
        return type(error), str(error)


def of_another_build(code: bytes) -> DebugInfo:
    """A FindDebugInfo that no node knows."""
    return DebugInfo.of_code(code)


CHECKS: dict[str, dict[str, Check]] = {
    "": {
        "accounts": lambda c: c.accounts,
        "genesis": lambda c: c.genesis,
        "fork": lambda c: c.fork,
        "head": lambda c: c.head,
        "engine": lambda c: (c.engine.schedule, c.engine.engine_name),
        "database": lambda c: [*c.database.iterate(b"")],
        "block": lambda c: [c.block(2), c.block(c.head.hash)],
        "transaction": lambda c: c.transaction(at(c)),
        "receipt": lambda c: c.receipt(at(c)),
        "balance": lambda c: c.balance(FIRST),
        "nonce": lambda c: c.nonce(FIRST),
        "code": lambda c: c.code(CONTRACT),
        "storage": lambda c: c.storage(CONTRACT, 0),
        "state_at": lambda c: [
            account(c.state_at()),
            account(c.state_at(1)),
            account(c.state_at(3, 0)),
            account(c.state_at(ChainPoint("main", None))),
        ],
        "call": lambda c: [
            c.call(CONTRACT, GET, at=ChainPoint(3, 0)),
            c.call(CONTRACT, GET, at=3),
            c.call(CONTRACT, GET, at="main"),
            c.call(CONTRACT, WRONG),
        ],
        "deploy": lambda c: c.deploy(probe_init_code(), is_init_code=True),
        "send": lambda c: c.send(CONTRACT, INCREMENT, sender=SECOND),
        "submit": lambda c: c.submit(paid(c, c.nonce(THIRD))),
        "mine": lambda c: [
            c.mine([paid(c, c.nonce(THIRD)), paid(c, c.nonce(THIRD) + 1)]),
            c.mine([paid(c, c.nonce(THIRD))], timestamp=1_800_000_000),
            c.mine(),
        ],
        "mine_blocks": lambda c: [c.mine_blocks(2), c.mine_blocks(2, interval=9)],
        "snapshot": lambda c: [c.snapshot(), c.snapshot()],
        "revert": lambda c: [c.mine(), c.revert(1), c.mine(), c.revert(1)],
        "prune": lambda c: [
            c.prune(2),
            [c.mine().hash for _ in range(6)],
            [raised(lambda number=number: c.block(number)) for number in range(9)],
            raised(lambda: c.receipt(SENT_HASH)),
        ],
        "close": lambda c: None,  # the fixture's business
    },
    "clock": {
        "next_time": lambda c: c.clock.next_time,
        "interval": lambda c: c.clock.interval,
        "is_set": lambda c: c.clock.is_set,
        "advance": lambda c: [c.clock.advance(60), c.clock.is_set, c.clock.next_time],
        "set": lambda c: [c.clock.set(1_900_000_000), c.clock.next_time, c.mine()],
        "set_interval": lambda c: [
            c.clock.set_interval(12),
            c.clock.interval,
            c.mine(),
            c.clock.set_interval(None),
            c.clock.interval,
        ],
    },
    "next_block": {
        "base_fee": lambda c: c.next_block.base_fee,
        "coinbase": lambda c: c.next_block.coinbase,
        "gas_limit": lambda c: c.next_block.gas_limit,
        "set_base_fee": lambda c: [
            raised(lambda: c.next_block.set_base_fee(7)),
            c.next_block.base_fee,
            raised(lambda: c.next_block.set_base_fee(-1)),
            raised(lambda: c.next_block.set_base_fee(2**256)),
        ],
        "set_coinbase": lambda c: [c.next_block.set_coinbase(STRANGER), c.mine()],
        "set_gas_limit": lambda c: [
            c.next_block.set_gas_limit(9_000_000),
            raised(lambda: c.next_block.set_gas_limit(0)),
            raised(lambda: c.next_block.set_gas_limit(2**64)),
            c.mine(),
        ],
    },
    "mining": {
        "fill_signed": lambda c: built(
            c.mining.build(c.mining.fill_signed([paid(c, c.nonce(THIRD))]))
        ),
        "build": lambda c: [built(c.mining.build(lambda _: None)), c.head],
        "mine": lambda c: [built(c.mining.mine(lambda _: None, 2**31)), c.head],
        "mine_signed": lambda c: [
            built(c.mining.mine_signed([paid(c, c.nonce(THIRD))], None)),
            raised(lambda: c.mining.mine_signed([paid(c, 99)], None)),
            c.head,
        ],
        "mine_sent": lambda c: [
            c.edits.set_balance(STRANGER, 10**18),
            built(c.mining.mine_sent(stranger_pays(c, 0), STRANGER)),
            c.head,
        ],
        "mine_empty": lambda c: [
            c.mining.mine_empty(2, None, no_progress),
            c.mining.mine_empty(1, 30, no_progress),
            raised(lambda: c.mining.mine_empty(1, 0, no_progress)),
            c.mining.mine_empty(0, None, no_progress),
        ],
    },
    "edits": {
        "set_balance": lambda c: [
            c.edits.set_balance(STRANGER, 7),
            raised(lambda: c.edits.set_balance(STRANGER, -1)),
        ],
        "add_balance": lambda c: [
            c.edits.add_balance(STRANGER, 2),
            raised(lambda: c.edits.add_balance(STRANGER, 2**256 - 9)),
            raised(lambda: c.edits.add_balance(STRANGER, -10)),
            c.balance(STRANGER),
        ],
        "set_nonce": lambda c: c.edits.set_nonce(STRANGER, 3),
        "set_code": lambda c: c.edits.set_code(STRANGER, b"\x01"),
        "set_storage": lambda c: c.edits.set_storage(STRANGER, 1, b"\x02" * 32),
        "apply": lambda c: [
            c.edits.apply(
                [
                    AccountEdit(
                        SECOND.address, 1, 2, b"\x03", True, ((b"\4" * 32,) * 2,)
                    ),
                    AccountEdit(STRANGER, clears_storage=True),
                ]
            ),
            raised(lambda: c.edits.apply([AccountEdit(STRANGER, nonce=2**64)])),
        ],
        "open": lambda c: [c.edits.open, c.mine(), c.edits.open],
    },
    "branches": {
        "current": lambda c: c.branches.current,
        "all": lambda c: c.branches.all(),
        "checked": lambda c: c.branches.checked("new", 1),
        "create": lambda c: [
            c.branches.create("early", 1),
            raised(lambda: c.branches.create("early")),
            raised(lambda: c.branches.create("a..b")),
            raised(lambda: c.branches.create("other", 99)),
        ],
        "snapshot": lambda c: [c.branches.snapshot(), c.branches.snapshot()],
        "snapshot_block": lambda c: [
            c.branches.snapshot_block(1),
            raised(lambda: c.branches.snapshot_block(0)),
            raised(lambda: c.branches.snapshot_block(-1)),
        ],
        "switch": lambda c: [
            c.branches.switch("early"),
            c.mine(timestamp=2**32),
            c.branches.current,
            raised(lambda: c.branches.switch("none")),
            raised(lambda: c.block(at_main(c).hash)),
        ],
        "revert": lambda c: [
            c.branches.revert(2),
            c.branches.revert(2),
            raised(lambda: c.branches.revert(3)),
        ],
        "forget_since": lambda c: [
            c.branches.forget_since(2),
            raised(lambda: c.branches.forget_since(2)),
            raised(lambda: c.branches.revert(2)),
            c.branches.snapshot(),
        ],
        "delete": lambda c: [
            raised(lambda: c.branches.delete(c.branches.current)),
            c.branches.delete("main"),
            raised(lambda: c.branches.delete("main")),
        ],
        "rollback": lambda c: [
            c.mine(),
            c.branches.rollback(1),
            raised(lambda: c.branches.rollback(99)),
            raised(lambda: c.branches.rollback(-1)),
        ],
    },
    "history": {
        "blocks": lambda c: [*c.history.blocks()],
        "diff": lambda c: [
            [*c.history.diff(0)],
            [*c.history.diff(1, 2)],
            [*c.history.diff(2, ChainPoint(3, 0))],
            raised(lambda: [*c.history.diff(0, 99)]),
        ],
        "slot_writes": lambda c: [*c.history.slot_writes(CONTRACT, 0)],
        "blame": lambda c: c.history.blame(CONTRACT, 0, progress=no_progress),
    },
    "reader": {
        "block": lambda c: [c.reader.block(1), raised(lambda: c.reader.block(99))],
        "block_hash": lambda c: [c.reader.block_hash(1), c.reader.block_hash(99)],
        "block_of": lambda c: c.reader.block_of(at(c)),
        "context_of": lambda c: context(c.reader.context_of(c.reader.block(2))),
        "engine": lambda c: c.reader.engine.schedule,
        "find_block": lambda c: [c.reader.find_block(), c.reader.find_block("main")],
        "head": lambda c: [c.reader.head.block, c.reader.head.next_block],
        "opener": lambda c: c.reader.opener(1)(type(c.state_at(1))).compute_root(),
        "parent": lambda c: c.reader.parent(c.head),
        "place_call": lambda c: placed(
            c.reader.place_call(
                CONTRACT, GET, sender=None, value=0, gas_limit=None, at=1
            )
        ),
        "proof": lambda c: c.reader.proof(CONTRACT, [0, 5], at=2),
        "receipt": lambda c: c.reader.receipt(at(c)),
        "receipts": lambda c: c.reader.receipts(c.block(3)),
        "require_state": lambda c: c.reader.require_state(c.head),
        "start_root": lambda c: c.reader.start_root(c.head),
        "state_at": lambda c: account(c.reader.state_at(2)),
        "stored_block": lambda c: c.reader.stored_block(c.block(3)).receipts,
        "transaction": lambda c: c.reader.transaction(at(c)),
    },
    "pool": {
        "add": lambda c: (
            [
                c.pool.add(paid(c, c.nonce(THIRD) + one, price=9 - one))
                for one in (0, 1, 3)
            ]
            + [
                c.edits.set_balance(STRANGER, 10**18),
                c.pool.add(stranger_pays(c, 0), STRANGER),
                raised(lambda: c.pool.add(paid(c, 0, FIRST))),
                raised(lambda: c.pool.add(stranger_pays(c, 0), STRANGER)),
                raised(lambda: c.pool.add(stranger_pays(c, 1))),
            ]
        ),
        "arrivals": lambda c: [*c.pool.arrivals()],
        "__iter__": lambda c: [len(c.pool), *c.pool],
        "order": lambda c: [
            c.pool.order,
            setattr(c.pool, "order", PoolOrder.FIFO),
            c.pool.order,
        ],
        "executable": lambda c: c.pool.executable(),
        "queued": lambda c: c.pool.queued(),
        "next_nonce": lambda c: [
            c.pool.next_nonce(one.address) for one in (THIRD, FIRST)
        ],
        "get": lambda c: [c.pool.get(next(iter(c.pool)).hash), c.pool.get(bytes(32))],
        "pending_block": lambda c: [
            built(c.pool.pending_block().built),
            context(c.pool.pending_block().context),
            c.pool.pending_block()
            .open_state(type(c.state_at(1)))
            .get_nonce(THIRD.address),
        ],
        "mine": lambda c: [
            built(c.pool.mine(2**33)),
            c.head,
            len(c.pool),
            raised(lambda: c.pool.mine(1)),
        ],
        "drop": lambda c: [
            c.pool.drop(next(iter(c.pool)).hash),
            c.pool.drop(bytes(32)),
            len(c.pool),
        ],
        "drop_sender": lambda c: [
            c.pool.add(paid(c, c.nonce(THIRD))).tx,
            [one.tx for one in c.pool.drop_sender(THIRD.address)],
            len(c.pool),
        ],
        "clear": lambda c: [
            c.pool.add(paid(c, c.nonce(THIRD))).tx,
            c.pool.clear(),
            len(c.pool),
        ],
    },
    "calls": {
        "place": lambda c: placed(c.calls.place(CallRequest(to=CONTRACT))),
        "call": lambda c: c.calls.call(
            CallRequest(to=CONTRACT, data=bytes.fromhex(GET[2:]))
        ),
        "estimate": lambda c: c.calls.estimate(CallRequest(to=SECOND.address)),
        "access_list": lambda c: raised(lambda: c.calls.access_list(READ_CALL)),
    },
    "gas": {
        "explain_call": lambda c: [
            c.gas.explain_call(CONTRACT, GET),
            c.gas.explain_call(CONTRACT, GET, at=ChainPoint(3, 0)),
            c.gas.explain_call(CONTRACT, GET, options=ReportOptions(rerun=True)),
            raised(lambda: c.gas.explain_call(CONTRACT, GET, at=99)),
        ],
        "explain_transaction": lambda c: [
            c.gas.explain_transaction(at(c), ReportOptions(find_required=True)),
            raised(lambda: c.gas.explain_transaction(bytes(32))),
        ],
    },
    "failures": {
        "of_call": lambda c: [
            c.failures.of_call(CONTRACT, WRONG),
            c.failures.of_call(CONTRACT, WRONG, find_info=of_another_build),
        ],
        "of_transaction": lambda c: c.failures.of_transaction(at(c)),
        "trace_call": lambda c: trace(c.failures.trace_call(CONTRACT, INCREMENT)),
        "trace_transaction": lambda c: trace(c.failures.trace_transaction(at(c, 0))),
    },
    "export": {
        "capture": lambda c: c.export.capture(at(c)),
        "dump": lambda c: None,  # has a test of its own
    },
    "arbos": {
        "parameters": lambda c: c.arbos.parameters,
        "program": lambda c: c.arbos.program(CONTRACT),
        "is_usable": lambda c: c.arbos.is_usable(CONTRACT),
        "l1_block_number": lambda c: c.arbos.l1_block_number,
        "set_l1_block_number": lambda c: [
            c.arbos.set_l1_block_number(77),
            c.arbos.l1_block_number,
            raised(lambda: c.arbos.set_l1_block_number(-1)),
        ],
        "add_cache_manager": lambda c: [
            c.arbos.add_cache_manager(STRANGER),
            c.arbos.add_cache_manager(STRANGER),
            c.mine(),
        ],
        "trace": lambda c: raised(lambda: c.arbos.trace(bytes(32))),
    },
}
