"""Prices of host functions for tests of their charges, whatever a schedule asks."""

from dataclasses import replace
from functools import cache

from contractvm.hosts.extism.host_call import MODULE
from contractvm.hosts.wasi.layouts import LAYOUTS
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, HostCost, InstructionCost

# Base, then what else is charged.
WASI = """
args_get 20 per_word=1
args_sizes_get 20 per_word=1
environ_get 20 per_word=1
environ_sizes_get 20 per_word=1
clock_res_get 10
clock_time_get 10
random_get 15 per_word=3
sched_yield 5
proc_raise 5
proc_exit 0
fd_read 30 per_word=1 per_iovec=5 per_random_word=2
fd_pread 30 per_word=1 per_iovec=5
fd_write 30 per_word=1 per_iovec=5 per_grown_word=1
fd_pwrite 30 per_word=1 per_iovec=5 per_grown_word=1
fd_seek 10
fd_tell 10
fd_close 10
fd_renumber 10
fd_fdstat_get 10
fd_fdstat_set_flags 10
fd_fdstat_set_rights 10
fd_filestat_get 10
fd_sync 10
fd_datasync 10
fd_advise 10
fd_allocate 10
fd_filestat_set_size 20 per_grown_word=1
fd_filestat_set_times 15
fd_readdir 30 per_word=1 per_entry=5 per_listed=1
fd_prestat_get 15
fd_prestat_dir_name 15
path_open 50 per_word=1 per_component=5
path_create_directory 40 per_word=1 per_component=5
path_unlink_file 40 per_word=1 per_component=5
path_remove_directory 40 per_word=1 per_component=5
path_symlink 40 per_word=1 per_component=5
path_link 40 per_word=1 per_component=5
path_rename 40 per_word=1 per_component=5
path_readlink 40 per_word=1 per_component=5
path_filestat_get 25 per_word=1 per_component=5
path_filestat_set_times 25 per_word=1 per_component=5
poll_oneoff 20 per_subscription=10
sock_accept 10
sock_recv 10
sock_send 10
sock_shutdown 10
"""
EXTISM = """
alloc 2 per_word=1
free 2
length 2
length_unsafe 2
load_u8 2
load_u64 2
store_u8 2
store_u64 2
input_length 2
input_offset 2
input_load_u8 2
input_load_u64 2
output_set 2
error_set 2 per_word=1
config_get 2 per_word=1
var_get 2 per_word=1
var_set 2 per_word=1
http_request 2 per_word=1
http_status_code 2
http_headers 2 per_word=1
log_trace 2 per_word=1
log_debug 2 per_word=1
log_info 2 per_word=1
log_warn 2 per_word=1
log_error 2 per_word=1
get_log_level 2
"""


@cache
def host_prices() -> GasSchedule:
    """Everything is free but the host functions."""
    schedule = load_schedule("guests-1")
    free = {name: InstructionCost(0) for name in schedule.instructions}
    return replace(
        schedule,
        name="host prices",
        memory_page=0,
        local=0,
        carried_value=0,
        element_segment=0,
        instructions=free,
        host_costs={**dict.fromkeys(LAYOUTS, _costs(WASI)), MODULE: _costs(EXTISM)},
    )


def _costs(rows: str) -> dict[str, HostCost]:
    return dict(_cost(row) for row in rows.split("\n") if row)


def _cost(row: str) -> tuple[str, HostCost]:
    name, base, *rest = row.split()
    rates = {key: int(rate) for key, _, rate in (one.partition("=") for one in rest)}
    return name, HostCost(int(base), 0, rates.pop("per_word", 0), rates)
