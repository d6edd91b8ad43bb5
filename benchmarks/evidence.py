"""Reports over five years: 1,000,000 rows in the ledger, 3,000 members, 2,000 meetings."""

from __future__ import annotations

import resource
import sys
from datetime import UTC, datetime
from functools import partial

from benchmarks.five_years import Size, five_years
from benchmarks.organizers_year import SETTINGS, browser, get
from benchmarks.table import Measured, measure
from consult.app import create_app
from consult.core.migrate import upgrade
from consult.core.store import open_store

SIZE = Size(members=3000, meetings=2000, presences=1_000_000)
RUNS, BOUND, ANNUAL = 3, 1.0, 3.0
FIRST = datetime(2022, 1, 2, 1, tzinfo=UTC)
YEAR = "from=2025-01-01&to=2025-12-31"
ABOUT: dict[str, object] = {"members": 3000, "meetings": 2000, "presences": 1_000_000}
TITLE = "Reports: 1,000,000 rows in the ledger, 3,000 members, 2,000 meetings over five years"


def run(databases: dict[str, str]) -> list[Measured]:
    """The figures on each of these databases, empty ones by their names."""
    return [row for name, url in databases.items() for row in _on(name, url)]


def _on(name: str, url: str) -> list[Measured]:
    upgrade(url)
    store = open_store(url)
    try:
        province = store.write(five_years, SIZE, FIRST)
        office = browser(create_app(SETTINGS, store), store, province.office)
        county = province.counties[0]
        meeting = province.meetings[-1]
        pages = {
            "page: a year's meetings": "/reports?year=2025",
            "page: one meeting": f"/meetings/{meeting}/report",
            "page: by sector, all figures": f"/reports/cross?{YEAR}",
            "page: sector × month, person-times": f"/reports/cross?{YEAR}&columns=month",
            "page: sector × month, people": f"/reports/cross?{YEAR}&columns=month&figure=people",
            "page: committee × form": f"/reports/cross?{YEAR}&rows=committee&columns=form",
            "page: unit × CPC or not": f"/reports/cross?{YEAR}&rows=branch&columns=standing",
            "page: a county, sector × month": f"/reports/cross?{YEAR}&columns=month&unit={county}",
            "page: the rows of a figure": f"/reports/rows?{YEAR}&figure=times&page=1000",
            "page: the people of a figure": f"/reports/rows?{YEAR}&figure=people",
            "page: all members": f"/reports/members?{YEAR}",
            "page: a member's duty file": f"/reports/members/{province.member}?{YEAR}",
        }
        rows = [
            measure(what, name, partial(get, office, path), runs=RUNS, bound=BOUND)
            for what, path in pages.items()
        ]
        annual = f"/annual/{province.unit}/2025?below=1"
        rows.append(measure("the year's report", name, partial(get, office, annual), runs=RUNS, bound=ANNUAL))
        before = _peak()
        sheet = f"/reports/rows.xlsx?{YEAR}&figure=times&unit={county}"
        rows.append(measure("XLSX: a county's rows of a year", name, lambda: get(office, sheet), runs=1))
        print(f"{name}: the sheet made the process {_peak() - before} MB larger at most", file=sys.stderr)
        return rows
    finally:
        store.close()


def _peak() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
