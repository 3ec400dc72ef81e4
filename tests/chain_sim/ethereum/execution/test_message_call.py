"""Calls and creations on a real state: what survives, what is undone, what it costs."""

from collections.abc import Callable

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.execution.message_call import (
    AddressCollision,
    CodeTooLarge,
    MessageCalls,
    TransactionHost,
)
from chain_sim.ethereum.forks import BYZANTIUM
from chain_sim.ethereum.primitives.contract_address import contract_address
from chain_sim.ethereum.primitives.errors import PrecompileFailure
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.errors import MalformedModule, OutOfGas, RefusedModule
from contractvm.hosts.evm.interface import CallResult, CallStatus, Message, MessageKind
from contractvm.hosts.ewasm.host_interface import INTERFACE
from tests.helpers.ewasm import BLOCK, HERA, TRANSACTION, contract

SENDER, CALLER, CALLEE = (Address(bytes([byte]) * 20) for byte in b"\x5e\xc0\xce")
PRECOMPILE_SHA256 = Address((2).to_bytes(20, "big"))
KEY = bytes(32)
VALUE = b"\0" * 31 + b"\x01"
# Memory of the contracts here: 0 CALLEE, 32 zeros (key, amount 0), 64 VALUE.
DATA = CALLEE.ljust(32, b"\0") + KEY + VALUE
STORE = "(call $storageStore (i32.const 32) (i32.const 64))"
LOG = (
    "(call $log (i32.const 0) (i32.const 1) (i32.const 0)" + " (i32.const 0)" * 4 + ")"
)
CALL = (
    "(call $call (i64.const 1000000) (i32.const 0) (i32.const 32)"
    " (i32.const 0) (i32.const 0))"
)
FAIL = "unreachable"
REVERT = "(call $revert (i32.const 0) (i32.const 0))"


def fresh_state() -> WorldState:
    state = WorldState(MemoryDatabase())
    state.set_balance(SENDER, 1000)
    return state


def host_of(
    state: WorldState, block_hash: Callable[[int], bytes | None] = lambda _: None
) -> TransactionHost:
    return TransactionHost(state, BLOCK, TRANSACTION, block_hash, BYZANTIUM)


def execute(host: TransactionHost, gas: int = 10**7, **fields: object) -> CallResult:
    facts: dict[str, object] = {
        "kind": MessageKind.CALL,
        "sender": SENDER,
        "recipient": CALLER,
        "code_address": CALLER,
        "value": 0,
        "data": b"",
        "gas": gas,
    }
    request = Message(**{**facts, **fields})  # type: ignore[arg-type]
    return MessageCalls(HERA, host).execute(request)


def create(host: TransactionHost, init_code: bytes, gas: int = 10**7) -> CallResult:
    """A creation as a transaction begins it, after incrementing the sender's nonce."""
    host.state.increment_nonce(SENDER)
    return execute(
        host,
        gas,
        kind=MessageKind.CREATE,
        recipient=b"",
        code_address=b"",
        data=init_code,
    )


def test_value_moves_and_an_account_without_code_succeeds() -> None:
    host = host_of(fresh_state())
    result = execute(host, gas=77, value=10)
    assert result == CallResult(CallStatus.SUCCESS, gas_left=77)
    assert host.state.get_balance(CALLER) == 10
    assert host.state.get_balance(SENDER) == 990


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("", CallStatus.SUCCESS),
        (FAIL, CallStatus.FAILURE),
        (REVERT, CallStatus.REVERTED),
    ],
)
def test_a_frame_that_does_not_succeed_leaves_no_trace(
    ending: str, status: CallStatus
) -> None:
    state = fresh_state()
    state.set_code(CALLER, contract(STORE + LOG + ending, DATA))
    host = host_of(state)
    assert execute(host, value=10).status is status
    is_kept = status is CallStatus.SUCCESS
    assert state.get_storage(CALLER, KEY) == (VALUE if is_kept else KEY)
    assert state.get_balance(CALLER) == (10 if is_kept else 0)
    assert len(host.substate.logs) == (1 if is_kept else 0)


@pytest.mark.parametrize("ending", [FAIL, REVERT])
def test_a_callee_that_fails_undoes_only_itself(ending: str) -> None:
    state = fresh_state()
    state.set_code(CALLER, contract(STORE + LOG + f"(drop {CALL})", DATA))
    state.set_code(CALLEE, contract(STORE + LOG + ending, DATA))
    host = host_of(state)
    assert execute(host).succeeded
    assert state.get_storage(CALLER, KEY) == VALUE
    assert state.get_storage(CALLEE, KEY) == KEY
    assert [log.address for log in host.substate.logs] == [CALLER]


