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
    Kernel("aes", Run(1, 2923014543), Run(4_000, 3015493542)),
    Kernel("binary_trees", Run(1, 511), Run(200, 102200)),
    Kernel("hash_map", Run(100, 2450), Run(20_000, 99990000)),
    Kernel("json", Run(1, 246149053), Run(120, 2875524063)),
    Kernel("lz4", Run(100, 1727873889), Run(65_536, 1980701982)),
    Kernel("perft", Run(3, 8902), Run(4, 197281)),
    Kernel("rsa", Run(1, 2623385275), Run(8, 2447872523)),
    Kernel("utf8", Run(100, 1941835171), Run(16_384, 3459465857)),
    Kernel("deep_recursion", Run(2, 8000), Run(250, 1000000)),
    Kernel("tiny_funcs", Run(10, 60), Run(300_000, 2050627040)),
    Kernel("tight_loops", Run(10, 32), Run(1_000_000, 3000002)),
    Kernel("mandelbrot", Run(10, 2553), Run(128, 399752)),
    Kernel("nbody", Run(10, 90178262), Run(10_000, 1775154809)),
    Kernel("rays", Run(8, 1778), Run(128, 548312)),
    Kernel("spectral_norm", Run(10, 582017527), Run(100, 3213906994)),
    Kernel("host_calls", Run(10, 70), Run(30_000, 13392), StepHost),
    Kernel("token_transfer", Run(1, 3), Run(2_000, 6000), TokenHost),
)
BY_NAME = {kernel.name: kernel for kernel in KERNELS}
