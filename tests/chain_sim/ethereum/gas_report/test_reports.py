"""Reports of small contracts, worked out by hand."""

from chain_sim.ethereum.gas_report.explanation import explain
from chain_sim.ethereum.primitives.contract_address import contract_address
from contractvm.hosts.evm.interface import CallStatus
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.ledger.report import Stack
from tests.helpers.ewasm import contract
from tests.helpers.explained import (
    CALLEE,
    CALLER,
    DATA,
    HEIR,
    SENDER,
    TRACED_METERED,
    call_rows,
    explained,
    record,
    rows,
    state_with,
)
from tests.helpers.wat import wat_to_wasm

BASE = ("transaction", "base", 1, 21_000)
KEY = bytes(32)


def store(value: int, key: int = 32) -> str:
    return f"(call $storageStore (i32.const {key}) (i32.const {value}))"


TO_ZERO, TO_ONE, TO_TWO = store(32), store(64), store(160)
REVERT = "(call $revert (i32.const 0) (i32.const 0))"


def call(gas: int, amount: int = 32, target: int = 0, length: int = 0) -> str:
    return (
        f"(drop (call $call (i64.const {gas}) (i32.const {target})"
        f" (i32.const {amount}) (i32.const 0) (i32.const {length})))"
    )


def test_an_account_without_code_costs_the_transaction_only() -> None:
    report = explained(b"", data=b"\0\0\1")
    assert rows(report.parts) == [
        BASE,
        ("calldata", "zero bytes", 2, 8),
        ("calldata", "nonzero bytes", 1, 68),
    ]
    assert (report.gas_used, report.call.used_units) == (21_076, 0)
    assert report.call.parts == ()
    assert report.figures.tx == 21_076
    assert (report.figures.call, report.figures.net) == (0, 0)


def test_each_effect_of_a_store_has_its_line_and_a_clear_its_refund() -> None:
    body = TO_ONE + TO_TWO + TO_ZERO + TO_ZERO
    body += "(call $storageLoad (i32.const 32) (i32.const 500))"
    report = explained(contract(body, DATA))
    assert call_rows(report.call) == [
        ("storage", "load", 1, 200),
        ("storage", "set", 1, 20_000),
        ("storage", "reset", 1, 5_000),
        ("storage", "clear", 1, 5_000),
        ("storage", "unchanged", 1, 5_000),
    ]
    assert rows(report.parts) == [BASE, ("refund", "slots cleared", 1, -15_000)]
    assert report.gas_used == 21_000 + 35_200 - 15_000
    assert report.figures.call == 35_200


def test_a_refund_beyond_half_of_what_was_used_is_a_line_of_its_own() -> None:
    report = explained(contract(TO_ZERO, DATA), storage={KEY: DATA[64:96]})
    assert rows(report.parts) == [
        BASE,
        ("refund", "slots cleared", 1, -15_000),
        ("refund", "beyond the cap", 1, 2_000),
    ]
    assert report.gas_used == 13_000


def test_a_clear_that_was_undone_gives_no_refund() -> None:
    callee = contract(TO_ONE + TO_ZERO + REVERT, DATA)
    report = explained(contract(call(100_000), DATA), callee)
    assert rows(report.parts) == [BASE]
    assert ("storage", "clear", 1, 5_000) in call_rows(report.call.calls[0])


def test_a_clear_in_a_call_of_what_was_undone_gives_no_refund() -> None:
    inner = contract(TO_ONE + TO_ZERO, DATA)
    middle = contract(call(100_000) + REVERT, DATA.replace(CALLEE, HEIR))
    state = state_with(
        {CALLER: contract(call(200_000), DATA), CALLEE: middle, HEIR: inner}
    )
    report = explain(record(state))
    assert rows(report.parts) == [BASE]
    (undone,) = report.call.calls
    (cleared,) = undone.calls
    assert ("storage", "clear", 1, 5_000) in call_rows(cleared)


def test_a_store_that_could_not_be_paid_is_unfinished() -> None:
    report = explained(contract(TO_ONE, DATA), gas_limit=25_999)
    assert call_rows(report.call) == [
        ("storage", "unfinished store", 1, 5_000),
        ("failure", "not paid", 1, -1),
    ]
    assert report.gas_used == 25_999
    assert report.call.stacks == (Stack(("main", "storageStore"), 4_999),)


def test_a_new_slot_that_could_not_be_paid_counts_as_set() -> None:
    report = explained(contract(TO_ONE, DATA), gas_limit=40_999)
    assert call_rows(report.call) == [
        ("storage", "set", 1, 20_000),
        ("failure", "not paid", 1, -1),
    ]


