"""Quotas: gas per tenant by a token bucket, to the unit, from many threads."""

from threading import Thread

import pytest

from contractvm.guests.quota import NANO, Quota, QuotaExceeded


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def test_what_is_reserved_is_gone_until_it_is_settled() -> None:
    quota = Quota(0, 100, clock=Clock())
    first = quota.reserve(60)
    assert first.limits.gas == 60
    assert quota.available == 40
    with pytest.raises(QuotaExceeded) as caught:
        quota.reserve(41)
    assert str(caught.value) == "41 gas asked for, 40 available"
    assert caught.value.retry_after is None
    quota.settle(first, 25)
    assert quota.available == 75
    with pytest.raises(ValueError, match="settled already"):
        quota.settle(first, 25)


def test_gas_refills_with_time_up_to_the_burst() -> None:
    clock = Clock()
    quota = Quota(3, 10, clock=clock)
    quota.reserve(10)
    with pytest.raises(QuotaExceeded) as caught:
        quota.reserve(2)
    wait = caught.value.retry_after
    assert wait == 0.666666667
    clock.now = int(wait * NANO) - 1
    assert quota.available == 1
    clock.now += 1
    assert quota.available == 2
    clock.now += 10**15
    assert quota.available == 10


def test_more_than_the_burst_never_fits() -> None:
    with pytest.raises(QuotaExceeded) as caught:
        Quota(5, 10, clock=Clock()).reserve(11)
    assert caught.value.retry_after is None


def test_so_many_runs_at_once() -> None:
    quota = Quota(0, 100, runs=2, clock=Clock())
    first = quota.reserve(1)
    quota.reserve(1)
    with pytest.raises(QuotaExceeded, match=r"^2 runs are open already$"):
        quota.reserve(1)
    quota.settle(first, 1)
    assert quota.reserve(1).gas == 1


def test_threads_share_a_quota_exactly() -> None:
    quota = Quota(0, 1_000_000, clock=Clock())

    def spend() -> None:
        for _ in range(1_000):
            quota.settle(quota.reserve(100), 37)

    threads = [Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert quota.available == 1_000_000 - 8_000 * 37


def test_a_clock_that_goes_back_gives_nothing() -> None:
    clock = Clock()
    clock.now = 5 * NANO
    quota = Quota(1, 10, clock=clock)
    quota.reserve(10)
    clock.now = 0
    assert quota.available == 0
    clock.now = NANO
    assert quota.available == 1


def test_nonsense_is_refused() -> None:
    for wrong in ((-1, 1), (1, -1)):
        with pytest.raises(ValueError, match="at least 0"):
            Quota(*wrong)
    with pytest.raises(ValueError, match="below 0"):
        Quota(1, 1).reserve(-1)
