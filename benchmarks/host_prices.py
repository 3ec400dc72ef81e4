"""The time of host functions of guests against their price, on both engines.

    python -m benchmarks.host_prices

Each case calls functions in a loop, with arguments that make them slow for their price.
A gas is 100 ns; `share` is the time over that, to be at most 1 on a quiet machine. The
first cases are instructions, for comparison. Processor time, the least of rounds.
"""

from collections.abc import Iterator
from functools import partial
from struct import pack

from benchmarks.host_price_cases import Call, Case
from benchmarks.measuring import interleaved_minima
from contractvm import FileTree, Guest, Limits
from contractvm.guests.run import GuestInstance

ENGINES = ("interpreter", "wasmtime")
ROUNDS = 5
NANOSECONDS_PER_GAS = 100
UNITS_PER_GAS = 10_000
BIG = 10**9
LIMITS = Limits(
    gas=10**14,
    stdout_bytes=BIG,
    host_calls=BIG,
    file_bytes=BIG,
    argument_bytes=BIG,
    open_files=10_000,
)
TREE = FileTree(
    {
        "f": bytes(1 << 20),
        "a/b/c/e": b"",
        "d": None,
        **{f"d/{number}": b"" for number in range(1_000)},
    },
    writable=True,
)
# Where a case has its results, paths, buffer lists and data.
RESULT, PATH, SECOND_PATH, LIST, DATA = 0x80, 0x1000, 0x2800, 0x10000, 0x20000
FILE_RIGHTS, DIRECTORY_RIGHTS = (1 << 2) | (1 << 1) | (1 << 6), 1 << 14


def _buffers(count: int, length: int) -> dict[int, bytes]:
    return {LIST: pack("<II", DATA, length) * count}


def _instructions() -> Iterator[Case]:
    yield Case(
        "i32.add", text="(local.set 2 (i32.add (local.get 2) (i32.const 3)))" * 50
    )
    yield Case(
        "i64.div_u", text="(local.set 1 (i64.div_u (i64.const 7) (i64.const 3)))" * 50
    )
    yield Case("i32.load", text="(local.set 2 (i32.load (local.get 2)))" * 50)
    yield Case("call", text="(call $empty)" * 50)
    yield Case("call_indirect", text="(call_indirect (i32.const 0))" * 50)
    copy = "(memory.copy (i32.const 0) (i32.const 9) (i32.const {}))"
    yield Case("memory.copy 0", text=copy.format(0) * 50)
    yield Case("memory.copy 4,096", text=copy.format(4_096) * 20)
    yield Case(
        "memory.fill 65,536",
        text="(memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))",
        turns=100,
    )


def _process() -> Iterator[Case]:
    for name in ("args", "environ"):
        yield Case(f"{name}_get", ((f"{name}_get", DATA, PATH),))
        yield Case(f"{name}_sizes_get", ((f"{name}_sizes_get", RESULT, RESULT + 4),))
    yield Case("clock_res_get", (("clock_res_get", 0, RESULT),))
    yield Case("clock_res_get, inval", (("clock_res_get", 9, RESULT),))
    for clock in (0, 1, 9):
        yield Case(f"clock_time_get {clock}", (("clock_time_get", clock, 0, RESULT),))
    for length in (0, 1, 32, 33):
        yield Case(f"random_get {length}", (("random_get", DATA, length),))
    yield Case("random_get 65,536", (("random_get", DATA, 65_536),), turns=20)
    yield Case("sched_yield", (("sched_yield",),))
    yield Case("proc_raise", (("proc_raise", 6),))
    for name, count in (("accept", 3), ("recv", 6), ("send", 5), ("shutdown", 2)):
        rest = (0,) * (count - 1)
        yield Case(f"sock_{name}", ((f"sock_{name}", 1, *rest),))
        yield Case(f"sock_{name}, badf", ((f"sock_{name}", 99, *rest),))


OPENED: tuple[Call, ...] = (
    ("path_open", 3, 0, PATH, 1, 0, FILE_RIGHTS | (1 << 22), 0, 0, RESULT),
    ("path_open", 3, 0, SECOND_PATH, 1, 0, DIRECTORY_RIGHTS, 0, 0, RESULT),
)
NAMES = {PATH: b"f", SECOND_PATH: b"d"}


