"""Which modules ewasm accepts (ewasm reference, section 2.1), as a profile.

Features are left to the gas schedule: an instruction without a price is refused.
"""

from contractvm.hosts.ewasm.functions import ENTRY_POINT, IMPORTS, MEMORY_EXPORT
from contractvm.wasm.structure.module import ExternKind
from contractvm.wasm.structure.types import FuncType
from contractvm.wasm.validation.profile import Profile, SizeLimits

EWASM = Profile(
    name="ewasm",
    floats="refused",
    sizes=SizeLimits(
        # 1 GiB: a contract that the sender can pay for never comes near it.
        max_memory_pages=16_384,
        max_table_elements=1_000_000,
        max_tables=10,
        # Each value that a call, a block or a branch takes along costs an engine
        # memory to compile and time to move, and nothing that compilers make has as
        # many: C and Rust pass what is larger by a pointer.
        max_params=128,
        max_results=16,
    ),
    imports=IMPORTS,
    exports={ENTRY_POINT: FuncType((), ()), MEMORY_EXPORT: ExternKind.MEMORY},
    allows_start=False,
)
