"""A worker pool on a Dask cluster, on this machine or on many.

Dask detects dead workers and gives their chunks to others; a chunk whose workers die
MAX_ATTEMPTS times ends the campaign. Needs the extra `cluster`.
"""

import pickle
from collections.abc import Iterator, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

from contract_fuzz.errors import ChunkFailed, ClusterFailed
from contract_fuzz.judging.campaign import Chunk, FrozenRound
from contract_fuzz.judging.case_runner import CaseRunner
from contract_fuzz.judging.chunk_result import ChunkResult
from contract_fuzz.judging.parts import HostedCampaign
from contract_fuzz.judging.stopping import Stop
from contract_fuzz.workers.pools import MAX_ATTEMPTS

CONNECT_SECONDS = 20
WAIT_SECONDS = 0.1
# One campaign at a time runs in a worker: its threads take turns.
TURN = Lock()


class Cluster:
    """A campaign's chunks on the cluster of the scheduler at `address`."""

    def __init__(
        self, campaign: HostedCampaign, address: str, *, seconds: int = CONNECT_SECONDS
    ) -> None:
        """Raises ClusterFailed if nothing answers for this many seconds."""
        import distributed  # noqa: PLC0415 (an extra, and slow)

        self._dask: Any = distributed
        try:
            self.client: Any = self._dask.Client(
                address, timeout=seconds, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise ClusterFailed(address, str(error)) from error
        self._address = address
        self._campaign = pickle.dumps(campaign)
        self._sent: Any = None

    def run(
        self, frozen: FrozenRound, chunks: Sequence[Chunk], should_stop: Stop
    ) -> Iterator[ChunkResult]:
        """See Pool; after a stop, unfinished chunks are dropped."""
        packed = pickle.dumps(frozen)
        waiting = {self._submit(packed, chunk): (chunk, 1) for chunk in chunks}
        try:
            while waiting and not should_stop():
                for future in self._ended(list(waiting)):
                    chunk, attempt = waiting.pop(future)
                    if future.status == "finished":
                        yield future.result()
                    else:
                        self._check(future, chunk, attempt)
                        waiting[self._submit(packed, chunk)] = chunk, attempt + 1
        finally:
            self.client.cancel(list(waiting))

    def close(self) -> None:
        """See Pool; the cluster keeps running."""
        self.client.close()

    def _submit(self, packed: bytes, chunk: Chunk) -> Any:
        if self._sent is None:
            # Sent to every worker once: it holds the campaign's start state.
            self._sent = self.client.scatter(self._campaign, broadcast=True, hash=False)
        return self.client.submit(
            run_chunk, self._sent, packed, chunk, pure=False, retries=0
        )

    def _ended(self, futures: list[Any]) -> list[Any]:
        """Chunks that are done, successfully or not; none after a while."""
        try:
            with self.client.as_current():
                self._dask.wait(
                    futures, timeout=WAIT_SECONDS, return_when="FIRST_COMPLETED"
                )
        except self._dask.CancelledError:
            pass  # their data was lost; their status says which
        except TimeoutError:
            if self.client.status != "running":
                raise ClusterFailed(self._address, "it went away") from None
        return [future for future in futures if future.status != "pending"]

    def _check(self, future: Any, chunk: Chunk, attempt: int) -> None:
        """Raise if the failed chunk must not be run again."""
        if self.client.status != "running":
            raise ClusterFailed(self._address, "it went away")
        error: BaseException | None = None
        if future.status == "error":
            error = future.exception()
        is_killed = error is None or isinstance(error, self._dask.KilledWorker)
        if not is_killed and error is not None:
            raise error
        self._sent = None  # what it was sent with may be lost with its worker
        if attempt >= MAX_ATTEMPTS:
            reason = str(error) if error else "it was cancelled"
            raise ChunkFailed(chunk.first, chunk.count, attempt, reason)


def run_chunk(campaign: bytes, frozen: bytes, chunk: Chunk) -> ChunkResult:
    """Run a chunk in a worker of the cluster."""
    with TURN:
        return _runner(campaign).run(_frozen(frozen), chunk)


@lru_cache(maxsize=1)
def _runner(campaign: bytes) -> CaseRunner:
    return CaseRunner(pickle.loads(campaign))


@lru_cache(maxsize=1)
def _frozen(frozen: bytes) -> FrozenRound:
    found: FrozenRound = pickle.loads(frozen)
    return found