def _streams() -> Iterator[Case]:
    for name, fd, offset in (
        ("fd_read", 0, ()),
        ("fd_write", 1, ()),
        ("fd_write", 4, ()),
        ("fd_pread", 4, (0,)),
        ("fd_pwrite", 4, (0,)),
    ):
        for count, length in (
            (0, 0),
            (1, 0),
            (1, 8),
            (1_024, 0),
            (1_024, 1),
            (1, 65_536),
        ):
            yield Case(
                f"{name} {fd}, {count} of {length:,}",
                ((name, fd, LIST, count, *offset, RESULT),),
                OPENED,
                NAMES | _buffers(count, length),
                turns=1_000 if count * max(length, 1) < 9 else 20,
            )
        yield Case(f"{name}, badf", ((name, 99, LIST, 1, *offset, RESULT),))
        yield Case(
            f"{name} {fd} of a chunk's edge",
            ((name, fd, LIST, 1, *(one + 60_000 for one in offset), RESULT),),
            OPENED,
            NAMES | _buffers(1, 65_536),
            turns=20,
        )
    yield Case(
        "fd_write that grows a file",
        (("fd_pwrite", 4, LIST, 1, 1 << 21, RESULT), ("fd_filestat_set_size", 4, 0)),
        OPENED,
        NAMES | _buffers(1, 1),
        turns=20,
    )
    for whence in (0, 1, 2, 9):
        yield Case(
            f"fd_seek {whence}",
            (("fd_seek", 4, 5 * (whence == 0), whence, RESULT),),
            OPENED,
            NAMES,
        )
    yield Case("fd_tell", (("fd_tell", 4, RESULT),), OPENED, NAMES)
    yield Case("fd_tell, spipe", (("fd_tell", 1, RESULT),))


def _descriptors() -> Iterator[Case]:
    for fd in (4, 99):
        for name, *rest in (
            ("fd_fdstat_get", RESULT),
            ("fd_fdstat_set_flags", 1),
            ("fd_fdstat_set_rights", 0, 0),
            ("fd_filestat_get", RESULT),
            ("fd_sync",),
            ("fd_datasync",),
            ("fd_advise", 0, 0, 0),
            ("fd_allocate", 0, 0),
            ("fd_prestat_get", RESULT),
            ("fd_prestat_dir_name", DATA, 9),
            ("fd_filestat_set_times", 5, 6, 10),
            ("fd_filestat_set_size", 1 << 20),
            ("fd_renumber", fd),
        ):
            yield Case(f"{name} {fd}", ((name, fd, *rest),), OPENED, NAMES)
    yield Case("fd_prestat_get 3", (("fd_prestat_get", 3, RESULT),))
    yield Case("fd_prestat_dir_name 3", (("fd_prestat_dir_name", 3, DATA, 9),))
    yield Case("fd_close, badf", (("fd_close", 99),))
    yield Case(
        "path_open and fd_close",
        (OPENED[0], ("fd_close", 4)),
        (),
        NAMES,
    )
    for cookie, length in (
        (0, 0),
        (0, 24),
        (0, 65_536),
        (5, 24),
        (1_001, 24),
        (5, 65_536),
    ):
        yield Case(
            f"fd_readdir {length:,} from {cookie}",
            (("fd_readdir", 5, DATA, length, cookie, RESULT),),
            OPENED,
            NAMES,
            turns=20,
        )
    yield Case("fd_readdir, badf", (("fd_readdir", 99, DATA, 9, 0, RESULT),))


PATHS = {
    "a name": b"f",
    "none": b"x",
    "four names": b"a/b/c/e",
    "dots": b"./" * 2_047 + b"f",
    "long": b"x" * 255 + b"/" + b"y" * 3_840,
    "no UTF-8": b"f" * 4_095 + b"\xff",
    "letters": "é/".encode() * 1_365 + b"f",
}


def _paths() -> Iterator[Case]:
    for label, path in PATHS.items():
        size = len(path)
        for name, *arguments in (
            ("path_filestat_get", 3, 0, PATH, size, RESULT),
            ("path_filestat_set_times", 3, 0, PATH, size, 5, 6, 5),
            ("path_readlink", 3, PATH, size, DATA, 64, RESULT),
            ("path_create_directory", 3, PATH, size),
            ("path_remove_directory", 3, PATH, size),
            ("path_symlink", PATH, size, 3, PATH, size),
            ("path_link", 3, 0, PATH, size, 3, PATH, size),
            ("path_rename", 3, PATH, size, 3, PATH, size),
            ("path_open", 3, 0, PATH, size, 2, 0, 0, 0, RESULT),
        ):
            is_changed = label in ("none",) and name in (
                "path_create_directory",
                "path_symlink",
            )
            if not is_changed:
                yield Case(
                    f"{name}, {label}",
                    ((name, *arguments),),
                    (),
                    {PATH: path},
                    turns=10 if size > 1_000 else 300,
                )


