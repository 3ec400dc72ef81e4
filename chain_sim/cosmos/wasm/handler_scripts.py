"""Scripts of users, with handlers for what the chain does not simulate."""

import importlib.util
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from chain_sim.cosmos.errors import HandlerFailed, ScriptFailed
from chain_sim.cosmos.wasm.handlers import Handlers
from contractvm.errors import ContractVmError

REGISTER = "register"
T = TypeVar("T")


def run_script(path: Path) -> dict[str, Any]:
    """The names that a Python file defines; raises ScriptFailed."""
    spec = importlib.util.spec_from_file_location("contractvm_script", path)
    if path.suffix != ".py" or spec is None or spec.loader is None:
        raise ScriptFailed(path, "the script ends in .py")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ScriptFailed(path, told(error)) from error
    return vars(module)


def load_handlers(path: Path | None, handlers: Handlers | None = None) -> Handlers:
    """Handlers with those that `register(handlers)` of a script adds; none for None.

    What one of them raises, but for errors of this project, becomes HandlerFailed.
    Raises ScriptFailed.
    """
    found = Handlers() if handlers is None else handlers
    if path is None:
        return found
    register = run_script(path).get(REGISTER)
    if not callable(register):
        raise ScriptFailed(path, f"no function {REGISTER}(handlers)")
    made = Handlers()
    try:
        register(made)
    except Exception as error:
        raise ScriptFailed(path, told(error)) from error
    for name, message_handler in made.messages.items():
        found.messages[name] = _telling(name, message_handler)
    for name, query_handler in made.queries.items():
        found.queries[name] = _telling(name, query_handler)
    return found


def _telling(name: str, handler: Callable[..., T]) -> Callable[..., T]:
    @wraps(handler)
    def run(*arguments: Any) -> T:
        try:
            return handler(*arguments)
        except ContractVmError:
            raise
        except Exception as error:
            raise HandlerFailed(name, told(error)) from error

    return run


def told(error: BaseException) -> str:
    """An error of a user's script, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}"
