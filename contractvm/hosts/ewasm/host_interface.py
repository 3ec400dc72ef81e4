"""The ewasm host interface as a value (ewasm reference).

Features are left to the gas schedule: an instruction without a price is refused.
"""

from functools import partial

from contractvm.hosts.evm.contract_call import (
    ENTRY_POINT,
    MEMORY_EXPORT,
    ContractCall,
)
from contractvm.hosts.evm.costs import PrecompileCosts, TransactionCosts
from contractvm.hosts.evm.deployment import build_init_module
from contractvm.hosts.ewasm.functions import BY_NAME, FUNCTIONS
from contractvm.hosts.ewasm.timed_calls import TIMED_CALLS
from contractvm.hosts.interface import HostInterface
from contractvm.wasm.structure.module import ExternKind
from contractvm.wasm.structure.types import FuncType
from contractvm.wasm.validation.profile import Profile, SizeLimits

# Section 2.1.
PROFILE = Profile(
    name="ewasm",
    floats="refused",
    sizes=SizeLimits(
        # 1 GiB: a contract that the sender can pay for never comes near it.
        max_memory_pages=16_384,
        max_table_elements=1_000_000,
        max_tables=10,
        # Each value that a call, a block or a branch takes along costs an engine
        # memory to compile and time to move, and no compiler's output has as many: C
        # and Rust pass larger values by pointer.
        max_params=128,
        max_results=16,
    ),
    imports={entry.key: entry.func_type for entry in FUNCTIONS},
    exports={ENTRY_POINT: FuncType((), ()), MEMORY_EXPORT: ExternKind.MEMORY},
    allows_start=False,
)

INTERFACE = HostInterface(
    name="ewasm",
    profile=PROFILE,
    functions=FUNCTIONS,
    sections=(TransactionCosts, PrecompileCosts),
    start_call=ContractCall,
    init_code=partial(build_init_module, BY_NAME["finish"]),
    memory_export=MEMORY_EXPORT,
    bounding_schedules=("contractvm-1", "contractvm-2", "ewasm-metered"),
    timed_calls=TIMED_CALLS,
)