def _changes() -> Iterator[Case]:
    memory = {PATH: b"f", SECOND_PATH: b"new"}
    new = (SECOND_PATH, 3)
    unlink: Call = ("path_unlink_file", 3, *new)
    for label, calls in (
        (
            "path_create_directory and removal",
            (("path_create_directory", 3, *new), ("path_remove_directory", 3, *new)),
        ),
        ("path_symlink and removal", (("path_symlink", PATH, 1, 3, *new), unlink)),
        ("path_link and removal", (("path_link", 3, 0, PATH, 1, 3, *new), unlink)),
        (
            "path_rename there and back",
            (
                ("path_rename", 3, PATH, 1, 3, *new),
                ("path_rename", 3, *new, 3, PATH, 1),
            ),
        ),
        (
            "path_open of a new file, and removal",
            (
                ("path_open", 3, 0, *new, 1, FILE_RIGHTS, 0, 0, RESULT),
                ("fd_close", 4),
                unlink,
            ),
        ),
        ("path_unlink_file, noent", (unlink,)),
    ):
        yield Case(label, calls, (), memory, turns=300)  # type: ignore[arg-type]
    link: tuple[Call, ...] = (("path_symlink", DATA, 4_000, 3, *new),)
    yield Case(
        "a link to a long path",
        (("path_filestat_get", 3, 1, *new, RESULT),),
        link,
        memory | {DATA: b"./" * 1_999 + b"d/"},
        turns=10,
    )


def _polls() -> Iterator[Case]:
    kinds = {
        "clock": pack("<QB7xI4xQQH6x", 1, 0, 1, 5, 0, 0),
        "time": pack("<QB7xI4xQQH6x", 1, 0, 0, 5, 0, 1),
        "no clock": pack("<QB7xI4xQQH6x", 1, 0, 9, 5, 0, 0),
        "stdin": pack("<QB7xI28x", 1, 1, 0),
        "badf": pack("<QB7xI28x", 1, 2, 99),
    }
    for label, subscription in kinds.items():
        for count in (1, 1_024):
            yield Case(
                f"poll_oneoff, {count:,} of {label}",
                (("poll_oneoff", LIST, DATA, count, RESULT),),
                (),
                {LIST: subscription * count},
                turns=1_000 if count == 1 else 10,
            )


def _plugins() -> Iterator[Case]:
    block: tuple[Call, ...] = (("block", 64),)
    large: tuple[Call, ...] = (("block", 1 << 20),)
    for name, *arguments in (
        ("length", "handle"),
        ("length_unsafe", "handle"),
        ("load_u8", "handle"),
        ("load_u64", "handle"),
        ("store_u8", "handle", 5),
        ("store_u64", "handle", 5),
        ("input_length",),
        ("input_offset",),
        ("output_set", "handle", 8),
        ("error_set", "handle"),
        ("config_get", "handle"),
        ("var_get", "handle"),
        ("var_set", "handle", "handle"),
        ("http_status_code",),
        ("http_headers",),
        ("get_log_level",),
        ("log_trace", "handle"),
        ("log_info", "handle"),
    ):
        yield Case(name, ((name, *arguments),), block)
        if "handle" in arguments and name in (
            "var_get",
            "log_info",
            "log_trace",
            "config_get",
            "error_set",
        ):
            yield Case(f"{name} of 1 MiB", ((name, *arguments),), large, turns=50)
    yield Case(
        "var_set of 1 MiB",
        (("var_set", "handle", "handle"),),
        (("block", 500_000),),
        turns=50,
    )
    yield Case("var_set to nothing", (("var_set", "handle", 0),), block)
    yield Case("alloc and free", (("block", 64), ("free", "handle")))
    yield Case("alloc", (("alloc", 8),))
    yield Case("alloc of nothing", (("alloc", 0),))
    yield Case("alloc of 64 KiB", (("alloc", 1 << 16),), turns=200)
    yield Case("alloc of 1 MiB", (("alloc", 1 << 20),), turns=10)


def cases() -> Iterator[Case]:
    yield from _instructions()
    yield from _process()
    yield from _streams()
    yield from _descriptors()
    yield from _paths()
    yield from _changes()
    yield from _polls()
    yield from _plugins()


def begun(case: Case, engine: str) -> GuestInstance:
    """An instance that is ready for the case's loop."""
    guest = Guest.load(case.wasm(), engine=engine)
    instance = guest.instance(limits=LIMITS, mounts={"/": TREE}, stdin=bytes(1 << 20))
    if not instance.call("prepare").ok:
        raise SystemExit(f"{case.label} cannot be prepared")
    return instance


def share(case: Case, engine: str, rounds: int = ROUNDS) -> tuple[float, float]:
    """Microseconds of a turn, and the share of its price that it took."""
    instance = begun(case, engine)
    result = instance.call("go", case.turns)
    if not result.ok:
        raise SystemExit(f"{case.label}: {result.outcome}")
    units = result.units_used / case.turns
    work = partial(instance.call, "go", case.turns)
    seconds = interleaved_minima({"": work}, rounds)[""] / case.turns
    nanoseconds = units / UNITS_PER_GAS * NANOSECONDS_PER_GAS
    return seconds * 1e6, seconds * 1e9 / nanoseconds


def main() -> None:
    print(f"{'':40}" + "".join(f"{name:>14} us   share" for name in ENGINES))
    for case in cases():
        row = ""
        for engine in ENGINES:
            microseconds, found = share(case, engine)
            row += f"{microseconds:17,.2f}{found:8.2f}"
        print(f"{case.label:40}{row}", flush=True)


if __name__ == "__main__":
    main()
