"""The figures of a year's records. Every figure is the sum of what its rows add to it. Pure.

A figure is a `Measure`: which records, and what of each is counted. Items count once however many authors
they have; a person counts once in each record (person-times), and once in all of them (people). The party
of an item is that of its first author; of a person, that of the record's day.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message
from consult.members.parties import Standing, standing
from consult.records.kinds import KINDS, LEVELS, Kind, Role, What
from consult.records.models import Record
from consult.records.rows import Row, Taker


class Counted(enum.StrEnum):
    """What of a record is counted."""

    ITEMS = "items"
    MEMBERS = "members"  # person-times of members, named or not
    STAFF = "staff"  # person-times of those who are none
    HEADS = "heads"  # what a headcount says


@dataclass(frozen=True)
class Measure:
    """Which records a figure counts, and what of them."""

    label: Message
    kinds: tuple[Kind, ...]
    counted: Counted = Counted.ITEMS
    what: What | None = None
    where: Callable[[Record], bool] = field(default=lambda _record: True)


@dataclass(frozen=True)
class Part:
    """What one record adds to a figure, `at_least` when it is only known to be more, and the named people."""

    row: Row
    value: int
    at_least: bool = False
    people: tuple[Taker, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A figure with the rows that it is the sum of."""

    parts: tuple[Part, ...]

    @property
    def value(self) -> int:
        return sum(part.value for part in self.parts)

    @property
    def at_least(self) -> bool:
        """Whether the true number is larger, since a row only says “more than”."""
        return any(part.at_least for part in self.parts)

    @property
    def people(self) -> int:
        """Distinct people among those who are named."""
        return len({_person(one) for part in self.parts for one in part.people})

    def __str__(self) -> str:
        return f"{self.value}+" if self.at_least else str(self.value)


@dataclass(frozen=True)
class Rate:
    """A share: how many of how many. Every row of the part is one of the whole's."""

    part: Figure
    whole: Figure

    @property
    def share(self) -> Fraction | None:
        """None where there is nothing to divide by."""
        return Fraction(self.part.value, self.whole.value) if self.whole.value else None


def _variety(*values: str) -> Callable[[Record], bool]:
    return lambda record: record.variety in values


def _occasion(value: str, *varieties: str) -> Callable[[Record], bool]:
    return lambda record: record.occasion == value and (not varieties or record.variety in varieties)


def _filed(record: Record) -> bool:
    return record.filed is True


_VISITED = (Kind.VISIT, Kind.SURVEY)
_HELD = "held"  # among the persons of an event: that it has been counted

