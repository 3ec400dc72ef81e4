"""The one thread that has the chain: it runs requests in the order of their arrival."""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

Job = tuple[Callable[[], Any], Callable[[Any], None]]


class Writer:
    """Runs jobs on its thread, and hands their results to the event loop."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._unfinished = 0
        self._thread = Thread(target=self._run, name="contractvm-chain", daemon=True)
        self._thread.start()

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits: then the event loop may use the chain."""
        return self._unfinished == 0

    def submit(self, job: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run `job` after all before it; the loop then calls `done` with its result."""
        self._unfinished += 1
        self._jobs.put((job, done))

    def end(self) -> None:
        """Wait until all jobs are done."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, done = item
            self._loop.call_soon_threadsafe(self._finish, done, job())

    def _finish(self, done: Callable[[Any], None], result: Any) -> None:
        self._unfinished -= 1
        done(result)
