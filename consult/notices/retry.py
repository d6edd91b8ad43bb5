"""When to try again: pure rules."""

from __future__ import annotations

from datetime import timedelta

MINUTES = (1, 5, 15, 60, 120, 240, 360)  # between one try and the next
MOST_TRIES = len(MINUTES) + 1
SPREAD = 0.2  # part by which each wait is shortened or lengthened by chance, so that not all come at once
SHORTEST_PAUSE, LONGEST_PAUSE = 15, 600  # seconds in which a channel that is down is left alone


def wait(tries: int, chance: float, at_least: float = 0) -> timedelta | None:
    """How long to wait after so many tries; None: no more. `chance` is between 0 and 1."""
    if tries >= MOST_TRIES:
        return None
    seconds = MINUTES[tries - 1] * 60 * _spread(chance)
    return timedelta(seconds=max(seconds, at_least))


def pause(failures: int, chance: float) -> timedelta:
    """How long to leave a channel alone that failed so many times running."""
    seconds = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** min(failures - 1, 10))
    return timedelta(seconds=seconds * _spread(chance))


def _spread(chance: float) -> float:
    return 1 - SPREAD + 2 * SPREAD * chance