MEASURES: Mapping[str, Measure] = {
    "standing_and_chair_meetings": Measure(
        _l("Standing-committee and chairpersons’ meetings"),
        (Kind.MEETING,),
        where=_variety("standing_committee", "chairpersons"),
    ),
    "meetings_plenary": Measure(_l("Plenary sessions"), (Kind.MEETING,), where=_variety("plenary")),
    "meetings_other": Measure(
        _l("Party-group, committee and other meetings"),
        (Kind.MEETING,),
        where=_variety("party_group", "committee", "other"),
    ),
    "meetings": Measure(_l("All meetings on site"), (Kind.MEETING,)),
    "consultation_standing_committee": Measure(
        _l("Standing-committee thematic consultations"),
        (Kind.CONSULTATION,),
        where=_variety("standing_committee"),
    ),
    "consultation_counterpart": Measure(
        _l("Counterpart consultations"), (Kind.CONSULTATION,), where=_variety("counterpart")
    ),
    "consultation_proposal_handling": Measure(
        _l("Proposal-handling consultations"), (Kind.CONSULTATION,), where=_variety("proposal_handling")
    ),
    "consultation_sector": Measure(
        _l("Sector consultations"), (Kind.CONSULTATION,), where=_variety("sector")
    ),
    "consultation_other": Measure(_l("Other consultations"), (Kind.CONSULTATION,), where=_variety("other")),
    "consultations": Measure(_l("All consultations on site"), (Kind.CONSULTATION,)),
    "consultation_attendance": Measure(
        _l("Members in consultations on site"), (Kind.CONSULTATION,), Counted.MEMBERS
    ),
    "study_staff_group": Measure(_l("Staff study sessions"), (Kind.STUDY,), where=_variety("staff")),
    "study_members": Measure(_l("Members’ study sessions"), (Kind.STUDY,), where=_variety("members")),
    "discussion_meetings": Measure(_l("Discussion meetings"), (Kind.SEMINAR,)),
    "surveys": Measure(_l("Surveys"), (Kind.SURVEY,)),
    "surveys_of_problems": Measure(
        _l("In-depth surveys of a problem"), (Kind.SURVEY,), where=_variety("problem")
    ),
    "surveys_other": Measure(
        _l("Surveys of a topic, inspections and others"),
        (Kind.SURVEY,),
        where=_variety("topical", "inspection", "other"),
    ),
    "visits": Measure(_l("Visits"), (Kind.VISIT,)),
    "people_visited": Measure(_l("People visited"), _VISITED, Counted.HEADS, What.VISITED),
    "training_online": Measure(_l("Online training batches"), (Kind.TRAINING,), where=_variety("online")),
    "training_online_members": Measure(
        _l("Members in online training"), (Kind.TRAINING,), Counted.MEMBERS, where=_variety("online")
    ),
    "training_online_staff": Measure(
        _l("Staff in online training"), (Kind.TRAINING,), Counted.STAFF, where=_variety("online")
    ),
    "training_capacity": Measure(
        _l("Capacity training batches"), (Kind.TRAINING,), where=_variety("capacity")
    ),
    "training_capacity_members": Measure(
        _l("Members in capacity training"), (Kind.TRAINING,), Counted.MEMBERS, where=_variety("capacity")
    ),
    "training_capacity_staff": Measure(
        _l("Staff in capacity training"), (Kind.TRAINING,), Counted.STAFF, where=_variety("capacity")
    ),
    "training_platform": Measure(
        _l("Training on the platform"), (Kind.TRAINING,), where=_variety("platform")
    ),
    "training_platform_members": Measure(
        _l("Members in training on the platform"),
        (Kind.TRAINING,),
        Counted.MEMBERS,
        where=_variety("platform"),
    ),
    "training_other": Measure(_l("Other training"), (Kind.TRAINING,), where=_variety("other")),
    "training_other_members": Measure(
        _l("Members in other training"), (Kind.TRAINING,), Counted.MEMBERS, where=_variety("other")
    ),
    "training_other_staff": Measure(
        _l("Staff in other training"), (Kind.TRAINING,), Counted.STAFF, where=_variety("other")
    ),
    "activity_days": Measure(_l("Members’ activity days"), (Kind.ACTIVITY_DAY,)),
    "activity_days_members": Measure(_l("Members on activity days"), (Kind.ACTIVITY_DAY,), Counted.MEMBERS),
    "activity_days_public": Measure(
        _l("Public on activity days"), (Kind.ACTIVITY_DAY,), Counted.HEADS, What.PUBLIC
    ),
    "outreach": Measure(_l("Outreach activities"), (Kind.OUTREACH,)),
    "people_treated": Measure(_l("People treated"), (Kind.OUTREACH,), Counted.HEADS, What.TREATED),
    "brochures": Measure(_l("Brochures handed out"), (Kind.OUTREACH,), Counted.HEADS, What.BROCHURES),
    "proposals": Measure(_l("Proposals submitted"), (Kind.PROPOSAL,)),
    "proposals_filed": Measure(_l("Proposals filed"), (Kind.PROPOSAL,), where=_filed),
    "proposals_met": Measure(
        _l("Filed proposals met on"),
        (Kind.PROPOSAL,),
        where=lambda one: _filed(one) and one.met_on is not None,
    ),
    "proposals_replied": Measure(
        _l("Filed proposals replied to"),
        (Kind.PROPOSAL,),
        where=lambda one: _filed(one) and one.replied_on is not None,
    ),
    "proposals_rated": Measure(
        _l("Filed proposals rated"), (Kind.PROPOSAL,), where=lambda one: _filed(one) and one.rating != ""
    ),
    "proposals_satisfied": Measure(
        _l("Filed proposals rated satisfied"),
        (Kind.PROPOSAL,),
        where=lambda one: _filed(one) and one.rating == "satisfied",
    ),
    "briefs": Measure(_l("Public-opinion briefs received"), (Kind.BRIEF,)),
    "briefs_forwarded": Measure(
        _l("Briefs forwarded to departments"), (Kind.BRIEF,), where=lambda one: bool(one.departments)
    ),
    "briefs_adopted": Measure(_l("Briefs adopted"), (Kind.BRIEF,), where=lambda one: one.adopted in LEVELS),
    "briefs_adopted_above": Measure(
        _l("Briefs adopted by the province or the nation"),
        (Kind.BRIEF,),
        where=lambda one: one.adopted in ("province", "nation"),
    ),
    "briefs_instructed": Measure(
        _l("Briefs with a leader’s instruction"), (Kind.BRIEF,), where=lambda one: one.instruction != ""
    ),
    "speeches_plenary_oral": Measure(
        _l("Oral speeches at plenary sessions"), (Kind.SPEECH,), where=_occasion("plenary", "oral")
    ),
    "speeches_plenary_written": Measure(
        _l("Written speeches at plenary sessions"), (Kind.SPEECH,), where=_occasion("plenary", "written")
    ),
    "leaders_seminar_speeches": Measure(
        _l("Speeches at study classes"), (Kind.SPEECH,), where=_occasion("study_class")
    ),
    "leaders_sharing": Measure(_l("Reflections shared"), (Kind.SPEECH,), where=_occasion("sharing")),
    "speeches": Measure(_l("All speeches"), (Kind.SPEECH,)),
    "study_reflections": Measure(_l("Reflections on study"), (Kind.PAPER,), where=_variety("reflection")),
    "papers_other": Measure(
        _l("Articles, survey reports and others"),
        (Kind.PAPER,),
        where=_variety("article", "survey_report", "other"),
    ),
    "papers": Measure(_l("All study papers"), (Kind.PAPER,)),
}
"""The figures that a year is reported by."""

