"""Extism's ABI as a host interface: plugins that run without a chain."""

from contractvm.hosts.extism.functions import FUNCTIONS
from contractvm.hosts.interface import HostInterface
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.wasm.validation.profile import Profile, SizeLimits

PROFILE = Profile(
    name="extism",
    floats="canonical",
    sizes=SizeLimits(
        max_module_bytes=64 << 20,
        max_memory_pages=16_384,  # 1 GiB
        max_table_elements=100_000,
        max_tables=10,
        max_params=128,
        max_results=16,
    ),
    imports={row.key: row.func_type for row in FUNCTIONS},
    allows_more_exports=True,
)

INTERFACE = HostInterface(
    name="extism",
    profile=PROFILE,
    functions=FUNCTIONS,
    sections=(),
    # A start function may call host functions, which need the gas counter.
    options=InstrumentationOptions(defer_start=True),
)
