"""Arguments, environment, clocks, randomness, the end of a process; sockets."""

from hashlib import blake2b

import pytest

from contractvm.errors import OutOfGas, Trap
from contractvm.hosts.wasi.clock import YEAR_2000, Clock
from contractvm.hosts.wasi.endings import ProcessExit
from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.limits import WasiLimits
from contractvm.wasm.structure.types import PAGE_BYTES
from tests.helpers.wasi import DATA, PAGES, RESULT, Program

END = PAGES * PAGE_BYTES
GAS_TIME = 100  # nanoseconds


def block(seed: bytes, number: int) -> bytes:
    return blake2b(number.to_bytes(8, "little"), key=seed).digest()


def test_arguments_are_given_with_a_nul_each_and_a_pointer_to_each(
    engine: str,
) -> None:
    program = Program(engine, args=["prog", "", b"\xc3\xa9"], env={})
    assert program.call("args_sizes_get", RESULT, RESULT + 4) == 0
    assert (program.u32(), program.u32(RESULT + 4), program.gas) == (3, 9, 20)
    assert program.call("args_get", RESULT, DATA) == 0
    assert program.gas == 20 + 1
    assert program.get(DATA, 9) == b"prog\0\0\xc3\xa9\0"
    pointers = [program.u32(RESULT + 4 * n) for n in range(3)]
    assert pointers == [DATA, DATA + 5, DATA + 6]


def test_the_environment_keeps_its_order(engine: str) -> None:
    program = Program(engine, env={"B": "1", "A": "two=2"})
    assert program.call("environ_sizes_get", RESULT, RESULT + 4) == 0
    assert (program.u32(), program.u32(RESULT + 4), program.gas) == (2, 12, 20)
    assert program.call("environ_get", RESULT, DATA) == 0
    assert program.gas == 20 + 1
    assert program.get(DATA, 12) == b"B=1\0A=two=2\0"
    assert [program.u32(RESULT), program.u32(RESULT + 4)] == [DATA, DATA + 4]


@pytest.mark.parametrize(("length", "words"), [(0, 0), (27, 1), (28, 2), (59, 2)])
def test_arguments_are_charged_by_words_with_the_nul_and_the_pointer(
    engine: str, length: int, words: int
) -> None:
    program = Program(engine, args=["a" * length] if length else [])
    assert program.call("args_get", RESULT, DATA) == 0
    assert program.gas == 20 + words


def test_nothing_is_given_where_there_is_nothing(engine: str) -> None:
    program = Program(engine)
    for name in ("args", "environ"):
        assert program.call(f"{name}_sizes_get", RESULT, RESULT + 4) == 0
        assert program.get(RESULT, 8) == bytes(8)
        assert program.call(f"{name}_get", END, END) == 0
        assert program.gas == 20


@pytest.mark.parametrize("name", ["args_get", "args_sizes_get"])
def test_a_pointer_outside_memory_traps(engine: str, name: str) -> None:
    program = Program(engine, args=["a"])
    with pytest.raises(Trap, match="out of bounds memory access"):
        program.call(name, END, DATA)


@pytest.mark.parametrize("clock", range(4))
def test_clocks_have_a_resolution_of_a_nanosecond(engine: str, clock: int) -> None:
    program = Program(engine)
    assert program.call("clock_res_get", clock, RESULT) == 0
    assert (program.u64(), program.gas) == (1, 10)


@pytest.mark.parametrize("name", ["clock_res_get", "clock_time_get"])
@pytest.mark.parametrize("clock", [4, 2**32 - 1])
def test_there_are_four_clocks(engine: str, name: str, clock: int) -> None:
    program = Program(engine)
    arguments = (clock, RESULT) if name == "clock_res_get" else (clock, 0, RESULT)
    assert program.call(name, *arguments) == Errno.INVAL
    assert (program.gas, program.u64()) == (10, 0)


def test_time_is_the_gas_that_was_used(engine: str) -> None:
    program = Program(engine)
    times = []
    for clock in (0, 1, 2, 3):
        assert program.call("clock_time_get", clock, 2**64 - 1, RESULT) == 0
        assert program.gas == 10
        times.append(program.u64())
    start = YEAR_2000
    assert times == [start + 1_000, 2_000, 3_000, 4_000]


def test_a_gas_takes_as_long_as_the_clock_says(engine: str) -> None:
    program = Program(engine, clock=Clock(start=5, nanoseconds_per_gas=3))
    assert program.call("clock_time_get", 0, 0, RESULT) == 0
    assert program.u64() == 5 + 30


