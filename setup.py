"""Build the compiled modules: every `.pyx` file of the three packages is one."""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

PACKAGES = ("contractvm", "gas_schedule", "chain_sim")
OPTIMISED = ["-O3", "-fno-strict-aliasing"]
SANITIZED = ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined"]

is_sanitized = os.environ.get("CONTRACTVM_SANITIZE") == "1"


def extension(path: Path) -> Extension:
    """One compiled module; its dotted name is its path."""
    return Extension(
        ".".join(path.with_suffix("").parts),
        [str(path)],
        extra_compile_args=SANITIZED if is_sanitized else OPTIMISED,
        extra_link_args=["-fsanitize=address,undefined"] if is_sanitized else [],
    )


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
    )
)
