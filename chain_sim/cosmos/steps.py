"""Work that calls itself without recursion: messages of contracts nest as they like.

A function of this kind is a generator: it yields the work that it waits for, and gets
what that returned or raised. `run_steps` keeps the open ones on a list.
"""

from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")
Steps = Generator[Any, Any, T]


def run_steps(first: Steps[T]) -> T:
    """Run `first` and all that it waits for; its result."""
    open_steps: list[Steps[Any]] = [first]
    value: Any = None
    error: BaseException | None = None
    while open_steps:
        current = open_steps[-1]
        try:
            waiting_for = current.send(value) if error is None else current.throw(error)
        except StopIteration as end:
            open_steps.pop()
            value, error = end.value, None
        except BaseException as failure:  # noqa: BLE001 (whoever waits gets it)
            open_steps.pop()
            value, error = None, failure
        else:
            open_steps.append(waiting_for)
            value, error = None, None
    if error is not None:
        raise error
    result: T = value
    return result
