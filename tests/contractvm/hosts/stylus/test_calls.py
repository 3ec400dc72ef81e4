"""Calls and creations by programs: their gas, what they send, and what comes back."""

from dataclasses import replace

import pytest

from contractvm.errors import OutOfGas
from contractvm.hosts.evm.interface import (
    FAILURE,
    REVERTED,
    SUCCESS,
    CallResult,
    MessageKind,
)
from contractvm.hosts.stylus.parameters import parameters_of
from contractvm.hosts.stylus.programs import RecentPrograms
from tests.helpers.stylus import (
    OTHER,
    PLAIN,
    PROGRAM,
    SENDER,
    FakeHost,
    own_ink,
    program,
    run,
)

H, P, A = 8_400, 5_040, 59_673
R = 16_381
BASE = H + 3 * P + A
MEGA = 1_000_000
# In memory: the callee at 0, zero at 32, one wei at 64; lengths and outputs from 96 on.
CALLEE = "".join(f"\\{byte:02x}" for byte in OTHER)
DATA = f"""(data (i32.const 0) "{CALLEE}") (data (i32.const 95) "\\01")"""
RETURN_LENGTH, STATUS_AT, SIZE_AT = 96, 100, 104
ENGINES = ("interpreter", "wasmtime")


def calling(kind: str, *, value_at: int = 32, gas: int = -1, length: int = 4) -> str:
    """A program that makes one call and returns its length, status and data."""
    value = f"(i32.const {value_at})" if kind == "call_contract" else ""
    return program(
        f"""(i32.store (i32.const {STATUS_AT})
          (call ${kind} (i32.const 0) (i32.const 32) (i32.const {length}) {value}
            (i64.const {gas}) (i32.const {RETURN_LENGTH})))
        (i32.store (i32.const {SIZE_AT}) (call $return_data_size))
        (call $write_result (i32.const {RETURN_LENGTH}) (i32.const 12))
        (i32.const 0)""",
        kind,
        "return_data_size",
        "write_result",
        around=DATA,
    )


def ended(size: int, status: int) -> bytes:
    """What the program returns: the length, the status, the length again."""
    numbers = (size, status, size)
    return b"".join(number.to_bytes(4, "little") for number in numbers)


def own(source: str) -> int:
    """The ink of the program without what its call costs."""
    return own_ink(source) + BASE + 2 * R + H + H + 2 * R


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("is_cold", "base"), [(True, 2_600), (False, 100)])
@pytest.mark.parametrize(
    "kind", ["call_contract", "delegate_call_contract", "static_call_contract"]
)
def test_a_call_costs_what_the_callee_used(
    engine: str, is_cold: bool, base: int, kind: str
) -> None:
    source, host = calling(kind), FakeHost(codes={OTHER: b"x"})
    if not is_cold:
        host.warm.add(OTHER)
    answer = CallResult(SUCCESS, b"abc", 500_000 * 10_000)
    result, sent = run(source, MEGA, host, engine=engine, answers=(answer,))
    assert result.output == ended(3, 0)
    (message,) = sent
    left = MEGA - _until_call(source)
    forwarded = (left - base) * 63 // 64
    assert message.gas == forwarded * 10_000
    used = own(source) + base + forwarded - 500_000
    assert result.gas_left == (MEGA - used) * 10_000


def _until_call(source: str) -> int:
    """The ink that is spent when the call's gas is computed."""
    operands = 7 if "(i32.const 32) (i32.const 4) (i32.const" in source else 6
    return 2_450 + operands + 3_800 + BASE + 2 * R


def test_the_three_kinds_of_call_name_sender_recipient_and_value() -> None:
    host = FakeHost(codes={OTHER: b"x"}, balances={PROGRAM: 5})
    found = {}
    for kind in ("call_contract", "delegate_call_contract", "static_call_contract"):
        source = calling(kind, value_at=64)
        _, (message,) = run(source, MEGA, host, value=9, answers=(CallResult(SUCCESS),))
        found[message.kind] = message
        assert (message.code_address, message.depth) == (OTHER, 1)
        assert message.data == bytes(4)
    call = found[MessageKind.CALL]
    assert (call.sender, call.recipient, call.value) == (PROGRAM, OTHER, 1)
    delegate = found[MessageKind.CALL_DELEGATE]
    assert (delegate.sender, delegate.recipient, delegate.value) == (SENDER, PROGRAM, 9)
    static = found[MessageKind.CALL_STATIC]
    assert (static.recipient, static.value) == (OTHER, 0)
    assert (call.is_static, delegate.is_static, static.is_static) == (
        False,
        False,
        True,
    )


