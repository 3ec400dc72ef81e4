"""The 46 functions of WASI preview 1, a row for each in each of its two modules."""

from collections.abc import Callable, Iterator

from contractvm.hosts.interface import HostFunction, func_type
from contractvm.hosts.wasi import descriptor_functions as descriptors
from contractvm.hosts.wasi import path_changes, path_functions, process_functions
from contractvm.hosts.wasi import stream_functions as streams
from contractvm.hosts.wasi.directory_functions import fd_readdir
from contractvm.hosts.wasi.host_call import answering
from contractvm.hosts.wasi.layouts import LAYOUTS
from contractvm.hosts.wasi.opening import path_open
from contractvm.hosts.wasi.polling import poll_oneoff

PATH = ("per_component",)
READ = ("per_iovec", "per_random_word")
WRITE = ("per_iovec", "per_grown_word")

# Parameters, the function of the published name, the amounts that it may charge.
# `proc_exit` alone has no result.
ROWS: tuple[tuple[str, Callable[..., None], tuple[str, ...]], ...] = (
    ("ii", process_functions.args_get, ()),
    ("ii", process_functions.args_sizes_get, ()),
    ("ii", process_functions.environ_get, ()),
    ("ii", process_functions.environ_sizes_get, ()),
    ("ii", process_functions.clock_res_get, ()),
    ("iIi", process_functions.clock_time_get, ()),
    ("ii", process_functions.random_get, ()),
    ("", process_functions.sched_yield, ()),
    ("i", process_functions.proc_exit, ()),
    ("i", process_functions.proc_raise, ()),
    ("iiii", streams.fd_read, READ),
    ("iiiIi", streams.fd_pread, ("per_iovec",)),
    ("iiii", streams.fd_write, WRITE),
    ("iiiIi", streams.fd_pwrite, WRITE),
    ("iIii", streams.fd_seek, ()),
    ("ii", streams.fd_tell, ()),
    ("i", descriptors.fd_close, ()),
    ("ii", descriptors.fd_renumber, ()),
    ("ii", descriptors.fd_fdstat_get, ()),
    ("ii", descriptors.fd_fdstat_set_flags, ()),
    ("iII", descriptors.fd_fdstat_set_rights, ()),
    ("ii", descriptors.fd_filestat_get, ()),
    ("iI", descriptors.fd_filestat_set_size, ("per_grown_word",)),
    ("iIIi", descriptors.fd_filestat_set_times, ()),
    ("i", descriptors.fd_sync, ()),
    ("i", descriptors.fd_datasync, ()),
    ("iIIi", descriptors.fd_advise, ()),
    ("iII", descriptors.fd_allocate, ()),
    ("iiiIi", fd_readdir, ("per_listed", "per_entry")),
    ("ii", descriptors.fd_prestat_get, ()),
    ("iii", descriptors.fd_prestat_dir_name, ()),
    ("iiiiiIIii", path_open, PATH),
    ("iii", path_changes.path_create_directory, PATH),
    ("iii", path_changes.path_unlink_file, PATH),
    ("iii", path_changes.path_remove_directory, PATH),
    ("iiiii", path_changes.path_symlink, PATH),
    ("iiiiiii", path_changes.path_link, PATH),
    ("iiiiii", path_changes.path_rename, PATH),
    ("iiiiii", path_functions.path_readlink, PATH),
    ("iiiii", path_functions.path_filestat_get, PATH),
    ("iiiiIIi", path_functions.path_filestat_set_times, PATH),
    ("iiii", poll_oneoff, ("per_subscription",)),
    ("iii", process_functions.sock_accept, ()),
    ("iiiiii", process_functions.sock_recv, ()),
    ("iiiii", process_functions.sock_send, ()),
    ("ii", process_functions.sock_shutdown, ()),
)


def _rows() -> Iterator[HostFunction]:
    for module in LAYOUTS:
        for params, run, amounts in ROWS:
            name = run.__name__
            yield HostFunction(
                module,
                name,
                func_type(params, "" if name == "proc_exit" else "i"),
                answering(module, name, run),
                amounts=dict.fromkeys(amounts, "host"),
                sees_gas=name in SEEING_GAS,
            )


# What tells the time, which follows from the gas that was used.
SEEING_GAS = ("clock_time_get", "fd_filestat_get", "path_filestat_get", "poll_oneoff")
FUNCTIONS = tuple(_rows())