def test_a_frozen_clock_moves_by_sleep_alone(engine: str) -> None:
    program = Program(engine, clock=Clock(frozen=True))
    assert program.call("clock_time_get", 1, 0, RESULT) == 0
    assert program.u64() == 0
    program.state.clock.sleep(7)
    assert program.call("clock_time_get", 1, 0, RESULT) == 0
    assert program.u64() == 7


def test_time_stops_at_the_end_of_its_range(engine: str) -> None:
    program = Program(engine, clock=Clock(start=2**64 - 1_500))
    readings = []
    for _ in range(2):
        assert program.call("clock_time_get", 0, 0, RESULT) == 0
        readings.append(program.u64())
    assert readings == [2**64 - 500, 2**64 - 1]


@pytest.mark.parametrize(
    ("field", "value"), [("start", -1), ("start", 2**64), ("nanoseconds_per_gas", -1)]
)
def test_a_clock_that_cannot_be_is_refused(field: str, value: int) -> None:
    with pytest.raises(ValueError, match=field):
        Clock(**{field: value})


@pytest.mark.parametrize(
    ("length", "gas"), [(0, 15), (1, 18), (32, 18), (33, 21), (64, 21), (65, 24)]
)
def test_random_bytes_are_the_stream_of_the_seed(
    engine: str, length: int, gas: int
) -> None:
    seed = bytes(range(32))
    program = Program(engine, seed=seed)
    assert program.call("random_get", DATA, length) == 0
    stream = block(seed, 0) + block(seed, 1)
    assert (program.get(DATA, length + 1), program.gas) == (
        stream[:length] + b"\0",
        gas,
    )


def test_splitting_a_read_changes_no_random_bytes(engine: str) -> None:
    program, place = Program(engine), DATA
    for length in (1, 63, 0, 64, 65, 7):
        assert program.call("random_get", place, length) == 0
        place += length
    stream = b"".join(block(bytes(32), number) for number in range(4))
    assert program.get(DATA, 200) == stream[:200]


def test_one_call_gives_no_more_random_bytes_than_the_limit(engine: str) -> None:
    program = Program(engine, limits=WasiLimits(call_bytes=100))
    assert program.call("random_get", DATA, 101) == Errno.INVAL
    assert (program.gas, program.get(DATA, 1)) == (15, b"\0")
    assert program.call("random_get", DATA, 100) == 0
    assert program.gas == 15 + 3 * 4


def test_random_bytes_that_do_not_fit_trap_before_they_are_charged(
    engine: str,
) -> None:
    program = Program(engine)
    assert program.call("random_get", END - 1, 1) == 0
    with pytest.raises(Trap):
        program.call("random_get", END - 1, 2)
    assert program.gas == 15


def test_random_bytes_are_paid_before_they_are_made(engine: str) -> None:
    program = Program(engine, gas=17)
    with pytest.raises(OutOfGas) as caught:
        program.call("random_get", DATA, 32)
    assert caught.value.shortfall == 10_000
    assert program.get(DATA, 32) == bytes(32)


@pytest.mark.parametrize("length", [31, 33])
def test_a_seed_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match=f"the seed has {length} bytes, not 32"):
        Program("interpreter", seed=bytes(length))


def test_yielding_does_nothing(engine: str) -> None:
    program = Program(engine)
    assert (program.call("sched_yield"), program.gas) == (0, 5)


@pytest.mark.parametrize("code", [0, 1, 2**32 - 1])
def test_exit_ends_the_run_with_its_code(engine: str, code: int) -> None:
    program = Program(engine)
    with pytest.raises(ProcessExit) as caught:
        program.call("proc_exit", code)
    assert (caught.value.code, program.gas) == (code, 0)


def test_no_signal_can_be_raised(engine: str) -> None:
    program = Program(engine)
    assert (program.call("proc_raise", 6), program.gas) == (Errno.NOSYS, 5)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sock_accept", (0, RESULT)),
        ("sock_recv", (RESULT, 1, 0, RESULT, RESULT)),
        ("sock_send", (RESULT, 1, 0, RESULT)),
        ("sock_shutdown", (3,)),
    ],
)
def test_no_descriptor_is_a_socket(
    engine: str, name: str, arguments: tuple[int, ...]
) -> None:
    program = Program(engine)
    assert (program.call(name, 2, *arguments), program.gas) == (Errno.NOTSOCK, 10)
    assert (program.call(name, 3, *arguments), program.gas) == (Errno.BADF, 10)
