"""The ticker: it ticks while anything runs, and only then, from one thread."""

import os
import threading
import time
from itertools import count, pairwise

from contractvm.wasm.engines.wasmtime.epoch_ticker import (
    TICK_MILLISECONDS,
    EpochTicker,
)

TICK_SECONDS = TICK_MILLISECONDS / 1_000
LONG_SECONDS = 30


def ticks(ticker: EpochTicker, ticked: threading.Event) -> bool:
    """Whether a tick comes from now on."""
    ticked.clear()
    return ticked.wait(LONG_SECONDS)


def test_it_ticks_until_the_last_block_ends() -> None:
    ticked = threading.Event()
    ticker = EpochTicker(ticked.set)
    for _ in range(2):
        with ticker.running():
            assert ticks(ticker, ticked)
            with ticker.running():
                assert ticks(ticker, ticked)
            # What was under way may tick once; the second is of the outer block.
            assert ticks(ticker, ticked)
            assert ticks(ticker, ticked)
        time.sleep(3 * TICK_SECONDS)
        ticked.clear()
        assert not ticked.wait(4 * TICK_SECONDS)


def test_ticks_are_50_milliseconds_apart() -> None:
    times: list[float] = []
    are_enough = threading.Event()

    def tick() -> None:
        times.append(time.monotonic())
        if len(times) == 4:
            are_enough.set()

    with EpochTicker(tick).running():
        assert are_enough.wait(LONG_SECONDS)
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) > 0.9 * TICK_SECONDS


def test_all_blocks_share_one_thread() -> None:
    numbers: set[int] = set()
    counter = count()
    ticked = threading.Event()

    def tick() -> None:
        numbers.add(threading.get_ident())
        next(counter)
        ticked.set()

    ticker = EpochTicker(tick)
    for _ in range(3):
        with ticker.running(), ticker.running():
            assert ticks(ticker, ticked)
    assert len(numbers) == 1
    assert next(counter) >= 3


def test_a_forked_process_has_a_thread_of_its_own() -> None:
    ticked = threading.Event()
    ticker = EpochTicker(ticked.set)
    with ticker.running():
        assert ticks(ticker, ticked)
    child = os.fork()
    if not child:
        with ticker.running():
            os._exit(0 if ticks(ticker, ticked) else 1)
    assert os.waitpid(child, 0)[1] == 0