def test_an_amount_that_the_contract_names_is_part_of_its_call() -> None:
    report = explained(contract("(call $useGas (i64.const 1234))"))
    assert call_rows(report.call) == [("host", "useGas", 1, 1_234)]


def test_a_log_is_one_line_with_its_topics_and_bytes() -> None:
    body = "(call $log (i32.const 0) (i32.const 10) (i32.const 2)" + (
        "(i32.const 0)" * 4 + ")"
    )
    report = explained(contract(body * 2))
    assert call_rows(report.call) == [("host", "log", 2, 2 * (375 + 2 * 375 + 8 * 10))]


def test_a_sub_call_with_value_has_a_stipend_that_nobody_paid() -> None:
    callee = contract("(call $useGas (i64.const 1000))")
    report = explained(contract(call(5_000, amount=96), DATA), callee)
    (sub_call,) = report.call.calls
    assert (sub_call.given_units, sub_call.stipend_units) == (7_300, 2_300)
    assert (sub_call.used_units, sub_call.kind) == (1_000, "call")
    assert (sub_call.sender, sub_call.recipient) == (CALLER, CALLEE)
    assert (sub_call.value, report.call.value) == (1, 0)
    assert call_rows(report.call) == [
        ("host", "call", 1, 700),
        ("value", "call value transfer", 1, 9_000),
    ]
    assert report.call.used_units == 9_700 + 1_000 - 2_300
    assert report.figures.net == 9_700
    assert report.call.calls_at == (("main", "call"),)


def test_delegated_code_has_the_value_of_its_caller_but_moves_none() -> None:
    body = (
        "(drop (call $callDelegate (i64.const 100) (i32.const 0)"
        " (i32.const 0) (i32.const 0)))"
    )
    report = explained(contract(body, DATA), contract(""), value=5)
    (sub_call,) = report.call.calls
    assert (sub_call.kind, sub_call.value) == ("callDelegate", 0)
    assert (sub_call.recipient, sub_call.code_address) == (CALLER, CALLEE)
    assert (report.call.value, sub_call.stipend_units) == (5, 0)


def test_a_new_account_is_a_line_of_its_own() -> None:
    report = explained(contract(call(0, amount=96, target=128), DATA))
    assert call_rows(report.call) == [
        ("host", "call", 1, 700),
        ("value", "call value transfer", 1, 9_000),
        ("value", "call new account", 1, 25_000),
    ]
    (sub_call,) = report.call.calls
    assert (sub_call.used_units, sub_call.parts) == (0, ())


def test_a_trap_forfeits_what_was_left() -> None:
    callee = contract("(call $getCaller (i32.const 0)) unreachable")
    report = explained(contract(call(5_000), DATA), callee)
    (sub_call,) = report.call.calls
    assert (sub_call.status, sub_call.error) == (CallStatus.FAILURE, "unreachable")
    assert call_rows(sub_call) == [
        ("host", "getCaller", 1, 2),
        ("failure", "forfeited", 1, 4_998),
    ]
    assert sub_call.stacks == (
        Stack(("main", "getCaller"), 2),
        Stack(("forfeited",), 4_998),
    )
    assert report.call.used_units == 5_700


def test_a_revert_gives_back_what_was_left() -> None:
    callee = contract("(call $useGas (i64.const 7))" + REVERT)
    report = explained(contract(call(5_000), DATA), callee)
    (sub_call,) = report.call.calls
    assert (sub_call.status, sub_call.used_units) == (CallStatus.REVERTED, 7)


def test_a_module_that_is_refused_forfeits_everything() -> None:
    report = explained(b"\0asm garbage", gas_limit=30_000)
    assert call_rows(report.call) == [("failure", "forfeited", 1, 9_000)]
    assert report.call.stacks == (Stack(("forfeited",), 9_000),)


def test_a_segment_out_of_bounds_is_paid_for_and_fails() -> None:
    code = wat_to_wasm(
        '(module (memory (export "memory") 1) (data (i32.const 65535) "ab")'
        ' (func (export "main")))'
    )
    report = explained(code, engine=TRACED_METERED, gas_limit=50_000)
    segment = 450 + 2 * 34
    assert call_rows(report.call) == [
        INITIAL_PAGE,
        ("memory", "data segments", 1, segment),
        ("failure", "forfeited", 1, 290_000_000 - PAGE - segment),
    ]
    assert report.call.error == "out of bounds memory access"


