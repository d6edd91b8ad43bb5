"""The lines of a year's report, as data: what each is called, what it counts, and from where.

A line has columns; each column is the sum of what its rows add. What a record adds is worked out by
`records/figures.py`, who attended a meeting by `reports/facts.py`; nothing is counted here a second time.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message
from consult.members.parties import Standing
from consult.topics.forms_of_consultation import Form


class Section(enum.StrEnum):
    """The parts of the report, in their order."""

    STUDY = "study"
    MEETINGS = "meetings"
    CONSULTATION = "consultation"
    SURVEYS = "surveys"
    PROPOSALS = "proposals"
    OUTREACH = "outreach"
    NON_PARTY = "non_party"
    TRAINING = "training"
    PLATFORM = "platform"


SECTIONS: Mapping[Section, Message] = {
    Section.STUDY: _l("Study"),
    Section.MEETINGS: _l("Meetings of the body"),
    Section.CONSULTATION: _l("Consultation"),
    Section.SURVEYS: _l("Surveys and visits"),
    Section.PROPOSALS: _l("Proposals, briefs and speeches"),
    Section.OUTREACH: _l("Serving the public"),
    Section.NON_PARTY: _l("What non-CPC members did"),
    Section.TRAINING: _l("Training and activities"),
    Section.PLATFORM: _l("The platform and remote consultation"),
}


class Counted(enum.StrEnum):
    """What a column's number is a number of."""

    MEETINGS = "meetings"
    ACTIVITIES = "activities"
    BATCHES = "batches"
    SURVEYS = "surveys"
    PIECES = "pieces"
    PROPOSALS = "proposals"
    BRIEFS = "briefs"
    SPEECHES = "speeches"
    TIMES = "times"
    PUBLIC = "public"
    PERCENT = "percent"


COUNTED: Mapping[Counted, Message] = {
    Counted.MEETINGS: _l("meetings"),
    Counted.ACTIVITIES: _l("activities"),
    Counted.BATCHES: _l("batches"),
    Counted.SURVEYS: _l("surveys"),
    Counted.PIECES: _l("pieces"),
    Counted.PROPOSALS: _l("proposals"),
    Counted.BRIEFS: _l("briefs"),
    Counted.SPEECHES: _l("speeches"),
    Counted.TIMES: _l("person-times"),
    Counted.PUBLIC: _l("person-times of the public"),
    Counted.PERCENT: _l("percent"),
}


class Column(enum.StrEnum):
    """The numbers of a line: what it is about, who took part, the public; of a share the whole, too."""

    VALUE = "value"
    WHOLE = "whole"
    TIMES = "times"
    PUBLIC = "public"


class Whose(enum.StrEnum):
    """Who held what is counted, seen from what is reported on."""

    ANY = "any"
    OWN = "own"
    PROVINCE = "province"  # a province, and it is not its own report
    OTHERS = "others"  # neither
    BUT_PROVINCE = "but_province"


@dataclass(frozen=True)
class Source:
    """Where a column comes from: `measures` of records, and meetings of these forms held in Consult, each as
    one, or by the members who `came`. `of`: only what is of that standing."""

    measures: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()
    whose: Whose = Whose.ANY
    came: bool = False
    of: Standing | None = None


@dataclass(frozen=True)
class Line:
    """A line of the report. `rough` columns are printed rounded down (余), as such figures usually are.

    `platform`: its rows are the members. `series`: it is the activities of that series.
    """

    key: str
    section: Section
    label: Message
    counted: Counted
    columns: Mapping[Column, Source]
    rough: frozenset[Column] = frozenset()
    platform: bool = False
    series: str = ""

    @property
    def percent(self) -> bool:
        return self.counted == Counted.PERCENT


CONSULTATIONS = (
    Form.REMOTE, Form.STANDING_COMMITTEE, Form.COUNTERPART, Form.PROPOSAL_HANDLING, Form.SECTOR,
)  # fmt: skip
_VALUE = frozenset({Column.VALUE})
_TIMES = frozenset({Column.TIMES})


def _records(
    key: str, section: Section, label: Message, counted: Counted, *, rough: bool = False,
    whose: Whose = Whose.ANY, measure: str = "",
) -> Line:  # fmt: skip
    """A line that counts records alone, by the measure of the same name unless another is given."""
    columns = {Column.VALUE: Source((measure or key,), whose=whose)}
    return Line(key, section, label, counted, columns, _VALUE if rough else frozenset())


def _share(
    key: str, section: Section, label: Message, part: str, whole: str, of: Standing | None = None
) -> Line:
    columns = {Column.VALUE: Source((part,), of=of), Column.WHOLE: Source((whole,))}
    return Line(key, section, label, Counted.PERCENT, columns, _VALUE if of else frozenset())


