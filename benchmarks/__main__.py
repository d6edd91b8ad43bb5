"""`python -m benchmarks [NAME …]`: runs them, prints their tables, writes their JSON into var/benchmarks."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import evidence, organizers_year
from benchmarks.table import keep, show
from tests.support.needs import NEEDS
from tests.support.servers import Postgres

FOLDER = Path("var/benchmarks")
ALL = {"evidence": evidence, "organizers_year": organizers_year}


def main(names: list[str]) -> int:
    """Zero when every bound was kept."""
    unknown = set(names) - set(ALL)
    if unknown:
        print(f"There is no benchmark called {', '.join(sorted(unknown))}; there are {', '.join(ALL)}.")
        return 2
    held = True
    postgres = Postgres(NEEDS["postgres"]())
    try:
        for name in names or ALL:
            module = ALL[name]
            rows = organizers_year.on_both(module.run, postgres.create())
            show(module.TITLE, rows)
            print(f"\n→ {keep(name, FOLDER, rows, module.ABOUT)}")
            held = held and all(row.held for row in rows)
    finally:
        postgres.stop()
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
