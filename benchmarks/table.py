"""What a benchmark found: as a table for people, as JSON for machines."""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """How long something took, in seconds, over so many runs; `bound` is what was asked of it."""

    what: str
    database: str
    runs: int
    least: float
    median: float
    most: float
    bound: float | None

    @property
    def held(self) -> bool:
        return self.bound is None or self.median <= self.bound


def measure(
    what: str, database: str, act: Callable[[], object], *, runs: int, bound: float | None = None
) -> Measured:
    """Does it once unmeasured, then so many times."""
    act()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return Measured(what, database, runs, min(taken), statistics.median(taken), max(taken), bound)


def show(title: str, rows: list[Measured]) -> None:
    """Prints the table."""
    print(f"\n{title}\n")
    print(f"{'what':44} {'database':10} {'least':>8} {'median':>8} {'most':>8} {'bound':>7}")
    for row in rows:
        bound = f"{row.bound:.1f} s" if row.bound is not None else ""
        times = (f"{time * 1000:.0f} ms" for time in (row.least, row.median, row.most))
        print(f"{row.what:44} {row.database:10} " + " ".join(f"{time:>8}" for time in times), end="")
        print(f" {bound:>7}{'' if row.held else '  missed'}")


def keep(name: str, folder: Path, rows: list[Measured], about: dict[str, object]) -> Path:
    """Writes the figures beside those of earlier runs."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    found = {"about": about | machine, "measured": [asdict(row) for row in rows]}
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return file
