"""Build the compiled modules: every `.pyx` file of the packages is one."""

import os
import runpy
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

PACKAGES = ("contractvm", "gas_schedule", "chain_sim", "contract_fuzz")
# Floats are never contracted to fused operations: results would differ by machine.
# -fno-gcse is what gcc's manual advises for computed gotos. Their targets, aligned:
# without it the speed of a func's calls differed by half between two builds.
OPTIMISED = [
    *("-O3", "-g0", "-fno-strict-aliasing", "-ffp-contract=off"),
    *("-fno-gcse", "-falign-labels=16"),
]
SANITIZED = [
    "-O1",
    "-g",
    "-fno-omit-frame-pointer",
    "-ffp-contract=off",
    "-fsanitize=address,undefined",
]
EXECUTION = Path("contractvm", "execution")
LOOP_HEADERS = (
    EXECUTION / "machine.h",
    EXECUTION / "loop.h",
    EXECUTION / "generated" / "operations.h",
    EXECUTION / "generated" / "arms.h",
)

is_sanitized = os.environ.get("CONTRACTVM_SANITIZE") == "1"


def extension(path: Path) -> Extension:
    """One compiled module; its dotted name is its path."""
    return Extension(
        ".".join(path.with_suffix("").parts),
        [str(path)],
        extra_compile_args=SANITIZED if is_sanitized else OPTIMISED,
        extra_link_args=["-fsanitize=address,undefined"] if is_sanitized else [],
        include_dirs=[str(EXECUTION)] if path.parent == EXECUTION else [],
        libraries=["m"],
        depends=[str(header) for header in LOOP_HEADERS]
        if path.parent == EXECUTION
        else [],
    )


def write_loop() -> None:
    """Write the arms of the interpreter's loop from its table of operations.

    Both files import nothing of ours, so that they run before anything is compiled.
    """
    operations = runpy.run_path(str(EXECUTION / "operations.py"))["OPERATIONS"]
    generator = runpy.run_path(str(EXECUTION / "loop_generator.py"))
    (EXECUTION / "generated").mkdir(exist_ok=True)
    for name in ("operations", "arms"):
        text = generator[f"generate_{name}"](operations)
        path = EXECUTION / "generated" / f"{name}.h"
        # An unchanged file keeps its time: nothing is compiled again for it.
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


write_loop()
sources = sorted(path for name in PACKAGES for path in Path(name).rglob("*.pyx"))
setup(
    ext_modules=cythonize(
        [extension(path) for path in sources],
        compiler_directives={
            "language_level": 3,
            "boundscheck": True,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": False,
        },
    ),
    options={"build_ext": {"parallel": os.cpu_count()}},
)