def test_a_static_frame_makes_its_calls_static() -> None:
    _, (message,) = run(
        calling("delegate_call_contract"),
        MEGA,
        is_static=True,
        answers=(CallResult(SUCCESS),),
    )
    assert message.is_static


def test_the_gas_argument_is_a_limit() -> None:
    source = calling("call_contract", gas=5_000)
    answer = CallResult(SUCCESS, gas_left=0)
    result, (message,) = run(
        source, MEGA, FakeHost(codes={OTHER: b"x"}), answers=(answer,)
    )
    assert message.gas == 5_000 * 10_000
    assert result.gas_left == (MEGA - own(source) - 2_600 - 5_000) * 10_000


@pytest.mark.parametrize(("status", "size"), [(REVERTED, 3), (FAILURE, 0)])
def test_a_callee_that_fails_is_two_to_its_caller(status: object, size: int) -> None:
    answer = CallResult(status, b"abc"[:size], 0)  # type: ignore[arg-type]
    result, _ = run(
        calling("call_contract", gas=1_000),
        MEGA,
        FakeHost(codes={OTHER: b"x"}),
        answers=(answer,),
    )
    assert result.output == ended(size, 2)


@pytest.mark.parametrize(("exists", "price"), [(True, 9_000), (False, 9_000 + 25_000)])
def test_ether_costs_more_and_brings_a_stipend_that_is_paid(
    exists: bool, price: int
) -> None:
    source = calling("call_contract", value_at=64, gas=0)
    host = FakeHost(balances={PROGRAM: 1} | ({OTHER: 1} if exists else {}))
    # Of the stipend of 2,300, the callee leaves 300.
    answer = CallResult(SUCCESS, gas_left=300 * 10_000)
    result, (message,) = run(source, MEGA, host, answers=(answer,))
    assert message.gas == 2_300 * 10_000
    assert result.gas_left == (MEGA - own(source) - 2_600 - price - 2_000) * 10_000


def test_ether_in_a_static_frame_is_refused_for_free() -> None:
    source = calling("call_contract", value_at=64)
    host = FakeHost(balances={PROGRAM: 1})
    result, sent = run(source, MEGA, host, is_static=True)
    assert (sent, result.output) == ([], ended(0, 2))
    assert result.gas_left == (MEGA - own(source)) * 10_000
    assert OTHER not in host.warm


def test_more_ether_than_there_is_costs_the_price_of_the_call() -> None:
    source = calling("call_contract", value_at=64)
    result, sent = run(source, MEGA, FakeHost(balances={OTHER: 1}))
    assert (sent, result.output) == ([], ended(0, 2))
    assert result.gas_left == (MEGA - own(source) - 2_600 - 9_000) * 10_000


def test_a_call_that_does_not_begin_leaves_no_data_of_the_one_before() -> None:
    source = program(
        f"""(drop (call $call_contract (i32.const 0) (i32.const 32) (i32.const 4)
            (i32.const 32) (i64.const 1000) (i32.const {RETURN_LENGTH})))
        (i32.store (i32.const {STATUS_AT}) (call $return_data_size))
        (drop (call $call_contract (i32.const 0) (i32.const 32) (i32.const 4)
            (i32.const 64) (i64.const 1000) (i32.const {RETURN_LENGTH})))
        (i32.store (i32.const {SIZE_AT}) (call $return_data_size))
        (call $write_result (i32.const {RETURN_LENGTH}) (i32.const 12))
        (i32.const 0)""",
        *("call_contract", "return_data_size", "write_result"),
        around=DATA,
    )
    host = FakeHost(codes={OTHER: b"x"})
    result, sent = run(source, MEGA, host, answers=(CallResult(SUCCESS, b"abc"),))
    assert len(sent) == 1
    assert result.output == bytes(4) + b"\3\0\0\0" + bytes(4)


@pytest.mark.parametrize(("missing", "is_called"), [(0, True), (1, False)])
def test_too_little_for_the_price_of_a_call_is_taken(
    missing: int, is_called: bool
) -> None:
    source = calling("call_contract")
    host = FakeHost(codes={OTHER: b"x"})
    ink = _until_call(source) + 2_600 - missing
    answers = (CallResult(SUCCESS),) if is_called else ()
    result, sent = run(source, ink, host, answers=answers)
    assert len(sent) == is_called
    # Nothing is left to go on with.
    assert isinstance(result.error, OutOfGas)


