"""Worker pools for campaign chunks on this machine: this process, or several others."""

import multiprocessing
import pickle
import signal
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait

from contract_fuzz.errors import ChunkFailed, WorkerFailed
from contract_fuzz.judging.campaign import Chunk, FrozenRound
from contract_fuzz.judging.case_runner import CaseRunner
from contract_fuzz.judging.chunk_result import ChunkResult
from contract_fuzz.judging.parts import HostedCampaign
from contract_fuzz.judging.stopping import Stop, StopFlag

MAX_ATTEMPTS = 3
WAIT_SECONDS = 0.1
END_SECONDS = 5


class InProcess:
    """Runs chunks here, one after the other."""

    def __init__(
        self, campaign: HostedCampaign, runner: CaseRunner | None = None
    ) -> None:
        self._runner = runner or CaseRunner(campaign)

    def run(
        self, frozen: FrozenRound, chunks: Sequence[Chunk], should_stop: Stop
    ) -> Iterator[ChunkResult]:
        """See Pool."""
        for chunk in chunks:
            result = self._runner.run(frozen, chunk, should_stop)
            yield result
            if result.case_count < chunk.count:
                return

    def close(self) -> None:
        """See Pool; nothing is held."""


class Worker:
    """A process that runs chunks, seen from its parent."""

    def __init__(self, campaign: bytes) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=serve, args=(theirs, campaign), daemon=True
        )
        self.process.start()
        theirs.close()
        self.chunk: Chunk | None = None
        self.is_told_to_stop = False
        self._round: bytes | None = None

    def give(self, frozen: bytes, chunk: Chunk) -> None:
        """Start a chunk; OSError if the process has died."""
        self.chunk = chunk
        news = None if frozen is self._round else frozen
        self._round = frozen
        self.connection.send((news, chunk))

    def tell_to_stop(self) -> None:
        """Ask for what the process has of its chunk."""
        if not self.is_told_to_stop and self.process.pid and self.process.is_alive():
            self.process.terminate()
            self.is_told_to_stop = True

    def end(self) -> None:
        """End the process, by force if it does not end by itself."""
        self.connection.close()
        self.process.terminate()
        self.process.join(END_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Processes:
    """Runs chunks in `count` processes of this machine.

    The chunk of one that dies is run again by another, up to MAX_ATTEMPTS times.
    """

    def __init__(self, campaign: HostedCampaign, count: int) -> None:
        self._campaign = pickle.dumps(campaign)
        self._workers = [Worker(self._campaign) for _ in range(count)]

    @property
    def process_ids(self) -> list[int]:
        """The workers' process IDs at the moment."""
        return [worker.process.pid or 0 for worker in self._workers]

    def run(
        self, frozen: FrozenRound, chunks: Sequence[Chunk], should_stop: Stop
    ) -> Iterator[ChunkResult]:
        """See Pool."""
        packed = pickle.dumps(frozen)
        waiting = deque(chunks)
        attempts = dict.fromkeys(chunks, 0)
        while waiting or any(worker.chunk for worker in self._workers):
            if should_stop():
                waiting.clear()
                for worker in self._workers:
                    if worker.chunk:
                        worker.tell_to_stop()
            self._give_out(packed, waiting, attempts)
            busy = {
                worker.connection: worker for worker in self._workers if worker.chunk
            }
            for connection in wait(list(busy), WAIT_SECONDS):
                result = self._take(busy[connection], waiting, attempts)  # type: ignore[index]
                if result is not None:
                    yield result

    def close(self) -> None:
        """See Pool."""
        for worker in self._workers:
            worker.end()
        self._workers = []

    def _give_out(
        self, packed: bytes, waiting: deque[Chunk], attempts: dict[Chunk, int]
    ) -> None:
        for worker in list(self._workers):
            if worker.chunk is None and waiting:
                chunk = waiting.popleft()
                try:
                    worker.give(packed, chunk)
                except OSError:
                    self._replace(worker, waiting, attempts)

    def _take(
        self, worker: Worker, waiting: deque[Chunk], attempts: dict[Chunk, int]
    ) -> ChunkResult | None:
        """A worker's result; None if it died."""
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            self._replace(worker, waiting, attempts)
            return None
        if isinstance(answer, WorkerReport):
            raise WorkerFailed(answer.message, answer.details)
        worker.chunk = None
        return answer  # type: ignore[no-any-return] # what _serve_chunks sends

    def _replace(
        self, worker: Worker, waiting: deque[Chunk], attempts: dict[Chunk, int]
    ) -> None:
        chunk = worker.chunk
        worker.end()
        self._workers.remove(worker)
        if worker.is_told_to_stop:
            return
        if chunk is not None:
            attempts[chunk] += 1
            if attempts[chunk] >= MAX_ATTEMPTS:
                raise ChunkFailed(
                    chunk.first,
                    chunk.count,
                    attempts[chunk],
                    f"exit code {worker.process.exitcode}",
                )
            waiting.appendleft(chunk)
        self._workers.append(Worker(self._campaign))


class WorkerReport:
    """A worker's report of its error."""

    def __init__(self, error: BaseException) -> None:
        self.message = f"{type(error).__name__}: {error}"
        self.details = "".join(traceback.format_exception(error))


def serve(connection: Connection, campaign: bytes) -> None:
    """A worker's loop: chunks come in, results go out, until the connection ends."""
    flag = StopFlag()
    # Ctrl-C goes to the whole group: the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, flag.raise_it)
    try:
        _serve_chunks(connection, CaseRunner(pickle.loads(campaign)), flag)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:  # noqa: BLE001 (told to the parent, which raises it)
        connection.send(WorkerReport(error))


def _serve_chunks(connection: Connection, runner: CaseRunner, flag: StopFlag) -> None:
    frozen = FrozenRound(number=-1)
    while not flag.is_raised:
        packed, chunk = connection.recv()
        if packed is not None:
            frozen = pickle.loads(packed)
        connection.send(runner.run(frozen, chunk, flag))
