"""The made-up county has records of two years, so that each part of its annual report has something in it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import update

from consult.annual import year
from consult.annual.lines import Section
from consult.annual.year import Asked
from consult.core.store import Store, Work
from consult.members.models import Membership
from consult.rehearsal import county, records

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)


def test_every_part_of_the_annual_report_has_figures(sqlite_store: Store) -> None:
    made = county.build(sqlite_store, 120, 2026)
    sqlite_store.write_at(datetime(2024, 1, 1, tzinfo=UTC), _seated)
    records.build(sqlite_store, made, NOW, 2026)
    with sqlite_store.read(NOW) as work:
        found = year.report(work, made.organizer(work), Asked(made.county_id, 2026, False, "Asia/Shanghai"))
    told = [one for one in found.lines if not one.empty]
    assert {one.line.section for one in told} | {Section.CONSULTATION} == set(Section)
    assert sum(found.earlier(one) is not None for one in told) > 20


def _seated(work: Work) -> None:
    """Members' term began before the years that are recorded."""
    work.db.execute(update(Membership).values(from_day=date(2024, 1, 1)))
