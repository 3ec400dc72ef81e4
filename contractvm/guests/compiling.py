"""Compiling guests in the background: one at a time, in a process of its own."""

import warnings
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread

from contractvm.errors import ContractVmError
from contractvm.wasm.engines.wasmtime.compile_process import CompileProcess

TURN = Lock()


def in_background(compile_with: Callable[[CompileProcess], None]) -> Future[bool]:
    """Compile in another thread; whether it succeeded. A failure is a warning."""
    done: Future[bool] = Future()

    def work() -> None:
        process = CompileProcess()
        try:
            with TURN:
                compile_with(process)
        except (ContractVmError, OSError) as error:
            try:
                warnings.warn(f"not compiled: {error}", stacklevel=1)
            finally:
                done.set_result(False)
        except BaseException as error:
            done.set_exception(error)
            raise
        else:
            done.set_result(True)
        finally:
            process.close()

    Thread(target=work, name="contractvm-compiling", daemon=True).start()
    return done
