"""The made-up county has an organizer's year in it: something of each kind, told to those it concerns."""

from __future__ import annotations

from sqlalchemy import func, select

from consult.core import clock
from consult.core.store import Store
from consult.files.models import StoredFile
from consult.invitations.models import LeaveRequest
from consult.meetings.models import Answer, Delegation, Invitation, QuietPeriod
from consult.notices.models import Notice
from consult.rehearsal import county, history, season
from consult.topics.models import Second, Topic
from tests.notices.people import POLICY

MEMBERS = 120


def test_newcomer_finds_something_of_each_kind(sqlite_store: Store) -> None:
    now = clock.now()
    made = county.build(sqlite_store, MEMBERS, 2026)
    history.build(sqlite_store, made, now, 2026)
    season.build(sqlite_store, made, now, POLICY, 2026)
    with sqlite_store.read(now) as work:
        kinds = set(work.db.scalars(select(Notice.kind)))
        called = work.db.scalar(select(func.count()).where(Notice.kind == "call"))
        invited = work.db.scalar(select(func.count()).where(Notice.kind == "invitation"))
        answers = set(work.db.scalars(select(Invitation.answer)))
        leave = set(work.db.scalars(select(LeaveRequest.status)))
        counts = {
            table: work.db.scalar(select(func.count()).select_from(table))
            for table in (Second, StoredFile, Delegation, QuietPeriod)
        }
        proposed = work.db.scalar(select(func.count()).where(Topic.proposed_by.is_not(None)))
    assert called == MEMBERS
    assert (invited or 0) > MEMBERS
    assert {"leave_asked", "leave_decided"} <= kinds
    assert "report" not in kinds, "the history is silent"
    assert {Answer.NONE, Answer.ACCEPTED, Answer.WAITING} <= answers
    assert leave == {"asked", "granted"}
    assert proposed == len(season.PROPOSED)
    assert all(counts.values())