RATES: Mapping[str, tuple[Message, str, str]] = {
    "proposals_met_rate": (_l("Met rate"), "proposals_met", "proposals_filed"),
    "proposals_replied_rate": (_l("Reply rate"), "proposals_replied", "proposals_filed"),
    "proposals_satisfied_rate": (_l("Satisfaction rate"), "proposals_satisfied", "proposals_rated"),
}
"""The rates: what they are called, the part and the whole."""

NON_PARTY_SHARES: Mapping[str, tuple[Message, str]] = {
    "non_party_share_proposals": (_l("Non-CPC members’ share of filed proposals"), "proposals_filed"),
    "non_party_share_speeches": (
        _l("Non-CPC members’ share of oral plenary speeches"),
        "speeches_plenary_oral",
    ),
    "non_party_share_briefs": (_l("Non-CPC members’ share of briefs"), "briefs"),
    "non_party_share_consultations": (
        _l("Non-CPC members’ share of person-times in consultations"),
        "consultation_attendance",
    ),
}
"""The shares of what non-CPC members gave: of which figure. What is of no member, or of one whose party is
not written down, is in the whole and not in the part."""


def figure(rows: Iterable[Row], measure: Measure, of: Standing | None = None) -> Figure:
    """The measure's figure over these rows; of one standing only, if asked. Voided rows never count.

    An event of a unit above that several units wrote down counts once over all of them, and so does each
    person in it, also beside what its host has written down itself.
    """
    counted = [row for row in rows if _counts(row, measure)]
    taken: defaultdict[tuple[object, ...], set[object]] = defaultdict(set)
    if any(row.record.host for row in counted):
        for row in counted:
            if not row.record.host:
                taken[_event(row)] |= {_HELD, *map(_person, row.people)}
    parts = (_part(row, measure, of, taken[_event(row)] if row.record.host else set()) for row in counted)
    return Figure(tuple(part for part in parts if part.value))


def rate(rows: Sequence[Row], key: str) -> Rate:
    """The rate of that name."""
    _label, part, whole = RATES[key]
    return Rate(figure(rows, MEASURES[part]), figure(rows, MEASURES[whole]))


def non_party_share(rows: Sequence[Row], key: str) -> Rate:
    """Non-CPC members' share of that name."""
    measure = MEASURES[NON_PARTY_SHARES[key][1]]
    return Rate(figure(rows, measure, Standing.NON_PARTY), figure(rows, measure))


def by_standing(rows: Sequence[Row], measure: Measure) -> dict[Standing, Figure]:
    """The figure split by party and non-party; together they are the whole."""
    return {one: figure(rows, measure, one) for one in Standing}


def by_series(rows: Iterable[Row]) -> dict[str, Figure]:
    """The outreach activities of each series, by name."""
    kept = [row for row in rows if row.record.series]
    return {
        name: figure((row for row in kept if row.record.series == name), MEASURES["outreach"])
        for name in sorted({row.record.series for row in kept})
    }


def by_kind(rows: Sequence[Row]) -> dict[Kind, Figure]:
    """How many records of each kind there are."""
    return {kind: figure(rows, Measure(one.label, (kind,))) for kind, one in KINDS.items()}


def of_first_author(row: Row) -> Standing:
    """The standing that a contribution is counted by; unknown where its first author is no member."""
    authors = [one for one in row.people if one.role == Role.AUTHOR]
    return standing(authors[0].party) if authors else Standing.UNKNOWN


def _counts(row: Row, measure: Measure) -> bool:
    return row.record.voided_at is None and row.kind in measure.kinds and measure.where(row.record)


def _part(row: Row, measure: Measure, of: Standing | None, seen: set[object]) -> Part:
    """What the row adds beyond what other records of the same event have; takes note of it in `seen`."""
    match measure.counted:
        case Counted.ITEMS:
            first = _HELD not in seen
            seen.add(_HELD)
            return Part(row, int(first and of in (None, of_first_author(row))))
        case Counted.HEADS:
            count = row.counts.get(measure.what or "")
            return Part(row, count.value, count.at_least) if count and of is None else Part(row, 0)
    members = measure.counted == Counted.MEMBERS
    people = [
        one for one in row.people if (one.membership_id is not None) == members and _person(one) not in seen
    ]
    seen.update(map(_person, people))
    if of is not None:
        people = [one for one in people if standing(one.party) == of]
    more = row.counts.get(What.MEMBERS if members else What.STAFF)
    if more is None or of not in (None, Standing.UNKNOWN):
        return Part(row, len(people), people=tuple(people))
    return Part(row, len(people) + more.value, more.at_least, tuple(people))


def _person(one: Taker) -> object:
    return one.person_id if one.person_id is not None else one.name


def _event(row: Row) -> tuple[object, ...]:
    """What an event is known by over several units: kind, day, title, and the level that hosted it."""
    record = row.record
    title = "".join(record.title.split()).casefold()
    return record.kind, record.variety, record.day, title, record.host or row.unit.level