def test_a_caller_that_fails_undoes_its_callees_too() -> None:
    state = fresh_state()
    state.set_code(CALLER, contract(f"(drop {CALL}) unreachable", DATA))
    state.set_code(CALLEE, contract(STORE + LOG, DATA))
    host = host_of(state)
    assert execute(host).status is CallStatus.FAILURE
    assert state.get_storage(CALLEE, KEY) == KEY
    assert host.substate.logs == []


def test_recursion_of_contracts_reaches_depth_1024_and_not_1025() -> None:
    """Each frame counts itself in storage, then calls itself with all its gas."""
    body = (
        "(call $storageLoad (i32.const 32) (i32.const 100))"
        "(i32.store16 (i32.const 130)"
        " (i32.add (i32.load16_u (i32.const 130)) (i32.const 1)))"
        "(call $storageStore (i32.const 32) (i32.const 100))"
        "(drop (call $call (i64.const 0x7fffffffffffffff) (i32.const 0)"
        " (i32.const 32) (i32.const 0) (i32.const 0)))"
    )
    state = fresh_state()
    state.set_code(CALLEE, contract(body, DATA))
    result = execute(host_of(state), 10**15, recipient=CALLEE, code_address=CALLEE)
    assert result.succeeded
    count = state.get_storage(CALLEE, KEY)
    assert int.from_bytes(count[30:], "little") == 1025


def test_static_holds_through_a_plain_call_below() -> None:
    state = fresh_state()
    state.set_code(CALLER, contract(f"(drop {CALL})", DATA))
    state.set_code(CALLEE, contract(STORE, DATA))
    execute(host_of(state), is_static=True)
    assert state.get_storage(CALLEE, KEY) == KEY


def test_delegated_code_writes_the_callers_storage() -> None:
    body = (
        "(drop (call $callDelegate (i64.const 100000) (i32.const 0)"
        " (i32.const 0) (i32.const 0)))"
    )
    state = fresh_state()
    state.set_code(CALLER, contract(body, DATA))
    state.set_code(CALLEE, contract(STORE, DATA))
    assert execute(host_of(state)).succeeded
    assert state.get_storage(CALLER, KEY) == VALUE
    assert state.get_storage(CALLEE, KEY) == KEY


def test_creation_stores_what_the_init_code_returns_and_pays_200_a_byte() -> None:
    runtime = contract("")
    host = host_of(fresh_state())
    deposit = 200 * len(runtime)
    result = create(host, INTERFACE.init_code(runtime), gas=deposit + 3)
    address = contract_address(SENDER, 0)
    assert result == CallResult(CallStatus.SUCCESS, gas_left=3, created=address)
    assert host.state.get_code(address) == runtime
    assert host.state.get_nonce(address) == 1


def test_creation_one_gas_short_of_the_deposit_fails_with_all_gas() -> None:
    runtime = contract("")
    host = host_of(fresh_state())
    result = create(host, INTERFACE.init_code(runtime), gas=200 * len(runtime) - 1)
    assert isinstance(result.error, OutOfGas)
    assert (result.status, result.gas_left) == (CallStatus.FAILURE, 0)
    assert not host.state.account_exists(contract_address(SENDER, 0))
    assert host.state.get_nonce(SENDER) == 1


@pytest.mark.parametrize(("size", "is_stored"), [(24_576, True), (24_577, False)])
def test_code_of_24576_bytes_is_the_greatest(size: int, is_stored: bool) -> None:
    host = host_of(fresh_state())
    result = create(host, INTERFACE.init_code(b"\x01" * size))
    assert result.succeeded is is_stored
    if not is_stored:
        assert isinstance(result.error, CodeTooLarge)
        assert result.error.size_bytes == 24_577


@pytest.mark.parametrize(
    ("returned", "error"),
    [
        (b"", None),
        (b"\x01\x02", None),
        (b"\0asm\x01\0\0", None),
        (b"\0asm\x01\0\0\0", RefusedModule),
        (b"\0asm\x02\0\0\0", MalformedModule),
    ],
)
def test_returned_code_is_checked_where_it_looks_like_wasm(
    returned: bytes, error: type[Exception] | None
) -> None:
    host = host_of(fresh_state())
    result = create(host, INTERFACE.init_code(returned))
    assert (result.error is None) if error is None else isinstance(result.error, error)
    assert host.state.get_code(contract_address(SENDER, 0)) == (
        returned if error is None else b""
    )


