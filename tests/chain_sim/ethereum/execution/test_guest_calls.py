"""Contracts that a host function calls back, inside message calls on a real state."""

from dataclasses import replace

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.execution.message_call import MessageCalls
from chain_sim.ethereum.forks import BYZANTIUM
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.transaction_host import TransactionHost
from contractvm.errors import OutOfGas, Trap, TrapCode
from contractvm.hosts.evm.frame import Frame
from contractvm.hosts.evm.interface import CallResult, CallStatus, Message, MessageKind
from contractvm.hosts.ewasm.functions import BY_NAME, IMPORT_MODULE
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.runtime.engine_selection import ENGINES, make_engine
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.suspension import Suspension
from tests.helpers.ewasm import BLOCK, TRANSACTION, contract
from tests.helpers.guest_calls import ask_guest, first_result
from tests.helpers.schedules import schedule_with

SENDER, CALLER, CALLEE = (Address(bytes([byte]) * 20) for byte in b"\x5e\xc0\xce")
GAS = 10**9
# Three new slots, a call, and in each contract an addition; a gas has 10,000 units.
PRICE = (3 * 20_000 + 700) * 10_000 + 2 * 3
# Memory: 0 CALLEE, 32 zeros (a key, the amount 0), 64 VALUE, which is a key, too.
VALUE = b"\0" * 31 + b"\x01"
DATA = CALLEE.ljust(32, b"\0") + bytes(32) + VALUE
STORE = "(call $storageStore (i32.const 32) (i32.const 64))"
STORE_INSIDE = "(call $storageStore (i32.const 64) (i32.const 64))"
CALL = (
    "(drop (call $call (i64.const 50000) (i32.const 0) (i32.const 32)"
    " (i32.const 0) (i32.const 0)))"
)
# The host function that calls back, or the same call without the host.
BY_HOST = "(drop (call $getBlockNumber))"
DIRECT = "(drop (call $work (i32.const 4)))"


def call_back(frame: Frame) -> Suspension:
    """In place of getBlockNumber: call `work`, which the contract exports."""
    return ask_guest("work", 4, first_result)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """An engine of ewasm, but for getBlockNumber and for what may be exported."""
    func_type = BY_NAME["getBlockNumber"].func_type
    key = (IMPORT_MODULE, "getBlockNumber")
    func = HostFunc(func_type, call_back, takes_context=True)
    monkeypatch.setitem(vars(INTERFACE), "imports", {**INTERFACE.imports, key: func})
    profile = replace(INTERFACE.profile, exports=None)
    monkeypatch.setitem(vars(INTERFACE), "profile", profile)
    return INTERFACE.pipeline(make_engine(request.param), schedule_with({"i32.add": 3}))


def working(main: str, work: str) -> bytes:
    """A contract whose `work` does `work`, and adds one to its argument."""
    return contract(
        main,
        DATA,
        '(func $work (export "work") (param i32) (result i32)'
        f" {work} (i32.add (local.get 0) (i32.const 1)))",
    )


def execute(
    engine: Pipeline, way: str, callee_work: str, gas: int = GAS
) -> tuple[CallResult, WorldState]:
    """CALLER's `work` calls CALLEE, whose `work` does `callee_work`."""
    state = WorldState(MemoryDatabase())
    state.set_code(CALLER, working(way + STORE, CALL))
    state.set_code(CALLEE, working(STORE + way, callee_work))
    message = Message(MessageKind.CALL, SENDER, CALLER, CALLER, 0, b"", gas)
    host = TransactionHost(state, BLOCK, TRANSACTION, lambda _: None, BYZANTIUM)
    return MessageCalls(engine, host).execute(message), state


def slots(state: WorldState) -> list[bool]:
    """Whether the caller's slot is set, and the two of the callee."""
    places = ((CALLER, bytes(32)), (CALLEE, bytes(32)), (CALLEE, VALUE))
    return [state.get_storage(address, key) == VALUE for address, key in places]


ENDS = {
    "returns": (STORE_INSIDE, [True, True, True]),
    "finishes": (
        STORE_INSIDE + "(call $finish (i32.const 0) (i32.const 1))",
        [True, True, True],
    ),
    "reverts": (
        STORE_INSIDE + "(call $revert (i32.const 0) (i32.const 1))",
        [True, False, False],
    ),
    "traps": (STORE_INSIDE + "unreachable", [True, False, False]),
    "divides by zero": (
        STORE_INSIDE + "(drop (i32.div_u (local.get 0) (i32.const 0)))",
        [True, False, False],
    ),
    "has too little gas": ("(call $useGas (i64.const 50000))", [True, False, False]),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_guest_call_costs_and_does_what_a_direct_call_would(
    engine: Pipeline, end: str
) -> None:
    """The message call is inside a guest call, and another one is inside of it."""
    callee_work, expected = ENDS[end]
    by_host, state = execute(engine, BY_HOST, callee_work)
    direct, other_state = execute(engine, DIRECT, callee_work)
    assert by_host == direct
    assert by_host.status is CallStatus.SUCCESS
    assert slots(state) == slots(other_state) == expected


@pytest.mark.parametrize("gas", [PRICE, PRICE + 1, PRICE - 1])
def test_gas_is_counted_to_the_unit_across_all_calls(
    engine: Pipeline, gas: int
) -> None:
    result, state = execute(engine, BY_HOST, STORE_INSIDE, gas)
    if gas >= PRICE:
        assert result == CallResult(CallStatus.SUCCESS, gas_left=gas - PRICE)
        assert slots(state) == [True, True, True]
    else:
        assert isinstance(result.error, OutOfGas)
        assert result.error.shortfall == 1
        assert slots(state) == [False, False, False]


def test_a_trap_of_the_first_contract_s_guest_call_is_the_result_s_reason(
    engine: Pipeline,
) -> None:
    state = WorldState(MemoryDatabase())
    state.set_code(CALLER, working(STORE + BY_HOST, "unreachable"))
    message = Message(MessageKind.CALL, SENDER, CALLER, CALLER, 0, b"", GAS)
    host = TransactionHost(state, BLOCK, TRANSACTION, lambda _: None, BYZANTIUM)
    result = MessageCalls(engine, host).execute(message)
    assert (result.status, result.gas_left) == (CallStatus.FAILURE, 0)
    assert isinstance(result.error, Trap)
    assert result.error.code is TrapCode.UNREACHABLE
    assert slots(state) == [False, False, False]
