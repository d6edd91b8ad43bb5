"""Waiting for a condition instead of sleeping for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], timeout: float, what: str) -> T:
    """The first true result of the condition. Fails, saying what was waited for, after `timeout` seconds."""
    end = time.monotonic() + timeout
    pause = 0.005
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return result