@pytest.mark.parametrize(
    ("name", "text", "base"),
    [
        ("write_result", "(call $write_result {} {})", H),
        (
            "call_contract",
            "(drop (call $call_contract (i32.const 0) {} {} (i32.const 32)"
            " (i64.const 0) (i32.const 96)))",
            BASE,
        ),
        (
            "create1",
            "(call $create1 {} {} (i32.const 32) (i32.const 96) (i32.const 96))",
            BASE,
        ),
        ("emit_log", "(call $emit_log {} {} (i32.const 0))", 0),
    ],
)
def test_bytes_are_paid_before_they_are_read(name: str, text: str, base: int) -> None:
    if name == "emit_log":
        # It pays once, and the log's own price.
        base = H + A + 375 + 8 * 33 - R - 55
    call = text.format("(i32.const 65530)", "(i32.const 33)")
    source = program(f"{call} (i32.const 0)", name)
    result, _ = run(source, MEGA)
    after = 2_450 + 1 + 1 + 9 * ("drop" in call)
    spent = own_ink(source) - after + base + 2 * (R + 55)
    assert (result.status, result.gas_left) == (REVERTED, (MEGA - spent) * 10_000)


def creating(kind: str, length: int = 33) -> str:
    salt = "(i32.const 64)" if kind == "create2" else ""
    return program(
        f"""(call ${kind} (i32.const 0) (i32.const {length}) (i32.const 32) {salt}
          (i32.const 128) (i32.const {RETURN_LENGTH}))
        (i32.store (i32.const {SIZE_AT}) (call $return_data_size))
        (call $write_result (i32.const {RETURN_LENGTH}) (i32.const 56))
        (i32.const 0)""",
        kind,
        "return_data_size",
        "write_result",
        around=DATA,
    )


@pytest.mark.parametrize(
    ("kind", "base"), [("create1", 32_000), ("create2", 32_000 + 2 * 6)]
)
def test_a_creation_costs_its_base_and_what_the_init_code_used(
    kind: str, base: int
) -> None:
    source = creating(kind)
    answer = CallResult(SUCCESS, b"", 500_000 * 10_000, created=b"\x99" * 20)
    result, (message,) = run(source, MEGA, answers=(answer,))
    assert message.kind is MessageKind.CREATE
    assert (message.sender, message.value) == (PROGRAM, 0)
    assert message.salt == (bytes(31) + b"\1" if kind == "create2" else None)
    assert result.output[32:52] == b"\x99" * 20
    charged = BASE + P * (kind == "create2") + 2 * (R + 55)
    operands = 6 if kind == "create2" else 5
    left = MEGA - (2_450 + operands + 3_800) - charged
    forwarded = left - base - (left - base) // 64
    assert message.gas == forwarded * 10_000
    used = own_ink(source) + charged + base + forwarded - 500_000 + H
    used += H + 2 * (R + 55 * 24)
    assert result.gas_left == (MEGA - used) * 10_000


@pytest.mark.parametrize(
    ("answer", "size"),
    [
        (CallResult(REVERTED, b"why"), 3),
        (CallResult(FAILURE), 0),
        (CallResult(SUCCESS, b"", created=b"\x99" * 20), 0),
    ],
)
def test_only_a_revert_of_init_code_has_return_data(
    answer: CallResult, size: int
) -> None:
    # The callee took nothing, so that the caller can go on.
    answer = CallResult(
        answer.status, answer.output, 900_000 * 10_000, None, answer.created
    )
    result, _ = run(creating("create1"), 2 * MEGA, answers=(answer,))
    assert result.output[:4] == size.to_bytes(4, "little")
    assert result.output[32:52] == (answer.created or bytes(20))


def test_a_creation_that_cannot_be_paid_is_the_creators_failure() -> None:
    source = creating("create1")
    ink = 2_450 + 5 + 3_800 + BASE + 2 * (R + 55)
    result, sent = run(source, ink + 31_999)
    assert (result.status, result.gas_left, sent) == (REVERTED, 31_999 * 10_000, [])
    _, sent = run(source, ink + 32_000, answers=(CallResult(FAILURE),))
    assert len(sent) == 1


@pytest.mark.parametrize(("size", "count"), [(49_152, 1), (49_153, 0)])
def test_init_code_is_limited(size: int, count: int) -> None:
    _, sent = run(creating("create1", size), 10 * MEGA, answers=(CallResult(FAILURE),))
    assert len(sent) == count