def test_tables_globals_and_elements_are_paid_for_before_the_code_runs() -> None:
    code = wat_to_wasm(
        '(module (memory (export "memory") 1) (table 3 funcref) (global i32'
        " (i32.const 1)) (global i64 (i64.const 1))"
        ' (func $main (export "main")) (elem (i32.const 0) $main $main))'
    )
    report = explained(code, engine=TRACED_METERED)
    assert call_rows(report.call) == [
        INITIAL_PAGE,
        ("memory", "initial table elements", 3, 3 * 17_500),
        ("memory", "initial globals", 2, 2 * 135),
        ("memory", "element segments", 1, 450 + 2 * 270),
    ]


def test_a_precompile_is_a_call_with_its_price() -> None:
    report = explained(contract(call(100, target=192, length=33), DATA))
    (sub_call,) = report.call.calls
    assert (sub_call.kind, sub_call.used_units) == ("precompile", 60 + 2 * 12)
    assert call_rows(sub_call) == [("precompile", "sha256", 1, 84)]
    assert sub_call.stacks == (Stack(("sha256",), 84),)


def test_a_precompile_that_could_not_be_paid_fails() -> None:
    report = explained(contract(call(83, target=192, length=33), DATA))
    (sub_call,) = report.call.calls
    assert call_rows(sub_call) == [
        ("precompile", "sha256", 1, 84),
        ("failure", "not paid", 1, -1),
    ]
    assert sub_call.stacks == (Stack(("sha256",), 83),)


RUNTIME = contract("")
INIT = INTERFACE.init_code(RUNTIME)
CREATE = (
    "(drop (call $create (i32.const 32) (i32.const 1024)"
    f" (i32.const {len(INIT)}) (i32.const 500)))"
)
CREATOR = contract(CREATE, DATA.ljust(1024, b"\0") + INIT)


def test_a_creation_pays_for_the_code_that_it_leaves() -> None:
    report = explained(CREATOR)
    (creation,) = report.call.calls
    assert call_rows(report.call) == [("host", "create", 1, 32_000)]
    assert call_rows(creation) == [
        ("deposit", "code bytes", len(RUNTIME), 200 * len(RUNTIME))
    ]
    assert creation.kind == "create"
    assert creation.status is CallStatus.SUCCESS


def test_a_deposit_that_could_not_be_paid_fails_the_creation() -> None:
    gas = 200 * len(RUNTIME)
    # The creator keeps a 64th of what it has after the 32,000.
    limit = 21_000 + 32_000 + gas
    report = explained(CREATOR, gas_limit=limit)
    (creation,) = report.call.calls
    given = gas - gas // 64
    assert call_rows(creation) == [
        ("deposit", "code bytes", len(RUNTIME), gas),
        ("failure", "not paid", 1, given - gas),
    ]
    assert creation.stacks == (Stack(("code deposit",), given),)
    assert report.call.status is CallStatus.SUCCESS


def test_a_transaction_that_creates_pays_for_that() -> None:
    report = explained(b"", to=None, data=INIT)
    assert ("transaction", "create", 1, 32_000) in rows(report.parts)
    assert report.call.kind == "create"


def test_a_creation_without_code_or_at_a_used_address_names_the_account() -> None:
    report = explained(b"", to=None, data=b"")
    address = contract_address(SENDER, 0)
    assert (report.call.recipient, report.call.used_units) == (address, 0)
    state = state_with({address: contract("")})
    report = explain(record(state, to=None, data=INIT, gas_limit=100_000))
    assert report.call.recipient == address
    assert [row[:2] for row in call_rows(report.call)] == [("failure", "forfeited")]
    assert report.gas_used == 100_000


def test_self_destruction_is_refunded_up_to_half() -> None:
    report = explained(contract("(call $selfDestruct (i32.const 128))", DATA))
    assert call_rows(report.call) == [
        ("host", "selfDestruct", 1, 5_000),
        ("value", "selfDestruct new account", 1, 25_000),
    ]
    assert rows(report.parts) == [
        BASE,
        ("refund", "accounts self-destructed", 1, -24_000),
    ]
    assert report.gas_used == 27_000


PAGE = 143_360_000
ADD = "(drop (i32.add (i32.const 1) (i32.const 2)))"
INITIAL_PAGE = ("memory", "initial pages", 1, PAGE)
# The contracts here have one data segment, and it is empty.
SEGMENT = 450
DATA_SEGMENT = ("memory", "data segments", 1, SEGMENT)


def test_instructions_are_added_up_by_class() -> None:
    report = explained(contract(ADD), engine=TRACED_METERED)
    assert call_rows(report.call) == [
        INITIAL_PAGE,
        DATA_SEGMENT,
        ("instructions", "parametric", 1, 135),
        ("instructions", "i32 arithmetic", 1, 45),
    ]
    assert {part.name: part.count for part in report.call.parts if not part.units} == {
        "constants": 2,
        "control": 1,
    }
    assert report.call.used_units == PAGE + SEGMENT + 180
    assert rows(report.parts) == [
        ("transaction", "base", 1, 210_000_000),
        ("rounding", "to whole gas", 1, 9_370),
    ]
    assert report.gas_used == 21_000 + 14_336 + 1
    assert report.figures.call == 14_337
    assert report.call.stacks == (
        Stack(("main",), 180),
        Stack(("making an instance",), PAGE + SEGMENT),
    )


