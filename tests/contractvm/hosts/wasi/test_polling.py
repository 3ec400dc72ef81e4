"""`poll_oneoff`: what is ready, and sleep that takes no time of this machine."""

from struct import pack, unpack

import pytest

from contractvm.errors import Trap
from contractvm.hosts.wasi.clock import YEAR_2000, Clock
from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.hosts.wasi.rights import FILE_RIGHTS, Right
from contractvm.wasm.structure.types import PAGE_BYTES
from tests.helpers.wasi import DATA, PAGES, RESULT, Program

EVENTS = 0x9000
CLOCK, READ, WRITE = range(3)
REALTIME, MONOTONIC = 0, 1
ABSOLUTE = 1
CALL_BYTES = 16 * 1024 * 1024
Event = tuple[int, int, int, int]


def timer(userdata: int, timeout: int, clock: int = MONOTONIC, flags: int = 0) -> bytes:
    precision = 2**64 - 1
    head = pack("<QB7x", userdata, CLOCK)
    return head + pack("<I4xQQH6x", clock, timeout, precision, flags)


def stream(userdata: int, kind: int, fd: int) -> bytes:
    return pack("<QB7xI28x", userdata, kind, fd)


def poll(program: Program, *subscriptions: bytes) -> list[Event]:
    """Userdata, errno, type and bytes of each event."""
    program.put(DATA, b"".join(subscriptions))
    count = len(subscriptions)
    assert program.call("poll_oneoff", DATA, EVENTS, count, RESULT) == 0
    assert program.gas == 20 + 10 * count
    data = program.get(EVENTS, 32 * program.u32())
    events = [data[at : at + 32] for at in range(0, len(data), 32)]
    assert [event[24:] for event in events] == [bytes(8)] * len(events)
    return [unpack("<QHB5xQ", event[:24]) for event in events]


def slept(program: Program) -> int:
    """What is left of the time that has elapsed, without the gas."""
    used = program.state.units_granted - program.meter.left
    return program.state.elapsed(program.meter) - used // 100


def test_the_clock_moves_on_by_the_least_timeout(engine: str) -> None:
    program = Program(engine)
    assert poll(program, timer(7, 10**9), timer(8, 10**18)) == [(7, 0, CLOCK, 0)]
    assert slept(program) == 10**9
    assert poll(program, timer(9, 5), timer(10, 5)) == [(9, 0, 0, 0), (10, 0, 0, 0)]
    assert slept(program) == 10**9 + 5


def test_an_absolute_timeout_is_a_time(engine: str) -> None:
    program = Program(engine, clock=Clock(frozen=True))
    past = timer(1, YEAR_2000, REALTIME, ABSOLUTE)
    later = timer(2, YEAR_2000 + 50, REALTIME, ABSOLUTE)
    sooner = timer(3, 49, MONOTONIC, ABSOLUTE)
    assert poll(program, later, past, sooner) == [(1, 0, 0, 0)]
    assert program.state.elapsed(program.meter) == 0
    assert poll(program, later, sooner) == [(3, 0, 0, 0)]
    assert program.state.elapsed(program.meter) == 49
    assert poll(program, later) == [(2, 0, 0, 0)]
    assert program.state.elapsed(program.meter) == 50
    assert poll(program, sooner, later) == [(3, 0, 0, 0), (2, 0, 0, 0)]
    assert program.state.elapsed(program.meter) == 50


def test_sleep_ends_with_time(engine: str) -> None:
    program = Program(engine, clock=Clock(start=2**64 - 100, frozen=True))
    for _ in range(2):
        assert poll(program, timer(1, 2**64 - 1)) == [(1, 0, 0, 0)]
        assert program.state.elapsed(program.meter) == 99


def test_streams_and_files_are_always_ready(engine: str) -> None:
    tree = FileTree({"f": b"12345"}, writable=True)
    program = Program(engine, stdin=b"abc", mounts={"m": tree})
    fd = program.opened("f", 0, FILE_RIGHTS)
    assert program.read(fd, 2) == b"12"
    events = poll(
        program,
        stream(1, READ, 0),
        timer(2, 1),
        stream(3, WRITE, 1),
        stream(4, READ, fd),
        stream(5, WRITE, fd),
        timer(6, 0),
    )
    assert events == [
        (1, 0, READ, 3),
        (3, 0, WRITE, CALL_BYTES),
        (4, 0, READ, 3),
        (5, 0, WRITE, CALL_BYTES),
        (6, 0, CLOCK, 0),
    ]
    assert slept(program) == 0


def test_what_cannot_be_waited_for_is_an_event(engine: str) -> None:
    program = Program(engine, mounts={"m": FileTree()})
    fewer = Right.FD_READ
    assert program.call("fd_fdstat_set_rights", 0, fewer, 0) == 0
    events = poll(
        program,
        stream(1, READ, 9),
        stream(2, WRITE, 2**32 - 1),
        stream(3, READ, 1),
        stream(4, READ, 0),
        stream(5, READ, 3),
        timer(6, 0, clock=4),
        timer(7, 1),
    )
    refused = Errno.NOTCAPABLE
    assert events == [
        (1, Errno.BADF, READ, 0),
        (2, Errno.BADF, WRITE, 0),
        (3, refused, READ, 0),
        (4, refused, READ, 0),
        (5, refused, READ, 0),
        (6, Errno.INVAL, CLOCK, 0),
    ]


@pytest.mark.parametrize("count", [0, 1_025, 2**32 - 1])
def test_there_are_1_to_1024_subscriptions(engine: str, count: int) -> None:
    program = Program(engine)
    answer = program.call("poll_oneoff", DATA, EVENTS, count, RESULT)
    assert (answer, program.gas) == (Errno.INVAL, 20)


def test_1024_subscriptions(engine: str) -> None:
    program = Program(engine)
    program.put(0x10000, timer(1, 5) * 1_024)
    assert program.call("poll_oneoff", 0x10000, 0x20000, 1_024, RESULT) == 0
    assert (program.u32(), program.gas) == (1_024, 20 + 10_240)


@pytest.mark.parametrize(
    "subscription",
    [stream(1, 3, 0), stream(1, 255, 0), timer(1, 5, flags=2), timer(1, 5, flags=3)],
)
def test_what_is_no_subscription_is_invalid(engine: str, subscription: bytes) -> None:
    program = Program(engine)
    program.put(DATA, timer(1, 5) + subscription)
    answer = program.call("poll_oneoff", DATA, EVENTS, 2, RESULT)
    assert (answer, program.gas, slept(program)) == (Errno.INVAL, 40, 0)


def test_subscriptions_outside_memory_trap(engine: str) -> None:
    program = Program(engine)
    end = PAGES * PAGE_BYTES
    program.put(end - 48, timer(1, 0))
    assert program.call("poll_oneoff", end - 48, EVENTS, 1, RESULT) == 0
    with pytest.raises(Trap):
        program.call("poll_oneoff", end - 47, EVENTS, 1, RESULT)
    with pytest.raises(Trap):
        program.call("poll_oneoff", end - 48, end - 31, 1, RESULT)
