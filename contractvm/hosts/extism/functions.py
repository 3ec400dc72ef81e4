"""The functions of Extism's ABI, a row for each."""

from collections.abc import Callable
from typing import Any

from contractvm.hosts.extism import http_requests as http
from contractvm.hosts.extism import memory_functions as memory
from contractvm.hosts.extism import setting_functions as settings
from contractvm.hosts.extism.host_call import MODULE, charging
from contractvm.hosts.interface import HostFunction, func_type

# Name, parameters, results, function.
ROWS: tuple[tuple[str, str, str, Callable[..., Any]], ...] = (
    ("alloc", "I", "I", memory.alloc),
    ("free", "I", "", memory.free),
    ("length", "I", "I", memory.length),
    ("length_unsafe", "I", "I", memory.length),
    ("load_u8", "I", "i", memory.load_u8),
    ("load_u64", "I", "I", memory.load_u64),
    ("store_u8", "Ii", "", memory.store_u8),
    ("store_u64", "II", "", memory.store_u64),
    ("input_length", "", "I", memory.input_length),
    ("input_offset", "", "I", memory.input_offset),
    ("input_load_u8", "I", "i", memory.input_load_u8),
    ("input_load_u64", "I", "I", memory.input_load_u64),
    ("output_set", "II", "", memory.output_set),
    ("error_set", "I", "", settings.error_set),
    ("config_get", "I", "I", settings.config_get),
    ("var_get", "I", "I", settings.var_get),
    ("var_set", "II", "", settings.var_set),
    ("http_request", "II", "I", http.http_request),
    ("http_status_code", "", "i", http.http_status_code),
    ("http_headers", "", "I", http.http_headers),
    *((f"log_{one}", "I", "", settings.log_function(one)) for one in settings.LEVELS),
    ("get_log_level", "", "i", settings.get_log_level),
)
FUNCTIONS = tuple(
    HostFunction(MODULE, name, func_type(params, results), charging(name, run))
    for name, params, results, run in ROWS
)