def test_growth_copies_and_locals_have_their_lines() -> None:
    body = (
        "(local i32 i64 i32) (drop (memory.grow (i32.const 2)))"
        "(memory.copy (i32.const 0) (i32.const 9) (i32.const 100))"
    )
    report = explained(contract(body), engine=TRACED_METERED, gas_limit=10**7)
    assert call_rows(report.call) == [
        INITIAL_PAGE,
        DATA_SEGMENT,
        ("memory", "memory.grow pages", 2, 2 * PAGE),
        ("memory", "memory.copy bytes", 100, 100 * 34),
        ("locals", "declared locals", 3, 3 * 135),
        ("instructions", "parametric", 1, 135),
        ("instructions", "memory size and bulk", 2, 10_450),
    ]


RECURSION = """
(func $count (param i32)
  (if (local.get 0) (then (call $count (i32.sub (local.get 0) (i32.const 1))))))
"""


def test_recursion_counts_its_func_once() -> None:
    """Each of four calls: local.get and if, 225; three go on: 135, 45 and 90."""
    code = contract("(call $count (i32.const 3))", b"", RECURSION)
    report = explained(code, engine=TRACED_METERED)
    count, main = sorted(report.call.functions, key=lambda cost: cost.name)
    own = 4 * 225 + 3 * 270
    assert (count.name, count.calls) == ("count", 4)
    assert (count.own_units, count.inclusive_units) == (own, own)
    assert (main.name, main.calls) == ("main", 1)
    assert (main.own_units, main.inclusive_units) == (90, own + 90)


REMAINDER = "(drop (i32.rem_u (i32.const 1) (i32.const 2)))"  # 3,735 units


def test_instructions_that_could_not_be_paid() -> None:
    """A gas more than the instance is 9,550 units; the three cost 11,205 at once."""
    gas = {"engine": TRACED_METERED, "gas_limit": 21_000 + 14_337}
    assert explained(contract(REMAINDER * 2), **gas).call.status is CallStatus.SUCCESS
    report = explained(contract(REMAINDER * 3), **gas)
    assert report.call.status is CallStatus.FAILURE
    assert call_rows(report.call) == [
        INITIAL_PAGE,
        DATA_SEGMENT,
        ("instructions", "parametric", 3, 405),
        ("instructions", "i32 divisions", 3, 10_800),
        ("failure", "not paid", 1, -1_655),
    ]
    assert report.call.stacks == (
        Stack(("main",), 9_550),
        Stack(("making an instance",), PAGE + SEGMENT),
    )
    (main,) = report.call.functions
    assert (main.own_units, main.inclusive_units) == (9_550, 9_550)


def test_growth_that_could_not_be_paid_is_taken_from_its_func() -> None:
    body = "(drop (memory.grow (i32.const 7)))"
    gas_limit = 21_000 + 8 * 14_336
    report = explained(contract(body), engine=TRACED_METERED, gas_limit=gas_limit)
    # The segment, the instruction and the drop are not paid for.
    assert ("failure", "not paid", 1, -(450 + 10_000 + 135)) in call_rows(report.call)
    (main,) = report.call.functions
    assert main.own_units == 7 * PAGE - SEGMENT


def test_a_trap_has_paid_for_the_rest_of_its_block() -> None:
    body = "(drop (i32.div_u (i32.const 1) (i32.const 0)))" + ADD
    report = explained(contract(body), engine=TRACED_METERED, gas_limit=50_000)
    assert call_rows(report.call)[2:] == [
        ("instructions", "parametric", 2, 270),
        ("instructions", "i32 arithmetic", 1, 45),
        ("instructions", "i32 divisions", 1, 3_600),
        ("failure", "forfeited", 1, 29_000 * 10_000 - PAGE - SEGMENT - 3_915),
    ]
    assert report.call.error == "integer divide by zero"


def test_initial_memory_that_could_not_be_paid() -> None:
    report = explained(contract(ADD), engine=TRACED_METERED, gas_limit=21_000 + 14_335)
    assert call_rows(report.call) == [
        INITIAL_PAGE,
        DATA_SEGMENT,
        ("failure", "not paid", 1, -10_000 - SEGMENT),
    ]
    assert report.call.stacks == (Stack(("making an instance",), PAGE - 10_000),)
