"""A province as large as they come, written straight into the tables: members, meetings, invitations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from consult.attendance.rules import Rule
from consult.core.store import Work
from consult.meetings import moves
from consult.meetings.audience import Audience
from consult.meetings.lifecycle import State
from consult.meetings.models import Answer, Expected, Invitation, LogHead, Meeting, Mode
from consult.members.models import Level, Membership, Person, Role, RoleGrant
from consult.members.units import create

SECTORS = ("农业界", "医药卫生界", "经济界", "教育界", "妇联", "工会", "科协", "农工党", "民建", "特邀界")
COUNTIES = 10
ANSWERS = (Answer.NONE, Answer.ACCEPTED, Answer.ACCEPTED, Answer.ACCEPTED, Answer.REMOTE)
LASTS = timedelta(hours=2)
AT_ONCE = 10_000  # rows of one statement


@dataclass(frozen=True)
class Province:
    """The ids of the province, its office and its counties, of a member, of the meetings in their order."""

    unit: int
    counties: tuple[int, ...]
    office: int
    member: int
    meetings: tuple[int, ...]


def build(work: Work, members: int, meetings: int, first: datetime) -> Province:
    """So many members in counties, all of them invited to so many meetings, three a day from `first` on."""
    province = create(work, "岭南省政协", Level.PROVINCE, None)
    counties = tuple(create(work, f"第{n}县政协", Level.COUNTY, province).id for n in range(1, COUNTIES + 1))
    office = Person(name="省政协办公厅", created_at=work.now, consented_at=work.now)
    work.db.add(office)
    work.db.flush()
    work.db.add(RoleGrant(person_id=office.id, unit_id=province.id, role=Role.ORGANIZER, granted_at=work.now))
    seats = _members(work, counties, members)
    made = tuple(_meeting(work, province.id, office.id, n, first) for n in range(meetings))
    for meeting_id in made:
        _invite(work, meeting_id, seats)
    work.db.execute(text("ANALYZE"))  # as either database does by itself before long
    return Province(province.id, counties, office.id, seats[0][1], made)


def _members(work: Work, counties: Sequence[int], members: int) -> list[tuple[int, int]]:
    """Membership and person of each."""
    people = [
        {
            "name": f"委员{n:04}", "sex": "男", "ethnic_group": "汉族", "phone": f"139{n:08}",
            "email": f"member{n}@example.com", "created_at": work.now, "consented_at": work.now,
        }
        for n in range(members)
    ]  # fmt: skip
    ids = list(work.db.scalars(insert(Person).returning(Person.id, sort_by_parameter_order=True), people))
    seats = [
        {
            "unit_id": counties[n % len(counties)], "person_id": person_id, "number": f"{n:05}",
            "sector": SECTORS[n % len(SECTORS)], "committees": [], "party": "", "post": "",
            "from_day": date(2022, 1, 1),
        }
        for n, person_id in enumerate(ids)
    ]  # fmt: skip
    made = work.db.scalars(insert(Membership).returning(Membership.id, sort_by_parameter_order=True), seats)
    return list(zip(made, ids, strict=True))


def _meeting(work: Work, unit_id: int, office_id: int, number: int, first: datetime) -> int:
    opens = first + timedelta(days=number // 3, hours=3 * (number % 3))
    meeting = Meeting(
        host_id=unit_id, title=f"第{number + 1}次远程协商会", form="remote", mode=Mode.REMOTE,
        zone="Asia/Shanghai", opens_at=opens, closes_at=opens + LASTS, lobby_minutes=15, grace_seconds=120,
        rule=Rule().as_data(), audience=Audience(trees=(unit_id,)).as_data(), state=State.SCHEDULED,
        created_by=office_id, created_at=work.now, updated_at=work.now, announced_at=work.now,
    )  # fmt: skip
    work.db.add(meeting)
    work.db.flush()
    moves.set_due(meeting)
    work.db.add(LogHead(meeting_id=meeting.id, seq=0))
    work.db.flush()
    return meeting.id


def _invite(work: Work, meeting_id: int, seats: Sequence[tuple[int, int]]) -> None:
    expected = [
        {"meeting_id": meeting_id, "membership_id": seat, "person_id": person} for seat, person in seats
    ]
    invited: list[dict[str, Any]] = [
        {**row, "invited_at": work.now, "answer": ANSWERS[n % len(ANSWERS)]} for n, row in enumerate(expected)
    ]
    for start in range(0, len(expected), AT_ONCE):
        work.db.execute(insert(Expected), expected[start : start + AT_ONCE])
        work.db.execute(insert(Invitation), invited[start : start + AT_ONCE])
