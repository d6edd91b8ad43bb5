"""Five years of a province's meetings as the database keeps them: the ledger, its settlements, the outcomes.

Written by a few statements that make the rows from the members and the meetings themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, insert, literal, select, text, update

from benchmarks.province import LASTS, SECTORS, Province, build
from consult.attendance.intervals import Channel, Span
from consult.attendance.models import Outcome, Presence, Settlement
from consult.attendance.rules import Outcome as Verdict
from consult.attendance.rules import Rule
from consult.core.store import Work
from consult.meetings.audience import Audience
from consult.meetings.lifecycle import State
from consult.meetings.models import Expected, Invitation, LogHead, Meeting, Mode
from consult.members.models import Membership, Person, Unit

YEARS = 5
SHARE = 4  # every so manieth member is called to a meeting of the province; to a county's all of its own
COMMITTEES: tuple[list[str], ...] = (
    ["提案委员会"], ["经济委员会"], ["提案委员会", "经济委员会"], ["文化文史委员会"], [],
)  # fmt: skip
PARTIES = ("中共党员", "民盟盟员", "无党派人士", "群众", "")
FORMS = ("remote", "counterpart", "sector", "standing_committee")
VERDICTS = (*[Verdict.ON_TIME] * 13, *[Verdict.LATE] * 2, Verdict.LEFT_EARLY, Verdict.EXCUSED, Verdict.ABSENT)


@dataclass(frozen=True)
class Size:
    """How much there is of what."""

    members: int
    meetings: int
    presences: int


def five_years(work: Work, size: Size, first: datetime) -> Province:
    """So many members and settled meetings from `first` on, half the meetings held by the province, and so
    many rows in the ledger, two devices of one person among them."""
    province = build(work, size.members, 0, first)
    _vary(work)
    _meetings(work, province, size, first)
    for there in (_CALLED_BY_PROVINCE, _CALLED_BY_COUNTY):
        _called(work, there)
    work.db.execute(text("ANALYZE"))  # or PostgreSQL joins what follows row by row
    _settle(work)
    _ledger(work, size.presences)
    work.db.execute(text("ANALYZE"))
    ids = tuple(work.db.scalars(select(Meeting.id).order_by(Meeting.opens_at, Meeting.id)))
    return Province(province.unit, province.counties, province.office, province.member, ids)


_PERIODS = Settlement.periods.type
_TOP = Unit.parent_id.is_(None)
_CALLED_BY_PROVINCE = _TOP & ((Membership.id + Meeting.id) % SHARE == 0)
_CALLED_BY_COUNTY = ~_TOP & (Membership.unit_id == Meeting.host_id)


def _vary(work: Work) -> None:
    """Gives members of all kinds committees and parties."""
    for place, party in enumerate(PARTIES):
        these = Membership.id % len(PARTIES) == place
        work.db.execute(update(Membership).where(these).values(party=party, committees=COMMITTEES[place]))
    for place, sector in enumerate(SECTORS):
        these = Membership.id % len(SECTORS) == place
        work.db.execute(update(Membership).where(these).values(sector=sector))


def _meetings(work: Work, province: Province, size: Size, first: datetime) -> None:
    hosts = [host for county in province.counties for host in (province.unit, county)]
    apart = timedelta(days=365 * YEARS) / size.meetings
    rows: list[dict[str, Any]] = []
    for number in range(size.meetings):
        opens = first + number * apart
        rows.append(
            {
                "host_id": hosts[number % len(hosts)], "title": f"第{number + 1}次协商会",
                "form": FORMS[number % len(FORMS)], "mode": Mode.REMOTE, "zone": "Asia/Shanghai",
                "opens_at": opens, "closes_at": opens + LASTS, "opened_at": opens, "closed_at": opens + LASTS,
                "lobby_minutes": 15, "grace_seconds": 120, "rule": Rule().as_data(),
                "audience": Audience(trees=(province.unit,)).as_data(), "state": State.SETTLED,
                "created_by": province.office, "created_at": opens, "updated_at": opens,
                "announced_at": opens,
            }
        )  # fmt: skip
    work.db.execute(insert(Meeting), rows)
    work.db.execute(insert(LogHead).from_select(["meeting_id", "seq"], select(Meeting.id, literal(0))))


def _called(work: Work, there: ColumnElement[bool]) -> None:
    """Has these members of each meeting invited and expected."""
    called = (
        select(Meeting.id, Membership.id, Membership.person_id)
        .join(Unit, Unit.id == Meeting.host_id)
        .join(Membership, there)
    )
    keys = ["meeting_id", "membership_id", "person_id"]
    work.db.execute(insert(Expected).from_select(keys, called))
    invited = called.add_columns(Meeting.created_at, literal("accepted"))
    work.db.execute(insert(Invitation).from_select([*keys, "invited_at", "answer"], invited))


def _settle(work: Work) -> None:
    work.db.execute(
        insert(Settlement).from_select(
            ["meeting_id", "version", "at", "reason", "rule", "periods"],
            select(
                Meeting.id, literal(1), Meeting.closes_at, literal(""), Meeting.rule, literal([], _PERIODS)
            ),
        )
    )
    day = datetime.fromisoformat("2024-01-01T01:00:00+00:00")
    spans = [Span(day, day + LASTS, frozenset({Channel.BROWSER}), bridged=False).as_data()]
    found = case(
        *((_mixed(len(VERDICTS)) == place, verdict.value) for place, verdict in enumerate(VERDICTS)), else_=""
    )
    given: dict[str, Any] = {
        "settlement_id": Settlement.id, "membership_id": Membership.id, "person_id": Membership.person_id,
        "unit_id": Membership.unit_id, "name": Person.name, "unit_name": Unit.name,
        "sector": Membership.sector, "committees": Membership.committees, "party": Membership.party,
        "expected": literal(True), "outcome": found, "found": found, "seconds": literal(7200),
        "spans": literal(spans, Outcome.spans.type), "reasons": literal([], Outcome.reasons.type),
        "excused_reason": literal(""), "mode": literal("remote"),
    }  # fmt: skip
    rows = (
        select(*given.values())
        .select_from(Settlement)
        .join(Expected, Expected.meeting_id == Settlement.meeting_id)
        .join(Membership, Membership.id == Expected.membership_id)
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .order_by(Settlement.id, Membership.id)
    )
    work.db.execute(insert(Outcome).from_select(list(given), rows))


def _ledger(work: Work, presences: int) -> None:
    """Each who was there by one row; then by a second device until there are as many rows as asked for."""
    columns = ["meeting_id", "person_id", "membership_id", "channel", "joined_at", "seen_at", "left_at"]
    there = (
        select(
            Meeting.id, Outcome.person_id, Outcome.membership_id, literal("browser"),
            Meeting.opens_at, Meeting.closes_at, Meeting.closes_at, literal("left"), literal("gone"),
        )
        .select_from(Meeting)
        .join(Settlement, Settlement.meeting_id == Meeting.id)
        .join(Outcome, Outcome.settlement_id == Settlement.id)
        .where(Outcome.outcome.not_in([Verdict.ABSENT, Verdict.EXCUSED]))
        .order_by(Meeting.id, Outcome.membership_id)
    )  # fmt: skip
    left = presences
    while left > 0:
        work.db.execute(insert(Presence).from_select([*columns, "ended", "process"], there.limit(left)))
        left = presences - (work.db.scalar(select(func.count()).select_from(Presence)) or 0)


def _mixed(among: int) -> ColumnElement[int]:
    """A number below `among` for each member at each meeting, the same in every run."""
    return (Membership.id * 7 + Settlement.id * 13 + Membership.id * Settlement.id) % among
