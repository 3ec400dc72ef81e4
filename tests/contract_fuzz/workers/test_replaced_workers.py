"""Pools with workers that are no processes: what is done when one dies or fails."""

import pickle
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from contract_fuzz.errors import ChunkFailed, ClusterFailed, WorkerFailed
from contract_fuzz.judging.campaign import Campaign, Chunk, FrozenRound
from contract_fuzz.judging.case_runner import CaseRunner
from contract_fuzz.judging.chunk_result import ChunkResult
from contract_fuzz.judging.stopping import never
from contract_fuzz.workers import cluster, pools
from contract_fuzz.workers.cluster import Cluster, run_chunk
from contract_fuzz.workers.pools import (
    InProcess,
    Processes,
    Worker,
    WorkerReport,
    serve,
)
from tests.helpers.fuzz_contracts import FOREVER, campaign_for

FIRST, SECOND = Chunk(0, 64), Chunk(64, 36)


class Answering:
    """The end of a worker's pipe: answers by a script."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.sent: list[Any] = []

    def recv(self) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def send(self, value: Any) -> None:
        self.sent.append(value)


class Standing:
    """Stands for a worker."""

    def __init__(self, *answers: Any) -> None:
        self.connection = Answering(*answers)
        self.process = SimpleNamespace(exitcode=9, pid=5)
        self.chunk: Chunk | None = None
        self.is_told_to_stop = False
        self.is_ended = False
        self.given: list[tuple[bytes, Chunk]] = []
        self.refuses: OSError | None = None

    def give(self, frozen: bytes, chunk: Chunk) -> None:
        self.chunk = chunk
        if self.refuses is not None:
            raise self.refuses
        self.given.append((frozen, chunk))

    def tell_to_stop(self) -> None:
        self.is_told_to_stop = True

    def end(self) -> None:
        self.is_ended = True


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Standing]:
    """The workers that a pool makes, in order."""
    workers: list[Standing] = []

    def make(campaign: bytes) -> Standing:
        assert pickle.loads(campaign) == "campaign"
        workers.append(Standing())
        return workers[-1]

    monkeypatch.setattr(pools, "Worker", make)
    return workers


def pool_of(count: int) -> Any:
    campaign: Any = "campaign"
    return Processes(campaign, count)


def test_a_pool_has_as_many_workers_as_asked_for(made: list[Standing]) -> None:
    pool = pool_of(3)
    assert pool._workers == made
    assert pool.process_ids == [5, 5, 5]
    made[1].process.pid = None
    assert pool.process_ids == [5, 0, 5]
    pool.close()
    assert [worker.is_ended for worker in made] == [True] * 3
    assert pool.process_ids == []


def test_chunks_are_given_to_the_workers_that_have_none(made: list[Standing]) -> None:
    pool = pool_of(3)
    made[0].chunk = SECOND
    waiting = deque([FIRST])
    pool._give_out(b"round", waiting, {FIRST: 0})
    assert [worker.given for worker in made] == [[], [(b"round", FIRST)], []]
    assert waiting == deque()


def test_a_worker_that_died_before_its_chunk_is_replaced(made: list[Standing]) -> None:
    pool = pool_of(1)
    made[0].refuses = BrokenPipeError()
    waiting, attempts = deque([FIRST, SECOND]), {FIRST: 0, SECOND: 0}
    pool._give_out(b"round", waiting, attempts)
    assert made[0].is_ended
    assert pool._workers == made[1:]
    assert (waiting, attempts) == (deque([FIRST, SECOND]), {FIRST: 1, SECOND: 0})


def test_an_answer_makes_its_worker_free(made: list[Standing]) -> None:
    pool = pool_of(1)
    result = ChunkResult(0, 64)
    made[0].connection.answers, made[0].chunk = [result], FIRST
    assert pool._take(made[0], deque(), {FIRST: 0}) is result
    assert made[0].chunk is None


@pytest.mark.parametrize(
    "error", [EOFError(), ConnectionResetError(), pickle.UnpicklingError()]
)
def test_a_chunk_of_a_dead_worker_comes_first_again(
    made: list[Standing], error: Exception
) -> None:
    pool = pool_of(1)
    made[0].connection.answers, made[0].chunk = [error], FIRST
    waiting, attempts = deque([SECOND]), {FIRST: 1, SECOND: 0}
    assert pool._take(made[0], waiting, attempts) is None
    assert (waiting, attempts[FIRST]) == (deque([FIRST, SECOND]), 2)
    assert pool._workers == made[1:]


def test_a_chunk_has_three_attempts(made: list[Standing]) -> None:
    pool = pool_of(1)
    made[0].connection.answers, made[0].chunk = [EOFError()], SECOND
    with pytest.raises(ChunkFailed) as caught:
        pool._take(made[0], deque(), {SECOND: 2})
    failed = caught.value
    assert (failed.first, failed.count, failed.attempts) == (64, 36, 3)
    assert failed.reason == "exit code 9"


def test_a_worker_that_was_told_to_stop_is_not_replaced(made: list[Standing]) -> None:
    pool = pool_of(1)
    made[0].connection.answers, made[0].chunk = [EOFError()], FIRST
    made[0].tell_to_stop()
    waiting: deque[Chunk] = deque()
    assert pool._take(made[0], waiting, {FIRST: 2}) is None
    assert (pool._workers, waiting, len(made)) == ([], deque(), 1)


def test_an_idle_worker_that_died_is_replaced(made: list[Standing]) -> None:
    pool = pool_of(1)
    pool._replace(made[0], deque(), {})
    assert pool._workers == made[1:]
    assert len(made) == 2


def test_a_workers_report_is_raised(made: list[Standing]) -> None:
    pool = pool_of(1)
    try:
        raise KeyError("what")
    except KeyError as error:
        made[0].connection.answers = [WorkerReport(error)]
    with pytest.raises(WorkerFailed) as caught:
        pool._take(made[0], deque(), {})
    assert str(caught.value) == "a worker failed: KeyError: 'what'"
    assert caught.value.details.endswith("KeyError: 'what'\n")


@pytest.mark.parametrize(
    ("is_alive", "asked"),
    [
        (False, ["terminate", 5]),
        (True, ["terminate", 5, "kill", None]),
    ],
)
def test_a_worker_that_does_not_end_by_itself_is_killed(
    is_alive: bool, asked: list[Any]
) -> None:
    notes: list[Any] = []
    worker: Any = Worker.__new__(Worker)
    worker.connection = SimpleNamespace(close=lambda: None)
    worker.process = SimpleNamespace(
        terminate=lambda: notes.append("terminate"),
        kill=lambda: notes.append("kill"),
        join=lambda seconds=None: notes.append(seconds),
        is_alive=lambda: is_alive,
    )
    worker.end()
    assert notes == asked


# Inside a worker


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return campaign_for({"other()": ""})


@pytest.fixture
def _no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools.signal, "signal", lambda *_: None)


def served(campaign: bytes, *requests: Any) -> list[Any]:
    connection: Any = Answering(*requests)
    serve(connection, campaign)
    sent: list[Any] = connection.sent
    return sent


@pytest.mark.usefixtures("_no_handlers")
def test_a_worker_keeps_the_round_that_it_was_given(campaign: Campaign) -> None:
    frozen = FrozenRound(number=3)
    chunks = [Chunk(0, 2), Chunk(2, 1)]
    sent = served(
        pickle.dumps(campaign),
        (pickle.dumps(frozen), chunks[0]),
        (None, chunks[1]),
        EOFError(),
    )
    runner = CaseRunner(campaign)
    assert sent == [runner.run(frozen, chunk) for chunk in chunks]
    assert [result.case_count for result in sent] == [2, 1]


@pytest.mark.usefixtures("_no_handlers")
@pytest.mark.parametrize(
    "error", [EOFError(), BrokenPipeError(), ConnectionResetError()]
)
def test_a_worker_ends_with_its_connection(
    campaign: Campaign, error: Exception
) -> None:
    assert served(pickle.dumps(campaign), error) == []


@pytest.mark.usefixtures("_no_handlers")
def test_a_worker_tells_its_own_errors() -> None:
    (report,) = served(b"no campaign")
    assert isinstance(report, WorkerReport)
    assert report.message.startswith("UnpicklingError: ")


def test_a_chunk_that_ends_early_is_the_last_one_here() -> None:
    asked: list[Chunk] = []

    class Runner:
        def run(self, _: object, chunk: Chunk, __: object) -> ChunkResult:
            asked.append(chunk)
            return ChunkResult(chunk.first, min(chunk.count, 40))

    runner: Any = Runner()
    whole, stopped, left = Chunk(0, 40), Chunk(40, 41), Chunk(81, 40)
    found = InProcess(campaign_for(FOREVER), runner).run(
        FrozenRound(0), [whole, stopped, left], never
    )
    assert [result.first for result in found] == [0, 40]
    assert asked == [whole, stopped]


# A cluster


def test_a_clusters_worker_runs_a_chunk_as_any_other(campaign: Campaign) -> None:
    frozen, chunk = FrozenRound(number=0), Chunk(5, 2)
    found = run_chunk(pickle.dumps(campaign), pickle.dumps(frozen), chunk)
    assert found == CaseRunner(campaign).run(frozen, chunk)
    assert found.case_count == 2


class KilledWorker(Exception):
    """Stands for Dask's."""


