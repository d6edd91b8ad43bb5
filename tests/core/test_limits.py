"""Token buckets."""

from __future__ import annotations

import pytest

from consult.core import limits
from consult.core.errors import TooFast
from consult.core.limits import Bucket, Limiter


def test_a_bucket_gives_what_it_has_and_says_how_long_to_wait() -> None:
    bucket = Bucket(3, 0.5)
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 1.9 < bucket.take() <= 2.0


def test_a_bucket_refills_up_to_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("consult.core.limits.time.monotonic", lambda: now[0])
    bucket = Bucket(2, 1)
    assert [bucket.take(), bucket.take()] == [0.0, 0.0]
    now[0] += 1
    assert [bucket.take(), bucket.take()] == [0.0, 1.0]
    now[0] += 1000
    assert [bucket.take(), bucket.take()] == [0.0, 0.0]
    assert bucket.take() > 0


def test_a_limiter_knows_its_keys_apart() -> None:
    limiter = Limiter(1, 0.1)
    limiter.take("one")
    limiter.take("two")
    with pytest.raises(TooFast) as refused:
        limiter.take("one")
    assert refused.value.retry_after == pytest.approx(10, abs=0.1)


def test_a_limiter_forgets_the_quiet_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FORGET_ABOVE", 3)
    limiter = Limiter(1, 1e9)
    for key in range(10):
        limiter.take(key)
    assert len(limiter._buckets) <= 4
