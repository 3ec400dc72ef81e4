"""Run Python with compiled modules that check addresses and undefined behaviour.

    python tools/sanitized/run.py -m pytest tests/contractvm/wasm/interpreter
    python tools/sanitized/run.py -m contractvm_cli spectest PATH
    python tools/sanitized/run.py                     only builds

The build lies in build/sanitized, apart from the one beside the sources. What the
sanitizers find ends the process with a report. Python's own allocator is switched off:
it would hide what is written past the end of an object.
"""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = REPOSITORY / "build" / "sanitized"
LIBRARIES = ("libasan.so", "libubsan.so")


def build() -> Path:
    """Build what is out of date; the folder to import from."""
    command = [
        *(sys.executable, "setup.py", "--quiet", "build"),
        *("--build-lib", str(PACKAGES)),
        *("--build-temp", str(PACKAGES.with_name("sanitized-objects"))),
    ]
    environment = os.environ | {"CONTRACTVM_SANITIZE": "1"}
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stdout)
    return PACKAGES


def sanitized_environment() -> dict[str, str]:
    """The environment in which a Python process imports the checked build.

    Python itself is not built with the sanitizers, so their libraries go first.
    """
    libraries = [
        subprocess.run(
            ["gcc", f"-print-file-name={name}"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for name in LIBRARIES
    ]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join([str(PACKAGES), str(REPOSITORY)]),
        # `-m` would put the working directory, with the other build, first.
        "PYTHONSAFEPATH": "1",
        "PYTHONMALLOC": "malloc",
        # The other one loads its library in a way that sanitizers refuse.
        "ETH_HASH_BACKEND": "pysha3",
        "LD_PRELOAD": " ".join(libraries),
        # CPython keeps much until the process ends: leaks are not what we look for.
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }


def main(arguments: list[str]) -> None:
    """Build, then become that Python process."""
    build()
    if not arguments:
        return
    if arguments[:2] == ["-m", "pytest"]:
        # The project's setting would put the sources, with the other build, first.
        paths = f"pythonpath={PACKAGES} {REPOSITORY}"
        arguments = ["-m", "pytest", "-o", paths, *arguments[2:]]
    os.execve(sys.executable, [sys.executable, *arguments], sanitized_environment())


if __name__ == "__main__":
    main(sys.argv[1:])
