"""All that is kept of somebody, for himself: a sheet for each kind of thing, each row found by his own id.

The rows are read as they are written down, so that ten years of meetings need no more memory than one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Executable, Select, select

from consult.attendance.intervals import CHANNEL_NAMES, Channel
from consult.attendance.models import Objection, Outcome, Presence, Settlement
from consult.attendance.objections import CLAIMS, Claim
from consult.attendance.rules import OUTCOME_NAMES, REASON_NAMES, Reason
from consult.attendance.rules import Outcome as Verdict
from consult.checkins.models import Prompt, PromptAnswer
from consult.core.errors import Message
from consult.core.export import Sheet, Value
from consult.core.store import Work
from consult.files.models import FileReading, StoredFile
from consult.invitations.leave import ReasonType, Status
from consult.invitations.models import LeaveRequest
from consult.invitations.standing import Stand
from consult.meetings.lifecycle import State
from consult.meetings.models import Content, Entry, Expected, Invitation, Kind, Meeting
from consult.members import audit, throttle
from consult.members.access import Actor
from consult.members.charges import ChargeKind
from consult.members.devices import LABELS
from consult.members.models import Charge, Membership, Person, RoleGrant, SignIn, Unit
from consult.members.roles import ROLES
from consult.members.roster import FIELDS
from consult.members.seats import OF_THE_PERSON
from consult.notices.kinds import worded
from consult.notices.models import Notice
from consult.records.kinds import KINDS
from consult.records.kinds import Kind as RecordKind
from consult.records.models import Record, RecordPerson
from consult.topics.models import Second, Topic

AT_ONCE = 500  # rows in memory
FREE = 3  # times that it is made without waiting
LONGEST_WAIT = timedelta(minutes=15)

Line = tuple[Value, ...]


def ask(work: Work, actor: Actor) -> None:
    """Notes in the trail that the actor takes a copy of what is kept of him. Refuses: TooFast, after some."""
    throttle.attempt(work, [throttle.Limit(f"own_data:{actor.person_id}", FREE, LONGEST_WAIT)])
    audit.note(work, actor, "own_data.taken", f"person:{actor.person_id}")


def sheets(work: Work, actor: Actor) -> Iterator[Sheet]:
    """What is kept of the actor, kind by kind, in the language that is spoken now; of nobody else but what
    he was told of them. The rows are read as they are taken."""
    for part in (
        _person, _seats, _roles, _invitations, _leave, _presences, _outcomes, _objections, _comments,
        _prompts, _topics, _records, _files, _notices, _sign_ins,
    ):  # fmt: skip
        yield part(work, actor.person_id)


def _person(work: Work, me: int) -> Sheet:
    person = work.db.get_one(Person, me)
    lines: list[Line] = [(FIELDS[field], getattr(person, field)) for field in OF_THE_PERSON]
    lines += [
        (_("Account"), person.account),
        (_("Password"), _("yes") if person.password_hash else _("no")),
        (_("Language"), person.language),
        (_("Agreed to what is recorded"), person.consented_at),
        (_("Known here since"), person.created_at),
    ]
    return Sheet(_("Person"), [_("Item"), _("Text")], lines)


def _seats(work: Work, me: int) -> Sheet:
    asked = select(Membership, Unit.name).join(Unit, Unit.id == Membership.unit_id)
    return _sheet(
        work,
        _("Seats"),
        [_("Unit"), *(FIELDS[name] for name in ("number", "sector", "committees", "party", "post")),
         _("From"), _("Until before")],
        asked.where(Membership.person_id == me).order_by(Membership.id),
        lambda seat, unit: (
            unit, seat.number, seat.sector, _(", ").join(seat.committees), seat.party, seat.post,
            _day(seat.from_day), _day(seat.to_day),
        ),
    )  # fmt: skip


def _roles(work: Work, me: int) -> Sheet:
    roles = select(RoleGrant, Unit.name).join(Unit, Unit.id == RoleGrant.unit_id)
    charges = select(Charge, Unit.name).join(Unit, Unit.id == Charge.unit_id)
    given = work.db.execute(roles.where(RoleGrant.person_id == me).order_by(RoleGrant.id))
    lines: list[Line] = [(unit, ROLES[role.role], None, role.granted_at) for role, unit in given]
    held = work.db.execute(charges.where(Charge.person_id == me).order_by(Charge.id))
    lines += [(unit, ChargeKind(charge.kind).label, charge.name, charge.given_at) for charge, unit in held]
    return Sheet(_("Roles"), [_("Unit"), _("Role"), _("Of what"), _("Since")], lines)


def _invitations(work: Work, me: int) -> Sheet:
    asked = (
        select(Invitation, Expected, Meeting)
        .join(Meeting, Meeting.id == Invitation.meeting_id)
        .outerjoin(
            Expected,
            (Expected.meeting_id == Invitation.meeting_id)
            & (Expected.membership_id == Invitation.membership_id),
        )
        .where(Invitation.person_id == me, Meeting.state != State.DRAFT)
    )
    return _sheet(
        work,
        _("Invitations and answers"),
        [*_meeting_headings(), _("As"), _("Invited"), _("Answer"), _("Answered"), _("Leave granted"),
         _("Reason")],
        asked.order_by(Meeting.opens_at, Meeting.id),
        lambda row, expected, meeting: (
            *_meeting(meeting), _("Observer") if row.observer else _("Member"), row.invited_at,
            Stand(row.answer).label, row.answered_at, *_leave_of(expected),
        ),
    )  # fmt: skip


def _leave_of(expected: Expected | None) -> Line:
    return (expected.excused_at, expected.excused_reason) if expected else (None, None)


def _leave(work: Work, me: int) -> Sheet:
    return _sheet(
        work,
        _("Requests for leave"),
        [*_meeting_headings(), _("Asked"), _("Kind of reason"), _("Reason"), _("Decision"), _("Decided"),
         _("In answer")],
        _with_meeting(LeaveRequest).where(LeaveRequest.person_id == me).order_by(LeaveRequest.id),
        lambda row, meeting: (
            *_meeting(meeting), row.asked_at, ReasonType(row.reason_type).label, row.reason,
            Status(row.status).label, row.decided_at, row.decision,
        ),
    )  # fmt: skip


def _presences(work: Work, me: int) -> Sheet:
    asked = _with_meeting(Presence).add_columns(SignIn.device)
    return _sheet(
        work,
        _("Presence"),
        [*_meeting_headings(), _("From"), _("To"), _("How"), _("Device"), _("Entered by staff"),
         _("Taken back")],
        asked.outerjoin(SignIn, SignIn.id == Presence.sign_in_id)
        .where(Presence.person_id == me)
        .order_by(Presence.id),
        lambda row, meeting, device: (
            *_meeting(meeting), row.joined_at, row.left_at, CHANNEL_NAMES[Channel(row.channel)],
            LABELS.get(device or ""), _yes(row.entered_by), row.voided_at,
        ),
    )  # fmt: skip


def _outcomes(work: Work, me: int) -> Sheet:
    asked = (
        select(Outcome, Settlement, Meeting)
        .join(Settlement, Settlement.id == Outcome.settlement_id)
        .join(Meeting, Meeting.id == Settlement.meeting_id)
        .where(Outcome.person_id == me)
        .order_by(Meeting.opens_at, Meeting.id, Settlement.version)
    )
    return _sheet(
        work,
        _("Outcomes"),
        [*_meeting_headings(), _("Version"), _("Settled at"), _("Holds"), _("Unit"), _("Sector"),
         _("Outcome"), _("Time present"), _("First seen"), _("Last seen"), _("What explains it"),
         _("Reason for leave"), _("Corrected")],
        asked,
        lambda row, settlement, meeting: (
            *_meeting(meeting), settlement.version, settlement.at,
            _("no") if settlement.superseded_at else _("yes"), row.unit_name, row.sector,
            OUTCOME_NAMES[Verdict(row.outcome)], timedelta(seconds=row.seconds), row.first_at, row.last_at,
            _("; ").join(str(REASON_NAMES[Reason(one)]) for one in row.reasons), row.excused_reason,
            _yes(row.corrected_id),
        ),
    )  # fmt: skip


def _objections(work: Work, me: int) -> Sheet:
    return _sheet(
        work,
        _("Objections"),
        [*_meeting_headings(), _("Made"), _("What is right"), _("Text"), _("Answered"), _("Accepted"),
         _("Answer")],
        _with_meeting(Objection).where(Objection.person_id == me).order_by(Objection.id),
        lambda row, meeting: (
            *_meeting(meeting), row.at, CLAIMS[Claim(row.claim)], row.text, row.answered_at,
            _yes(row.accepted), row.answer,
        ),
    )  # fmt: skip


def _comments(work: Work, me: int) -> Sheet:
    asked = (
        _with_meeting(Entry)
        .add_columns(Content)
        .join(Content, (Content.meeting_id == Entry.meeting_id) & (Content.seq == Entry.seq))
        .where(Entry.person_id == me, Entry.kind == Kind.COMMENT)
        .order_by(Entry.meeting_id, Entry.seq)
    )
    return _sheet(
        work,
        _("Comments"),
        [*_meeting_headings(), _("No."), _("Time"), _("Text"), _("Hidden"), _("Reason")],
        asked,
        lambda entry, meeting, said: (
            *_meeting(meeting), entry.seq, entry.at, said.text, said.hidden_at, said.hidden_reason,
        ),
    )  # fmt: skip


def _prompts(work: Work, me: int) -> Sheet:
    asked = (
        _with_meeting(Prompt)
        .add_columns(PromptAnswer.at)
        .join(PromptAnswer, PromptAnswer.prompt_id == Prompt.id)
        .where(PromptAnswer.person_id == me)
        .order_by(Prompt.id)
    )
    return _sheet(
        work,
        _("Asked whether still there"),
        [*_meeting_headings(), _("Asked"), _("Answered")],
        asked,
        lambda prompt, meeting, answered: (*_meeting(meeting), prompt.at, answered),
    )


def _topics(work: Work, me: int) -> Sheet:
    proposed = select(Topic).where(Topic.proposed_by == me).order_by(Topic.id)
    seconded = select(Topic, Second.at).join(Second, Second.topic_id == Topic.id)
    lines: list[Line] = [
        (one.title, _("Proposed"), one.created_at, one.background) for one in work.db.scalars(proposed)
    ]
    found = work.db.execute(seconded.where(Second.person_id == me).order_by(Topic.id))
    lines += [(one.title, _("Seconded"), at, None) for one, at in found]
    return Sheet(_("Topics"), [_("Topic"), _("What you did"), _("Time"), _("Background")], lines)


def _records(work: Work, me: int) -> Sheet:
    asked = select(RecordPerson, Record).join(Record, Record.id == RecordPerson.record_id)
    return _sheet(
        work,
        _("Records"),
        [_("Kind"), _("Title"), _("Day"), _("Name"), FIELDS["number"], FIELDS["sector"], FIELDS["party"]],
        asked.where(RecordPerson.person_id == me, Record.voided_at.is_(None)).order_by(Record.day, Record.id),
        lambda row, record: (
            KINDS[RecordKind(record.kind)].label, record.title, _day(record.day), row.name, row.number,
            row.sector, row.party,
        ),
    )  # fmt: skip


def _files(work: Work, me: int) -> Sheet:
    asked = select(FileReading.at, StoredFile.name).join(StoredFile, StoredFile.id == FileReading.file_id)
    return _sheet(
        work,
        _("Files opened"),
        [_("File"), _("First opened")],
        asked.where(FileReading.person_id == me).order_by(FileReading.at),
        lambda at, name: (name, at),
    )


def _notices(work: Work, me: int) -> Sheet:
    return _sheet(
        work,
        _("Notices"),
        [_("Time"), _("Title"), _("Text"), _("Read")],
        select(Notice).where(Notice.person_id == me).order_by(Notice.id),
        _told,
    )


def _told(row: Notice) -> Line:
    words = worded(row.kind, row.data)
    return row.made_at, words.title, words.text, row.read_at


def _sign_ins(work: Work, me: int) -> Sheet:
    return _sheet(
        work,
        _("Sign-ins"),
        [_("Device"), _("By a link"), _("Signed in"), _("Last used"), _("Ended")],
        select(SignIn).where(SignIn.person_id == me).order_by(SignIn.id),
        lambda row: (
            LABELS.get(row.device, LABELS[""]), _yes(row.by_link), row.began_at, row.seen_at, row.ended_at
        ),
    )  # fmt: skip


def _sheet(
    work: Work, title: str, headings: list[Message], asked: Executable, line: Callable[..., Line]
) -> Sheet:
    found = work.db.execute(asked.execution_options(yield_per=AT_ONCE))
    return Sheet(title, headings, (line(*row) for row in found))


def _with_meeting(table: Any) -> Select[Any]:
    return select(table, Meeting).join(Meeting, Meeting.id == table.meeting_id)


def _meeting_headings() -> list[Message]:
    return [_("Meeting"), _("Date")]


def _meeting(meeting: Meeting) -> Line:
    return meeting.title, meeting.opens_at


def _yes(value: object) -> str | None:
    return _("yes") if value else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
