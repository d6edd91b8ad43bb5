"""A year's attendance as a sheet: each row once, as far as who asked may read, a meeting at a time."""

from __future__ import annotations

import dataclasses
import io

import openpyxl
import pytest

from consult.background import runner
from consult.background.models import Status, Task
from consult.config import load
from consult.core.errors import Invalid, Missing
from consult.core.store import Store
from consult.kinds import KINDS
from consult.members.access import Actor
from consult.members.models import Role
from consult.reports import year_export
from tests.reports.test_queries import held_meeting, staff
from tests.support.cast import NINE, Cast, cast

SETTINGS = load({})


@pytest.fixture
def people(store: Store) -> Cast:
    return cast(store)


def exported(people: Cast, actor: Actor, year: int = 2026) -> list[tuple[object, ...]]:
    task = people.store.write_at(NINE, year_export.ask, actor, year, "Asia/Shanghai", "en", None)
    runner.run(KINDS, people.store, SETTINGS, "test", lambda: False)
    with people.store.read() as work:
        found = work.db.get_one(Task, task.id)
        assert (found.status, found.error) == (Status.DONE, "")
        made = runner.output(KINDS, work, actor, task.id)
    assert made.name == "Attendance in 2026.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(made.data)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert found.total == len(rows) - 1
    return rows


def test_a_year_has_a_row_for_each_person_and_meeting(people: Cast) -> None:
    for days in range(3):
        held_meeting(people, {people.wang: (0, 60)}, days=days, expected=(people.wang, people.li))
    rows = exported(people, people.actor(people.office))
    assert rows[0][:5] == ("Meeting", "Date", "Host", "Name", "Unit")
    assert len(rows) == 1 + 3 * 2
    assert sorted({str(row[3]) for row in rows[1:]}) == ["李建国", "王秀兰"]
    days = [row[1] for row in rows[1:]]
    assert days == sorted(days, key=str)


def test_each_reads_the_rows_of_his_own_units(people: Cast) -> None:
    held_meeting(
        people, {people.wang: (0, 60)}, host=people.province, expected=(people.wang, people.outsider)
    )
    own = exported(people, people.actor(people.office))
    assert [row[3] for row in own[1:]] == ["王秀兰"]
    assert len(exported(people, staff(people, people.province))) == 3


def test_members_and_offices_with_nothing_to_read_export_nothing(people: Cast) -> None:
    held_meeting(people, {people.wang: (0, 60)})
    ask = (2026, "Asia/Shanghai", "en", None)
    with pytest.raises(Missing):
        people.store.write(year_export.ask, people.actor(people.wang), *ask)
    with pytest.raises(Invalid):
        people.store.write(year_export.ask, staff(people, people.other_county, Role.ORGANIZER), *ask)


def test_what_was_exported_is_kept_from_who_has_lost_his_role_since(people: Cast) -> None:
    held_meeting(people, {people.wang: (0, 60)})
    actor = people.actor(people.office)
    task = people.store.write_at(NINE, year_export.ask, actor, 2026, "Asia/Shanghai", "en", None)
    runner.run(KINDS, people.store, SETTINGS, "test", lambda: False)
    elsewhere = dataclasses.replace(
        actor, roles=((Role.READER, f"/{people.province}/{people.other_county}/"),)
    )
    with people.store.read() as work:
        assert runner.output(KINDS, work, actor, task.id).data
        for lost in (dataclasses.replace(actor, roles=()), elsewhere):
            assert runner.recent(KINDS, work, lost) == []
            for verb in (runner.seen_by, runner.output):
                with pytest.raises(Missing):
                    verb(KINDS, work, lost, task.id)
