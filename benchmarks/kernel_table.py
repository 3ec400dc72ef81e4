"""The kernels: which module, with what argument, with what result."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.build_kernels import KERNEL_FOLDER
from benchmarks.kernel_hosts import KernelHost, StepHost, TokenHost


@dataclass(frozen=True, slots=True)
class Run:
    """One call of a kernel's `run`, and what it returns as an unsigned i32."""

    argument: int
    result: int


@dataclass(frozen=True, slots=True)
class Kernel:
    """`full` is what is measured: some tens of milliseconds in an interpreter.

    `small` is for engines that are a thousand times slower, and for tests.
    """

    name: str
    small: Run
    full: Run
    host: Callable[[], KernelHost] = KernelHost

    @property
    def wasm(self) -> bytes:
        return (KERNEL_FOLDER / f"{self.name}.wasm").read_bytes()


KERNELS = (
    Kernel("fib_recursive", Run(10, 55), Run(30, 832040)),
    Kernel("fib_iterative", Run(10, 55), Run(3_000_000, 768372992)),
    Kernel("sieve", Run(100, 25), Run(1_000_000, 78498)),
    Kernel("keccak256", Run(136, 0xEACCFC5A), Run(200_000, 1198183700)),
    Kernel("sha256", Run(64, 0xC6AB9724), Run(200_000, 2409438196)),
    Kernel("blake2b", Run(129, 0x45847102), Run(1_000_000, 1133608442)),
    Kernel("multiply256", Run(2, 249228452), Run(30_000, 960909424)),
    Kernel("power256", Run(1, 113547168), Run(80, 2187577788)),
    Kernel("secp256k1", Run(1, 1), Run(3, 992)),
    Kernel("matrix", Run(5, 606250), Run(128, 214319703)),
    Kernel("bytecode", Run(10, 77), Run(1_000, 60542)),
    Kernel("memory_copy", Run(1, 1339410162), Run(400, 2531744034)),
    Kernel("sort", Run(20, 3122108852), Run(50_000, 928392410)),
    Kernel("call_indirect", Run(10, 1280888176), Run(500_000, 2627519725)),
    Kernel("host_calls", Run(10, 70), Run(30_000, 13392), StepHost),
    Kernel("token_transfer", Run(1, 3), Run(2_000, 6000), TokenHost),
)
BY_NAME = {kernel.name: kernel for kernel in KERNELS}
