"""Functions about the process: arguments, environment, clocks, randomness, its end."""

from itertools import accumulate
from struct import pack

from contractvm.hosts.wasi.endings import ProcessExit
from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.host_call import HostCall

REALTIME, LAST_CLOCK = 0, 3
RESOLUTION = 1  # nanosecond
POINTER_BYTES = 4


def args_get(call: HostCall, pointers: int, buffer: int) -> None:
    _write_texts(call, call.wasi.arguments, pointers, buffer)


def args_sizes_get(call: HostCall, count: int, size: int) -> None:
    call.write_u32(count, len(call.wasi.arguments))
    call.write_u32(size, call.wasi.argument_bytes)


def environ_get(call: HostCall, pointers: int, buffer: int) -> None:
    _write_texts(call, call.wasi.environment, pointers, buffer)


def environ_sizes_get(call: HostCall, count: int, size: int) -> None:
    call.write_u32(count, len(call.wasi.environment))
    call.write_u32(size, call.wasi.environment_bytes)


def _write_texts(
    call: HostCall, texts: list[bytes], pointers: int, buffer: int
) -> None:
    """Write the texts one after the other, and a pointer to each."""
    content = b"".join(texts)
    call.charge_bytes(len(content) + POINTER_BYTES * len(texts))
    call.memory.write(buffer, content)
    starts = list(accumulate(map(len, texts), initial=buffer))[: len(texts)]
    call.memory.write(pointers, pack(f"<{len(starts)}I", *starts))


def clock_res_get(call: HostCall, clock: int, result: int) -> None:
    _require_clock(clock)
    call.write_u64(result, RESOLUTION)


def clock_time_get(call: HostCall, clock: int, precision: int, result: int) -> None:
    _require_clock(clock)
    call.write_u64(result, read_clock(call, clock))


def read_clock(call: HostCall, clock: int) -> int:
    """The time of a clock in nanoseconds: real, or since the run began."""
    return call.now() if clock == REALTIME else call.elapsed()


def _require_clock(clock: int) -> None:
    if clock > LAST_CLOCK:
        raise Refusal(Errno.INVAL)


def random_get(call: HostCall, buffer: int, length: int) -> None:
    call.require_size(length)
    call.require_range(buffer + length)
    call.charge_bytes(length)
    call.memory.write(buffer, call.wasi.random.read(length))


def sched_yield(call: HostCall) -> None:
    """Nothing else can run."""


def proc_exit(call: HostCall, code: int) -> None:
    raise ProcessExit(code)


def proc_raise(call: HostCall, signal: int) -> None:
    raise Refusal(Errno.NOSYS)


def sock_accept(call: HostCall, fd: int, flags: int, result: int) -> None:
    _refuse_socket(call, fd)


def sock_recv(
    call: HostCall, fd: int, buffers: int, count: int, flags: int, *results: int
) -> None:
    _refuse_socket(call, fd)


def sock_send(
    call: HostCall, fd: int, buffers: int, count: int, flags: int, result: int
) -> None:
    _refuse_socket(call, fd)


def sock_shutdown(call: HostCall, fd: int, how: int) -> None:
    _refuse_socket(call, fd)


def _refuse_socket(call: HostCall, fd: int) -> None:
    """No descriptor is a socket."""
    call.wasi.descriptors.find(fd)
    raise Refusal(Errno.NOTSOCK)
