"""The scratch copies that faults are planted in: one is changed, one stays whole.

The working tree itself is only read.
"""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from types import CodeType

from tools.planter.process import Ended, Limits, run_limited

BUILT = ("*.so", "*.c", "*.pxd", "generated/*.h")
BUILD = Path("build")
BUILD_LIMITS = Limits(seconds=900, silent_seconds=900, memory_bytes=6 << 30)
C_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# What generates compiled sources, beside what is one.
GENERATORS = (
    "operations.py",
    "loop_generator.py",
    "opcodes.py",
    "opcodes_generator.py",
    "interpreter/pairs.py",
)


class Scratch:
    """Two copies of a tree: `whole`, and `planted`, which differs by one fault.

    `folder` is emptied first, except for the compiled modules of faults that were
    planted before: those are kept by the hash of all compiled sources.
    """

    def __init__(self, tree: Path, folder: Path, python: Path) -> None:
        self.whole = folder / "whole"
        self.planted = folder / "planted"
        self._kept = folder / "compiled"
        self._python = python
        for copy in (self.whole, self.planted):
            shutil.rmtree(copy, ignore_errors=True)
            copy_tree(tree, copy)
        (folder / "home").mkdir(exist_ok=True)
        (folder / "tmp").mkdir(exist_ok=True)
        self._folder = folder
        # The published vectors lie beside the tree, which the copies are not.
        self._vectors = os.environ.get(
            "CONTRACTVM_VECTORS", str(tree.parent / "shared" / "vectors")
        )

    def environment(self, copy: Path) -> dict[str, str]:
        """Variables for a process that imports the packages of one copy."""
        return os.environ | {
            "PYTHONPATH": str(copy),
            # Each source is compiled once: a planted one is newer than any before.
            "PYTHONDONTWRITEBYTECODE": "",
            "HOME": str(self._folder / "home"),
            "TMPDIR": str(self._folder / "tmp"),
            "CONTRACTVM_COMPILE": "quickly",
            "CONTRACTVM_VECTORS": self._vectors,
        }

    def plant(self, path: str, source: str) -> str:
        """Put the changed source in place; return "", or why it is not run.

        "does not compile", or "equivalent": the compiled code is the same.
        """
        self.planted.joinpath(path).write_text(source)
        if path.endswith(".py"):
            original = self.whole.joinpath(path).read_text()
            untested = compared_python(original, source)
            if untested or not is_compiled(path):
                return untested
        kept = self._kept / self._key()
        if kept.exists():
            copy_files(kept, self.planted)
        elif self._build().code == 0:
            self._keep(kept)
        else:
            return "does not compile"
        return self._compared_c()

    def restore(self) -> None:
        """Make `planted` the same as `whole` again, times of files included."""
        for path in files_of(self.whole):
            original, copy = self.whole / path, self.planted / path
            if (
                not copy.exists()
                or copy.stat().st_mtime_ns != original.stat().st_mtime_ns
            ):
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(original, copy)
        for path in files_of(self.planted) - files_of(self.whole):
            (self.planted / path).unlink()
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)
        (self._folder / "tmp").mkdir()

    def _build(self) -> Ended:
        return run_limited(
            [str(self._python), "setup.py", "-q", "build_ext", "--inplace"],
            self.planted,
            self.environment(self.planted),
            BUILD_LIMITS,
        )

    def _keep(self, kept: Path) -> None:
        for changed in self._changed():
            (kept / changed).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.planted / changed, kept / changed)

    def _key(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(files_of(self.planted)):
            if is_compiled(str(path)):
                digest.update(f"{path}\0".encode())
                digest.update(self.planted.joinpath(path).read_bytes())
        return digest.hexdigest()[:24]

    def _changed(self) -> list[Path]:
        """The built files, `build` left out, that are not those of `whole`."""
        return [
            path
            for path in sorted(files_of(self.planted))
            if path.suffix in (".so", ".c")
            and path.parts[0] != BUILD.name
            and not is_same(self.planted / path, self.whole / path)
        ]

    def _compared_c(self) -> str:
        """Whether the C that was written differs by more than comments.

        A header changes compiled modules without their C.
        """
        written = [path for path in self._changed() if path.suffix == ".c"]
        is_equivalent = written and all(
            self._code(self.planted, path) == self._code(self.whole, path)
            for path in written
        )
        return "equivalent" if is_equivalent else ""

    @staticmethod
    def _code(copy: Path, path: Path) -> str:
        return C_COMMENT.sub("", (copy / path).read_text())


def is_compiled(path: str) -> bool:
    """Whether a change of the file needs a build."""
    return path.endswith((".pyx", ".pxd", ".h")) or path.endswith(GENERATORS)


def is_same(left: Path, right: Path) -> bool:
    return right.exists() and left.stat().st_mtime_ns == right.stat().st_mtime_ns


def files_of(copy: Path) -> set[Path]:
    return {
        Path(folder, name).relative_to(copy)
        for folder, folders, names in os.walk(copy)
        if not folders_left_out(folders)
        for name in names
    }


def folders_left_out(folders: list[str]) -> bool:
    """Take folders that no test reads out of a walk's list; always False."""
    folders[:] = [name for name in folders if name not in ("__pycache__", ".venv")]
    return False


def copy_tree(tree: Path, copy: Path) -> None:
    """Copy the files under version control and what was built from them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=tree,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    packages = {path.parts[0] for path in paths if path.suffix == ".pyx"}
    for package in sorted(packages):
        for pattern in BUILT:
            paths += (
                path.relative_to(tree) for path in (tree / package).rglob(pattern)
            )
    for pattern in ("temp*/**/*.o", "lib*/**/*.so"):
        paths += (path.relative_to(tree) for path in (tree / BUILD).glob(pattern))
    for path in paths:
        if (tree / path).exists():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(tree / path, copy / path)
    if (tree / ".venv").exists():
        (copy / ".venv").symlink_to((tree / ".venv").resolve())


def copy_files(source: Path, destination: Path) -> None:
    for path in files_of(source):
        shutil.copy2(source / path, destination / path)


def compared_python(before: str, after: str) -> str:
    """Whether a changed Python source is not code, or the same code as before."""
    try:
        changed = compile(after, "planted", "exec", dont_inherit=True)
    except SyntaxError:
        return "does not compile"
    same = stripped(compile(before, "planted", "exec", dont_inherit=True)) == stripped(
        changed
    )
    return "equivalent" if same else ""


def stripped(code: CodeType) -> CodeType:
    """The code without the columns of its instructions, which no result shows."""
    constants = tuple(
        stripped(value) if isinstance(value, CodeType) else value
        for value in code.co_consts
    )
    return code.replace(co_linetable=b"", co_consts=constants)