class CancelledError(Exception):
    """Stands for Dask's."""


class Future:
    """Stands for a chunk on a cluster."""

    def __init__(self, status: str, found: Any = None) -> None:
        self.status = status
        self.found = found

    def result(self) -> Any:
        return self.found

    def exception(self) -> Any:
        return self.found


class Client:
    """Stands for Dask's client: chunks end by a script."""

    def __init__(self, *futures: Future) -> None:
        self.futures = list(futures)
        self.status = "running"
        self.submitted: list[tuple[Any, ...]] = []
        self.scattered: list[Any] = []
        self.cancelled: list[list[Future]] = []

    def scatter(self, value: bytes, *, broadcast: bool, hash: bool) -> str:  # noqa: A002
        assert (broadcast, hash) == (True, False)
        self.scattered.append(value)
        return f"sent {len(self.scattered)}"

    def submit(self, *call: Any, pure: bool, retries: int) -> Future:
        assert (pure, retries) == (False, 0)
        self.submitted.append(call)
        return self.futures.pop(0)

    def as_current(self) -> Any:
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def cancel(self, futures: list[Future]) -> None:
        self.cancelled.append(futures)


class Dask:
    """Stands for the package; waiting has one end."""

    KilledWorker, CancelledError = KilledWorker, CancelledError

    def __init__(self, ended: Exception | None = None) -> None:
        self.ended = ended
        self.waited: list[tuple[float, str]] = []

    def wait(self, _: Any, *, timeout: float, return_when: str) -> None:
        self.waited.append((timeout, return_when))
        if self.ended is not None:
            raise self.ended