@pytest.mark.parametrize(
    ("body", "status", "output", "keeps_gas"),
    [
        ("(i32.const 0)", SUCCESS, b"\0\0\0\0", True),
        ("(i32.const 1)", REVERTED, b"\0\0\0\0", True),
        ("(i32.const -1)", REVERTED, b"\0\0\0\0", True),
        ("(call $exit_early (i32.const 0)) (i32.const 1)", SUCCESS, bytes(4), True),
        ("(call $exit_early (i32.const 3)) (i32.const 0)", REVERTED, bytes(4), True),
        ("unreachable", REVERTED, b"", True),
        ("(i32.div_u (i32.const 1) (i32.const 0))", REVERTED, b"", True),
        ("(loop $l (br $l)) (i32.const 0)", FAILURE, b"", False),
        ("(call $deep (i32.const 0))", FAILURE, b"", False),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_five_ways_to_end(
    engine: str, body: str, status: object, output: bytes, keeps_gas: bool
) -> None:
    source = program(
        f"(call $write_result (i32.const 0) (i32.const 4)) {body}",
        "write_result",
        "exit_early",
        around="(func $deep (param i32) (result i32) (call $deep (local.get 0)))",
    )
    result, _ = run(source, 100 * MEGA, engine=engine)
    assert (result.status, result.output) == (status, output)
    assert (result.gas_left > 0) is keeps_gas


@pytest.mark.parametrize(("arbos", "is_charged"), [(30, False), (31, True)])
def test_output_has_a_least_price(arbos: int, is_charged: bool) -> None:
    # 2,048 words: 6,144 gas and 8,192 more; writing them takes less ink than that.
    parameters = replace(
        parameters_of(arbos),
        ink_price=1_000,
        min_init_gas=0,
        min_cached_init_gas=0,
    )
    host = FakeHost(parameters=parameters)
    host.record = replace(host.record, version=parameters.version)
    source = program(
        "(call $write_result (i32.const 0) (i32.const 65536)) (i32.const 0)",
        "write_result",
    )
    ink = own_ink(source) + H + 2 * (R + 55 * (65_536 - 32))
    gas = 20_000
    result, _ = run(source, gas, host)
    least = gas - 6_144 - 8_192
    exact = (gas * 1_000 - ink) // 1_000
    assert result.gas_left == min(exact, least if is_charged else exact) * 10_000
    host = FakeHost(parameters=parameters, record=host.record)
    result, _ = run(source, 14_335, host)
    assert (result.status is SUCCESS) is not is_charged


def test_a_program_pays_for_its_start_and_pages() -> None:
    parameters = parameters_of(61)
    host = FakeHost(parameters=parameters)
    host.record = replace(host.record, init_cost=100, cached_cost=10, footprint=3)
    start = 69 * 128 + 100 + 11 * 32 + 10 + 1_000
    source = program("(i32.const 0)")
    # Its own 2,452 ink are a gas.
    result, _ = run(source, start + 1, host)
    assert (result.status, result.gas_left) == (SUCCESS, 0)
    assert (host.pages.open, host.pages.ever) == (0, 3)
    result, _ = run(source, start - 1, FakeHost(parameters, record=host.record))
    assert isinstance(result.error, OutOfGas)
    cached = replace(host.record, is_cached=True)
    result, _ = run(source, start, FakeHost(parameters, record=cached))
    assert result.gas_left == (69 * 128 + 100 - 1) * 10_000
    found = RecentPrograms(1, [b"\xcc" * 32])
    recent = FakeHost(parameters, record=host.record, recent_programs=found)
    result, _ = run(source, start, recent)
    assert result.gas_left == (69 * 128 + 100 - 1) * 10_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 0}, "the program is not activated"),
        ({"version": 2}, "the program is of Stylus version 2: activate it for 3"),
        ({"activated_at": 86_409}, "the program's activation expired"),
    ],
)
def test_a_program_that_cannot_be_called_takes_all_gas(
    change: dict[str, int], message: str
) -> None:
    host = FakeHost()
    host.record = replace(host.record, **change)  # type: ignore[arg-type]
    result, _ = run(program("(i32.const 0)"), MEGA, host)
    assert (result.status, result.gas_left) == (FAILURE, 0)
    assert str(result.error).startswith(message)


def test_an_activation_lasts_a_year_of_whole_hours() -> None:
    host = FakeHost()
    # 8,760 hours before the block.
    host.record = replace(host.record, activated_at=86_410)
    assert run(program("(i32.const 0)"), MEGA, host)[0].status is SUCCESS


def test_reentrancy_counts_open_calls_of_the_account() -> None:
    source = program(
        """(i32.store (i32.const 0) (call $msg_reentrant))
        (call $write_result (i32.const 0) (i32.const 4)) (i32.const 0)""",
        "msg_reentrant",
        "write_result",
    )
    host = FakeHost()
    assert run(source, MEGA, host)[0].output == bytes(4)
    assert host.open_frames == {PROGRAM: 0}
    host.open_frames[PROGRAM] = 1
    assert run(source, MEGA, host)[0].output == b"\1\0\0\0"
    assert PLAIN.ink_price == 1