def test_creation_without_init_code_makes_an_account_with_nonce_1() -> None:
    host = host_of(fresh_state())
    result = create(host, b"", gas=5)
    address = contract_address(SENDER, 0)
    assert result == CallResult(CallStatus.SUCCESS, gas_left=5, created=address)
    assert (host.state.get_nonce(address), host.state.get_code(address)) == (1, b"")


@pytest.mark.parametrize("occupy", ["nonce", "code"])
def test_creation_at_an_address_in_use_fails_with_all_gas(occupy: str) -> None:
    state = fresh_state()
    address = contract_address(SENDER, 0)
    if occupy == "nonce":
        state.set_nonce(address, 1)
    else:
        state.set_code(address, b"\x01")
    result = create(host_of(state), INTERFACE.init_code(b""))
    assert isinstance(result.error, AddressCollision)
    assert (result.status, result.gas_left) == (CallStatus.FAILURE, 0)


def test_creation_at_a_funded_address_keeps_the_balance() -> None:
    state = fresh_state()
    address = contract_address(SENDER, 0)
    state.set_balance(address, 40)
    assert create(host_of(state), INTERFACE.init_code(b"")).succeeded
    assert state.get_balance(address) == 40


def test_a_contracts_creation_raises_its_nonce_even_if_it_fails() -> None:
    body = (
        "(drop (call $create (i32.const 32) (i32.const 0) (i32.const 4) (i32.const 0)))"
    )
    state = fresh_state()
    state.set_code(CALLER, contract(body, DATA))
    state.set_nonce(CALLER, 1)
    assert execute(host_of(state)).succeeded
    assert state.get_nonce(CALLER) == 2
    assert not state.account_exists(contract_address(CALLER, 1))


@pytest.mark.parametrize(("gas", "gas_left"), [(72, 0), (73, 1)])
def test_precompile_costs_exactly(gas: int, gas_left: int) -> None:
    host = host_of(fresh_state())
    target = PRECOMPILE_SHA256
    result = execute(host, gas, recipient=target, code_address=target, data=b"abc")
    assert result.output.hex().startswith("ba7816bf8f01cfea414140de5dae2223")
    assert result.gas_left == gas_left


def test_precompile_one_gas_short_keeps_no_value() -> None:
    host = host_of(fresh_state())
    target = PRECOMPILE_SHA256
    result = execute(
        host, 71, recipient=target, code_address=target, data=b"abc", value=9
    )
    assert isinstance(result.error, OutOfGas)
    assert (result.status, result.gas_left) == (CallStatus.FAILURE, 0)
    assert host.state.get_balance(target) == 0


def test_precompile_failure_takes_all_gas() -> None:
    host = host_of(fresh_state())
    target = Address((6).to_bytes(20, "big"))
    result = execute(
        host, 1000, recipient=target, code_address=target, data=b"\x01" * 128
    )
    assert isinstance(result.error, PrecompileFailure)
    assert (result.status, result.gas_left) == (CallStatus.FAILURE, 0)


@pytest.mark.parametrize(
    ("number", "is_asked"), [(999, True), (744, True), (743, False), (1000, False)]
)
def test_block_hashes_reach_back_256_blocks(number: int, is_asked: bool) -> None:
    host = host_of(fresh_state(), lambda _: b"h" * 32)
    assert host.block_hash(number) == (b"h" * 32 if is_asked else None)


def test_self_destruct_moves_the_balance_and_is_noted_once() -> None:
    body = "(call $selfDestruct (i32.const 0))"
    state = fresh_state()
    state.set_code(CALLER, contract(body, DATA))
    host = host_of(state)
    assert execute(host, value=8).succeeded
    assert execute(host, value=1).succeeded
    assert state.get_balance(CALLEE) == 9
    assert host.substate.self_destructs == [CALLER]


def test_self_destruct_to_itself_burns_the_balance() -> None:
    state = fresh_state()
    state.set_code(CALLEE, contract("(call $selfDestruct (i32.const 0))", DATA))
    assert execute(host_of(state), recipient=CALLEE, code_address=CALLEE).succeeded
    assert state.get_balance(CALLEE) == 0