def _held(key: str, label: Message, form: Form, *measures: str) -> Line:
    """Consultations of a form that it held itself, in Consult or on site."""
    columns = {
        Column.VALUE: Source(measures, (form,), Whose.OWN),
        Column.TIMES: Source(measures, (form,), Whose.OWN, came=True),
    }
    return Line(key, Section.CONSULTATION, label, Counted.MEETINGS, columns)


def _joined(
    key: str, section: Section, label: Message, counted: Counted, whose: Whose, measures: tuple[str, ...],
    taking_part: tuple[str, ...], forms: tuple[Form, ...] = (), *, rough: bool = False,
) -> Line:  # fmt: skip
    """Meetings or batches with the person-times of those who took part."""
    columns = {
        Column.VALUE: Source(measures, forms, whose),
        Column.TIMES: Source(taking_part, forms, whose, came=True),
    }
    return Line(key, section, label, counted, columns, _TIMES if rough else frozenset())


_ALL_CAME = Source(("consultation_attendance",), CONSULTATIONS, came=True)
_NON_PARTY_CAME = Source(("consultation_attendance",), CONSULTATIONS, came=True, of=Standing.NON_PARTY)

LINES: tuple[Line, ...] = (
    _records("study_staff_group", Section.STUDY, _l("Staff study sessions"), Counted.MEETINGS),
    _records("study_members", Section.STUDY, _l("Members’ study sessions"), Counted.MEETINGS),
    _records("study_reflections", Section.STUDY, _l("Reflections on study"), Counted.PIECES),
    _records("leaders_seminar_speeches", Section.STUDY, _l("Speeches at study classes"), Counted.SPEECHES),
    _records("leaders_sharing", Section.STUDY, _l("Reflections shared"), Counted.SPEECHES),
    _records("papers_other", Section.STUDY, _l("Articles, survey reports and others"), Counted.PIECES),
    _records(
        "standing_and_chair_meetings", Section.MEETINGS, _l("Standing-committee and chairpersons’ meetings"),
        Counted.MEETINGS, whose=Whose.OWN,
    ),
    _records("meetings_plenary", Section.MEETINGS, _l("Plenary sessions"), Counted.MEETINGS, whose=Whose.OWN),
    _records(
        "meetings_other", Section.MEETINGS, _l("Party-group, committee and other meetings"), Counted.MEETINGS,
        whose=Whose.OWN,
    ),
    _held(
        "consultation_standing_committee", _l("Standing-committee thematic consultations"),
        Form.STANDING_COMMITTEE, "consultation_standing_committee",
    ),
    _held("consultation_counterpart", _l("Counterpart consultations"), Form.COUNTERPART,
          "consultation_counterpart"),
    _held(
        "consultation_proposal_handling", _l("Proposal-handling consultations"), Form.PROPOSAL_HANDLING,
        "consultation_proposal_handling",
    ),
    _held("consultation_sector", _l("Sector consultations"), Form.SECTOR, "consultation_sector"),
    _held("consultation_remote", _l("Remote consultations of its own"), Form.REMOTE),
    _records(
        "consultation_other", Section.CONSULTATION, _l("Other consultations"), Counted.MEETINGS,
        whose=Whose.OWN,
    ),
    Line(
        "consultation_attendance", Section.CONSULTATION, _l("Members taking part in consultations"),
        Counted.TIMES, {Column.VALUE: _ALL_CAME},
    ),
    _records("surveys_of_problems", Section.SURVEYS, _l("In-depth surveys of a problem"), Counted.SURVEYS),
    _records(
        "surveys_other", Section.SURVEYS, _l("Surveys of a topic, inspections and others"), Counted.SURVEYS
    ),
    _records("discussion_meetings", Section.SURVEYS, _l("Discussion meetings"), Counted.MEETINGS),
    _records("visits", Section.SURVEYS, _l("Visits"), Counted.ACTIVITIES),
    _records("people_visited", Section.SURVEYS, _l("People visited"), Counted.PUBLIC, rough=True),
    _records("proposals", Section.PROPOSALS, _l("Proposals submitted"), Counted.PROPOSALS),
    _records("proposals_filed", Section.PROPOSALS, _l("Proposals filed"), Counted.PROPOSALS),
    _share("proposals_met_rate", Section.PROPOSALS, _l("Met rate"), "proposals_met", "proposals_filed"),
    _share(
        "proposals_replied_rate", Section.PROPOSALS, _l("Reply rate"), "proposals_replied", "proposals_filed"
    ),
    _share(
        "proposals_satisfied_rate", Section.PROPOSALS, _l("Satisfaction rate"), "proposals_satisfied",
        "proposals_rated",
    ),
    _records("opinion_briefs", Section.PROPOSALS, _l("Public-opinion briefs received"), Counted.BRIEFS,
             measure="briefs"),
    _records("briefs_forwarded", Section.PROPOSALS, _l("Briefs forwarded to departments"), Counted.BRIEFS),
    _records("briefs_adopted", Section.PROPOSALS, _l("Briefs adopted"), Counted.BRIEFS),
    _records(
        "briefs_adopted_above", Section.PROPOSALS, _l("Briefs adopted by the province or the nation"),
        Counted.BRIEFS,
    ),
    _records(
        "briefs_instructed", Section.PROPOSALS, _l("Briefs with a leader’s instruction"), Counted.BRIEFS
    ),
    _records(
        "speeches_plenary_oral", Section.PROPOSALS, _l("Oral speeches at plenary sessions"), Counted.SPEECHES
    ),
    _records(
        "speeches_plenary_written", Section.PROPOSALS, _l("Written speeches at plenary sessions"),
        Counted.SPEECHES,
    ),
    _records("outreach", Section.OUTREACH, _l("Outreach activities"), Counted.ACTIVITIES),
    _records("clinic_people_treated", Section.OUTREACH, _l("People treated"), Counted.PUBLIC, rough=True,
             measure="people_treated"),
    _records("clinic_brochures", Section.OUTREACH, _l("Brochures handed out"), Counted.PIECES, rough=True,
             measure="brochures"),
    Line(
        "non_party_consultation_attendance", Section.NON_PARTY,
        _l("Non-CPC members taking part in consultations"), Counted.TIMES,
        {Column.VALUE: _NON_PARTY_CAME}, _VALUE,
    ),
    Line(
        "non_party_share_consultations", Section.NON_PARTY,
        _l("Non-CPC members’ share of person-times in consultations"), Counted.PERCENT,
        {Column.VALUE: _NON_PARTY_CAME, Column.WHOLE: _ALL_CAME}, _VALUE,
    ),
    _share(
        "non_party_share_proposals", Section.NON_PARTY, _l("Non-CPC members’ share of filed proposals"),
        "proposals_filed", "proposals_filed", Standing.NON_PARTY,
    ),
    _share(
        "non_party_share_speeches", Section.NON_PARTY, _l("Non-CPC members’ share of oral plenary speeches"),
        "speeches_plenary_oral", "speeches_plenary_oral", Standing.NON_PARTY,
    ),
    _share(
        "non_party_share_briefs", Section.NON_PARTY, _l("Non-CPC members’ share of briefs"),
        "briefs", "briefs", Standing.NON_PARTY,
    ),
    _joined(
        "training_provincial_online", Section.TRAINING, _l("Online training by the province"),
        Counted.BATCHES, Whose.PROVINCE, ("training_online",),
        ("training_online_members", "training_online_staff"),
        (Form.TRAINING,),
    ),
    _joined(
        "training_online", Section.TRAINING, _l("Other online training"), Counted.BATCHES, Whose.BUT_PROVINCE,
        ("training_online",), ("training_online_members", "training_online_staff"), (Form.TRAINING,),
    ),
    _joined(
        "training_capacity", Section.TRAINING, _l("Capacity training"), Counted.BATCHES, Whose.ANY,
        ("training_capacity",), ("training_capacity_members", "training_capacity_staff"),
    ),
    _joined(
        "training_other", Section.TRAINING, _l("Other training"), Counted.BATCHES, Whose.ANY,
        ("training_other",), ("training_other_members", "training_other_staff"),
    ),
    Line(
        "activity_days", Section.TRAINING, _l("Members’ activity days"), Counted.ACTIVITIES,
        {
            Column.VALUE: Source(("activity_days",), (Form.ACTIVITY,)),
            Column.TIMES: Source(("activity_days_members",), (Form.ACTIVITY,), came=True),
            Column.PUBLIC: Source(("activity_days_public",)),
        },
    ),
    _joined(
        "platform_training", Section.PLATFORM, _l("Training on the platform"), Counted.MEETINGS, Whose.ANY,
        ("training_platform",), ("training_platform_members",), rough=True,
    ),
    Line(
        "members_on_platform", Section.PLATFORM, _l("Members on the platform"), Counted.PERCENT,
        {Column.VALUE: Source(), Column.WHOLE: Source()}, platform=True,
    ),
    _joined(
        "remote_consultations", Section.PLATFORM, _l("Remote consultations held by the province"),
        Counted.MEETINGS, Whose.PROVINCE, ("consultations",), ("consultations",), CONSULTATIONS,
    ),
    _joined(
        "consultations_elsewhere", Section.PLATFORM, _l("Consultations that other bodies held"),
        Counted.MEETINGS, Whose.OTHERS, ("consultations",), ("consultations",), CONSULTATIONS,
    ),
)  # fmt: skip
"""What a year is reported by. Outreach has a line for each of its series besides."""

BY_KEY: Mapping[str, Line] = {line.key: line for line in LINES}


def of_series(name: str) -> Line:
    """The line of an outreach series, which the office itself has named."""
    columns = {Column.VALUE: Source(("outreach",))}
    return Line("outreach_series", Section.OUTREACH, name, Counted.ACTIVITIES, columns, series=name)
