"""Build the compiled modules: every `.pyx` file of the packages is one."""

import os
import runpy
import shutil
import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

PACKAGES = (
    "contractvm",
    "gas_schedule",
    "chain_sim",
    "contract_fuzz",
    "contract_testing",
    "contractvm_cli",
)
# "0": not at all, for installations that use the modules compiled next to the sources.
# "quickly": without optimisation, to check only that it can be built.
COMPILE = os.environ.get("CONTRACTVM_COMPILE", "")
# Floats are never contracted to fused operations: results would differ by machine.
# -fno-gcse is what gcc's manual advises for computed gotos. Their targets, aligned:
# without it the speed of a func's calls differed by half between two builds.
OPTIMISED = [
    "-O0" if COMPILE == "quickly" else "-O3",
    *("-g0", "-fno-strict-aliasing", "-ffp-contract=off"),
    # A square root is one instruction, not a call that sets errno.
    "-fno-math-errno",
    *("-fno-gcse", "-falign-labels=16"),
]
# The loop's arms in the order of their conditions, and further apart: hash functions
# were a fifth faster than in the order that gcc finds, and as fast as before elsewhere.
OF_THE_LOOP = ["-freorder-blocks-algorithm=simple", "-falign-labels=32"]
SANITIZED = [
    "-O1",
    "-g",
    "-fno-omit-frame-pointer",
    "-ffp-contract=off",
    "-fsanitize=address,undefined",
]
EXECUTION = Path("contractvm", "wasm", "interpreter")
STRUCTURE = Path("contractvm", "wasm", "structure")
LOOP = EXECUTION / "interpreter.pyx"
LOOP_HEADERS = (
    EXECUTION / "machine.h",
    EXECUTION / "loop.h",
    EXECUTION / "generated" / "operations.h",
    EXECUTION / "generated" / "arms.h",
)

SITE = Path("site")

# Any call from Python ends in a result or an exception, whatever it is given:
# - an attribute of None is looked for and not found, where a class was expected;
# - a method is a method descriptor, which looks at what it is called on;
# - nobody unpickles an object into a state that none of our code has made.
# The first is a comparison at each access. A file where time counts switches it off:
# its arguments are `not None`, and its own classes' attributes are set by `__cinit__`.
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": True,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "nonecheck": True,
    "binding": False,
    "auto_pickle": False,
}

# What Cython writes for memoryviews is 20,000 lines of C: once, not in each module.
SHARED = "contractvm.cython_shared"

is_sanitized = os.environ.get("CONTRACTVM_SANITIZE") == "1"


def extension(path: Path) -> Extension:
    """One compiled module; its dotted name is its path."""
    optimised = OPTIMISED + OF_THE_LOOP * (path == LOOP)
    return Extension(
        ".".join(path.with_suffix("").parts),
        [str(path)],
        extra_compile_args=SANITIZED if is_sanitized else optimised,
        extra_link_args=["-fsanitize=address,undefined"] if is_sanitized else [],
        include_dirs=[str(EXECUTION)] if path.parent == EXECUTION else [],
        libraries=["m"],
        depends=[
            "setup.py",
            *(map(str, LOOP_HEADERS) if path.parent == EXECUTION else ()),
        ],
    )


def write_changed(path: Path, text: str) -> None:
    """Write a generated file; an unchanged one keeps its time.

    Nothing is compiled again for it then.
    """
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def write_opcodes() -> None:
    """Write the opcode table's numbers for compiled code.

    What the table's files import is not compiled. A build in isolation does not look
    for modules where this file is.
    """
    sys.path.insert(0, os.getcwd())
    try:
        generator = runpy.run_path(str(STRUCTURE / "opcodes_generator.py"))
    finally:
        del sys.path[0]
    write_changed(STRUCTURE / "opcodes.pxd", generator["generate_opcodes"]())


def write_loop() -> None:
    """Write the arms of the interpreter's loop from its table of operations.

    These files import nothing else of this project, so that they run before anything is
    compiled.
    """
    operations = runpy.run_path(str(EXECUTION / "operations.py"))["OPERATIONS"]
    pairs = runpy.run_path(str(EXECUTION / "pairs.py"))["PAIRS"]
    generator = runpy.run_path(str(EXECUTION / "loop_generator.py"))
    (EXECUTION / "generated").mkdir(exist_ok=True)
    for name in ("operations", "arms"):
        text = generator[f"generate_{name}"](operations, pairs)
        write_changed(EXECUTION / "generated" / f"{name}.h", text)


def is_out_of_date(extension: Extension) -> bool:
    """Whether its C was written before this file, and so by other directives."""
    written = Path(extension.sources[0]).with_suffix(".c")
    return (
        written.exists() and written.stat().st_mtime < Path("setup.py").stat().st_mtime
    )


def extensions() -> list[Extension]:
    """All compiled modules, from their sources."""
    sources = sorted(path for name in PACKAGES for path in Path(name).rglob("*.pyx"))
    shared = Path(*SHARED.split(".")).with_suffix(".c")
    return [extension(path) for path in (shared, *sources)]


class BuildModules(build_ext):
    """Writes the C of what is compiled; a source distribution has no need of it."""

    def run(self) -> None:
        """Write what is out of date, then compile."""
        modules = extensions()
        written = cythonize(
            modules,
            force=any(map(is_out_of_date, modules)),
            nthreads=os.cpu_count() or 1,
            shared_utility_qualified_name=SHARED,
            compiler_directives=DIRECTIVES,
        )
        sources = {made.name: made.sources for made in written}
        for wanted in self.extensions:
            wanted.sources = sources[wanted.name]
        super().run()


class CopyModules(build_py):
    """Copies the documentation too, where `make docs` has built it."""

    def run(self) -> None:
        """Copy to the folder in which `contractvm docs` looks for it."""
        super().run()
        if SITE.is_dir() and not self.editable_mode:
            target = Path(self.build_lib, "contractvm_cli", SITE)
            shutil.copytree(SITE, target, dirs_exist_ok=True)


# Processes that write C import this file where they cannot be forked.
if __name__ == "__main__":
    # Who links only may do so while another process compiles: nothing is written then.
    is_linked = COMPILE == "0"
    if not is_linked:
        write_opcodes()
        write_loop()
    setup(
        ext_modules=[] if is_linked else extensions(),
        cmdclass={"build_ext": BuildModules, "build_py": CopyModules},
        options={"build_ext": {"parallel": os.cpu_count()}},
    )