def cluster_of(client: Client, ended: Exception | None = None) -> Any:
    made: Any = Cluster.__new__(Cluster)
    made._dask, made.client = Dask(ended), client
    made._address, made._campaign, made._sent = "tcp://a:1", b"campaign", None
    return made


FROZEN = FrozenRound(number=2)


def test_chunks_are_submitted_with_a_campaign_that_is_sent_once() -> None:
    results = [ChunkResult(0, 64), ChunkResult(64, 36)]
    client = Client(*(Future("finished", result) for result in results))
    made = cluster_of(client)
    assert list(made.run(FROZEN, [FIRST, SECOND], never)) == results
    packed = pickle.dumps(FROZEN)
    assert client.scattered == [b"campaign"]
    assert client.submitted == [
        (run_chunk, "sent 1", packed, FIRST),
        (run_chunk, "sent 1", packed, SECOND),
    ]
    assert client.cancelled == [[]]
    assert made._dask.waited == [(0.1, "FIRST_COMPLETED")]


def test_after_a_stop_the_chunks_are_cancelled() -> None:
    futures = [Future("pending"), Future("pending")]
    client = Client(*futures)
    assert list(cluster_of(client).run(FROZEN, [FIRST, SECOND], lambda: True)) == []
    assert client.cancelled == [futures]


@pytest.mark.parametrize(
    "lost", [Future("error", KilledWorker("dead")), Future("cancelled")]
)
def test_a_chunk_whose_worker_died_is_submitted_again(lost: Future) -> None:
    result = ChunkResult(0, 64)
    client = Client(lost, Future("finished", result))
    assert list(cluster_of(client).run(FROZEN, [FIRST], never)) == [result]
    # What it was sent with may be lost as well.
    assert [call[1] for call in client.submitted] == ["sent 1", "sent 2"]
    assert len(client.scattered) == 2


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        (lambda: Future("error", KilledWorker("dead")), "dead"),
        (lambda: Future("cancelled"), "it was cancelled"),
    ],
)
def test_a_chunk_whose_workers_die_three_times_ends_the_campaign(
    lost: Any, reason: str
) -> None:
    client = Client(lost(), lost(), lost())
    with pytest.raises(ChunkFailed) as caught:
        list(cluster_of(client).run(FROZEN, [SECOND], never))
    failed = caught.value
    assert (failed.first, failed.count, failed.attempts) == (64, 36, 3)
    assert failed.reason == reason
    assert client.futures == []


def test_an_error_in_a_clusters_worker_comes_out() -> None:
    client = Client(Future("error", KeyError("what")))
    with pytest.raises(KeyError, match="what"):
        list(cluster_of(client).run(FROZEN, [FIRST], never))


def test_data_that_was_lost_while_waiting_is_told_by_the_chunks() -> None:
    client = Client()
    made = cluster_of(client, CancelledError())
    futures = [Future("cancelled"), Future("pending")]
    assert made._ended(futures) == futures[:1]


@pytest.mark.parametrize("status", ["running", "closed"])
def test_a_cluster_that_does_not_run_any_more_went_away(status: str) -> None:
    client = Client()
    client.status = status
    made = cluster_of(client, TimeoutError())
    futures = [Future("pending"), Future("finished")]
    if status == "running":
        assert made._ended(futures) == futures[1:]
        made._check(Future("cancelled"), FIRST, 1)
        return
    for ask in (
        lambda: made._ended(futures),
        lambda: made._check(Future("cancelled"), FIRST, 1),
    ):
        with pytest.raises(ClusterFailed) as caught:
            ask()
        assert str(caught.value) == "the cluster at tcp://a:1: it went away"


def test_one_chunk_at_a_time_runs_in_a_clusters_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Runner:
        def run(self, frozen: FrozenRound, chunk: Chunk) -> tuple[bool, int, Chunk]:
            return cluster.TURN.locked(), frozen.number, chunk

    monkeypatch.setattr(cluster, "_runner", lambda _: Runner())
    found: Any = run_chunk(b"", pickle.dumps(FROZEN), FIRST)
    assert found == (True, 2, FIRST)
    assert not cluster.TURN.locked()
