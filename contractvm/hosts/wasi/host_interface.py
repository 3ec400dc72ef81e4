"""WASI preview 1 as a host interface: programs that run without a chain."""

from dataclasses import replace

from contractvm.hosts.interface import HostInterface
from contractvm.hosts.wasi.functions import FUNCTIONS
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.wasm.structure.module import ExternKind
from contractvm.wasm.validation.profile import Profile, SizeLimits

MEMORY_EXPORT = "memory"
PROFILE = Profile(
    name="wasi",
    floats="canonical",
    sizes=SizeLimits(
        max_memory_pages=16_384,  # 1 GiB
        max_table_elements=100_000,
        max_tables=10,
        max_params=128,
        max_results=16,
    ),
    imports={row.key: row.func_type for row in FUNCTIONS},
    exports={MEMORY_EXPORT: ExternKind.MEMORY},
    allows_more_exports=True,
)
# Programs are linked, not refused: a caller may give them more functions.
PROGRAM_PROFILE = replace(PROFILE, imports=None)

INTERFACE = HostInterface(
    name="wasi",
    profile=PROFILE,
    functions=FUNCTIONS,
    sections=(),
    # A start function may call host functions, which need the gas counter.
    options=InstrumentationOptions(defer_start=True),
    memory_export=MEMORY_EXPORT,
)
