"""The report's text as a draft, put together from the lines: what is zero is left out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from flask_babel import gettext as _
from flask_babel import ngettext

from consult.annual.counting import Told
from consult.annual.lines import SECTIONS, Column, Section
from consult.annual.printing import printed


@dataclass(frozen=True)
class Paragraph:
    """A part of the text under its heading."""

    heading: str
    text: str


_Clause = Callable[[int, str], str]
"""From the number, for the plural, and how it is printed, to a few words."""

_CLAUSES: Mapping[str, _Clause] = {
    "study_staff_group": lambda n, count: ngettext(
        "%(count)s joint study session of the staff", "%(count)s joint study sessions of the staff", n,
        count=count,
    ),
    "study_members": lambda n, count: ngettext(
        "%(count)s study session of members", "%(count)s study sessions of members", n, count=count
    ),
    "study_reflections": lambda n, count: ngettext(
        "%(count)s reflection written on what was studied",
        "%(count)s reflections written on what was studied", n, count=count,
    ),
    "leaders_seminar_speeches": lambda n, count: ngettext(
        "%(count)s speech at study classes", "%(count)s speeches at study classes", n, count=count
    ),
    "leaders_sharing": lambda n, count: ngettext(
        "%(count)s reflection shared before all", "%(count)s reflections shared before all", n, count=count
    ),
    "papers_other": lambda n, count: ngettext(
        "%(count)s article or survey report", "%(count)s articles and survey reports", n, count=count
    ),
    "standing_and_chair_meetings": lambda n, count: ngettext(
        "%(count)s meeting of the standing committee or the chairpersons",
        "%(count)s meetings of the standing committee and the chairpersons", n, count=count,
    ),
    "meetings_plenary": lambda n, count: ngettext(
        "%(count)s plenary session", "%(count)s plenary sessions", n, count=count
    ),
    "meetings_other": lambda n, count: ngettext(
        "%(count)s meeting of the party group, committees or others",
        "%(count)s meetings of the party group, committees and others", n, count=count,
    ),
    "consultation_standing_committee": lambda n, count: ngettext(
        "%(count)s thematic consultation of the standing committee",
        "%(count)s thematic consultations of the standing committee", n, count=count,
    ),
    "consultation_counterpart": lambda n, count: ngettext(
        "%(count)s counterpart consultation of the special committees",
        "%(count)s counterpart consultations of the special committees", n, count=count,
    ),
    "consultation_proposal_handling": lambda n, count: ngettext(
        "%(count)s consultation on the handling of proposals",
        "%(count)s consultations on the handling of proposals", n, count=count,
    ),
    "consultation_sector": lambda n, count: ngettext(
        "%(count)s sector consultation", "%(count)s sector consultations", n, count=count
    ),
    "consultation_remote": lambda n, count: ngettext(
        "%(count)s remote consultation", "%(count)s remote consultations", n, count=count
    ),
    "consultation_other": lambda n, count: ngettext(
        "%(count)s other consultation", "%(count)s other consultations", n, count=count
    ),
    "consultation_attendance": lambda n, count: ngettext(
        "Members took part in consultations %(count)s time in all.",
        "Members took part in consultations %(count)s times in all.", n, count=count,
    ),
    "surveys_of_problems": lambda n, count: ngettext(
        "%(count)s in-depth survey of a problem", "%(count)s in-depth surveys of problems", n, count=count
    ),
    "surveys_other": lambda n, count: ngettext(
        "%(count)s survey of a topic or inspection", "%(count)s surveys of topics and inspections", n,
        count=count,
    ),
    "discussion_meetings": lambda n, count: ngettext(
        "%(count)s discussion meeting", "%(count)s discussion meetings", n, count=count
    ),
    "visits": lambda n, count: ngettext("%(count)s visit", "%(count)s visits", n, count=count),
    "people_visited": lambda n, count: ngettext(
        "%(count)s conversation with people at their homes or work",
        "%(count)s conversations with people at their homes or work", n, count=count,
    ),
    "proposals": lambda n, count: ngettext(
        "%(count)s proposal was submitted", "%(count)s proposals were submitted", n, count=count
    ),
    "proposals_filed": lambda n, count: ngettext(
        "%(count)s was filed", "%(count)s were filed", n, count=count
    ),
    "proposals_met_rate": lambda _n, count: _("of the proposals filed %(count)s were met on", count=count),
    "proposals_replied_rate": lambda _n, count: _("%(count)s were replied to", count=count),
    "proposals_satisfied_rate": lambda _n, count: _(
        "of those rated %(count)s satisfied their authors", count=count
    ),
    "opinion_briefs": lambda n, count: ngettext(
        "%(count)s brief on public opinion was received", "%(count)s briefs on public opinion were received",
        n, count=count,
    ),
    "briefs_forwarded": lambda n, count: ngettext(
        "%(count)s was forwarded to departments", "%(count)s were forwarded to departments", n, count=count
    ),
    "briefs_adopted": lambda n, count: ngettext(
        "%(count)s was adopted", "%(count)s were adopted", n, count=count
    ),
    "briefs_adopted_above": lambda n, count: ngettext(
        "%(count)s of them by the province or the nation", "%(count)s of them by the province or the nation",
        n, count=count,
    ),
    "briefs_instructed": lambda n, count: ngettext(
        "%(count)s was given a leader’s instruction", "%(count)s were given a leader’s instruction", n,
        count=count,
    ),
    "speeches_plenary_oral": lambda n, count: ngettext(
        "%(count)s oral speech", "%(count)s oral speeches", n, count=count
    ),
    "speeches_plenary_written": lambda n, count: ngettext(
        "%(count)s written speech", "%(count)s written speeches", n, count=count
    ),
    "outreach": lambda n, count: ngettext(
        "%(count)s outreach activity", "%(count)s outreach activities", n, count=count
    ),
    "clinic_people_treated": lambda n, count: ngettext(
        "%(count)s person treated free of charge", "%(count)s people treated free of charge", n, count=count
    ),
    "clinic_brochures": lambda n, count: ngettext(
        "%(count)s brochure handed out", "%(count)s brochures handed out", n, count=count
    ),
    "non_party_consultation_attendance": lambda n, count: ngettext(
        "they took part in consultations %(count)s time", "they took part in consultations %(count)s times",
        n, count=count,
    ),
    "non_party_share_proposals": lambda _n, count: _("%(count)s of the proposals filed", count=count),
    "non_party_share_speeches": lambda _n, count: _(
        "%(count)s of the oral speeches at plenary sessions", count=count
    ),
    "non_party_share_briefs": lambda _n, count: _(
        "%(count)s of the briefs on public opinion were theirs", count=count
    ),
    "training_provincial_online": lambda n, count: ngettext(
        "%(count)s batch of the province’s online training",
        "%(count)s batches of the province’s online training", n, count=count,
    ),
    "training_online": lambda n, count: ngettext(
        "%(count)s batch of other online training", "%(count)s batches of other online training", n,
        count=count,
    ),
    "training_capacity": lambda n, count: ngettext(
        "%(count)s batch of capacity training", "%(count)s batches of capacity training", n, count=count
    ),
    "training_other": lambda n, count: ngettext(
        "%(count)s batch of other training", "%(count)s batches of other training", n, count=count
    ),
    "activity_days": lambda n, count: ngettext(
        "%(count)s activity day of members", "%(count)s activity days of members", n, count=count
    ),
    "platform_training": lambda n, count: ngettext(
        "%(count)s training on the consultation platform",
        "%(count)s trainings on the consultation platform", n, count=count,
    ),
    "members_on_platform": lambda _n, count: _("%(count)s of the members are on the platform", count=count),
    "remote_consultations": lambda n, count: ngettext(
        "%(count)s remote consultation held by the province",
        "%(count)s remote consultations held by the province", n, count=count,
    ),
    "consultations_elsewhere": lambda n, count: ngettext(
        "%(count)s consultation held by another body", "%(count)s consultations held by other bodies", n,
        count=count,
    ),
}  # fmt: skip


def _of_series(number: int, count: str) -> str:
    return str(
        ngettext(
            "%(count)s activity of the series", "%(count)s activities of the series", number, count=count
        )
    )


_Sentence = tuple[Callable[[str], str], tuple[str, ...]]
"""How a list of clauses becomes a sentence, and of which lines."""

_SENTENCES: Mapping[Section, tuple[_Sentence, ...]] = {
    Section.STUDY: (
        (lambda what: _("Study came first: %(what)s.", what=what),
         ("study_staff_group", "study_members", "study_reflections", "leaders_seminar_speeches",
          "leaders_sharing", "papers_other")),
    ),
    Section.MEETINGS: (
        (lambda what: _("The year saw %(what)s.", what=what),
         ("meetings_plenary", "standing_and_chair_meetings", "meetings_other")),
    ),
    Section.CONSULTATION: (
        (lambda what: _("On the matters of the annual plan there were %(what)s.", what=what),
         ("consultation_standing_committee", "consultation_counterpart", "consultation_proposal_handling",
          "consultation_sector", "consultation_remote", "consultation_other")),
        (lambda what: what, ("consultation_attendance",)),
    ),
    Section.SURVEYS: (
        (lambda what: _("Going to where the questions are: %(what)s.", what=what),
         ("surveys_of_problems", "surveys_other", "discussion_meetings", "visits", "people_visited")),
    ),
    Section.PROPOSALS: (
        (lambda what: _("Of proposals, %(what)s.", what=what), ("proposals", "proposals_filed")),
        (lambda what: _("In handling them, %(what)s.", what=what),
         ("proposals_met_rate", "proposals_replied_rate", "proposals_satisfied_rate")),
        (lambda what: _("Of briefs, %(what)s.", what=what),
         ("opinion_briefs", "briefs_forwarded", "briefs_adopted", "briefs_adopted_above",
          "briefs_instructed")),
        (lambda what: _("At plenary sessions there were %(what)s.", what=what),
         ("speeches_plenary_oral", "speeches_plenary_written")),
    ),
    Section.OUTREACH: (
        (lambda what: _("Members served the public with %(what)s.", what=what),
         ("outreach", "outreach_series", "clinic_people_treated", "clinic_brochures")),
    ),
    Section.NON_PARTY: (
        (lambda what: _("As for members who are not in the Communist Party, %(what)s.", what=what),
         ("non_party_consultation_attendance",)),
        (lambda what: _("Of what was contributed, %(what)s.", what=what),
         ("non_party_share_proposals", "non_party_share_speeches", "non_party_share_briefs")),
    ),
    Section.TRAINING: (
        (lambda what: _("For their duties members had %(what)s.", what=what),
         ("training_provincial_online", "training_online", "training_capacity", "training_other")),
        (lambda what: _("There were %(what)s.", what=what), ("activity_days",)),
    ),
    Section.PLATFORM: (
        (lambda what: _("For the platform there were %(what)s.", what=what), ("platform_training",)),
        (lambda what: _("Up to the end of the time reported on, %(what)s.", what=what),
         ("members_on_platform",)),
        (lambda what: _("Members took part in %(what)s.", what=what),
         ("remote_consultations", "consultations_elsewhere")),
    ),
}  # fmt: skip


def opening(unit_name: str, year: int) -> str:
    """The sentence before all."""
    return str(_(
        "In %(year)s %(unit)s consulted, oversaw and took part in the affairs of the place as follows.",
        year=year, unit=unit_name,
    ))  # fmt: skip


def paragraphs(lines: Iterable[Told]) -> list[Paragraph]:
    """The text in the language of the moment, part by part; parts without any figure are left out."""
    found: dict[str, list[Told]] = {}
    for one in lines:
        if not one.empty:
            found.setdefault(one.line.key, []).append(one)
    parts = (
        Paragraph(str(SECTIONS[section]), reduce(_after, _sentences(sentences, found), ""))
        for section, sentences in _SENTENCES.items()
    )
    return [one for one in parts if one.text]


def _sentences(sentences: Sequence[_Sentence], found: Mapping[str, Sequence[Told]]) -> Iterator[str]:
    for wrapped, keys in sentences:
        clauses = [_clause(one) for key in keys for one in found.get(key, ())]
        if clauses:
            yield wrapped(_enumerated(clauses))


def _after(before: str, sentence: str) -> str:
    """The sentence behind the one before; between them a space, in languages that have one."""
    return str(_("%(before)s %(sentence)s", before=before, sentence=sentence)) if before else sentence


def _clause(one: Told) -> str:
    """What the line says, with who took part in brackets."""
    clause = _of_series if one.line.series else _CLAUSES[one.line.key]
    number = one.total(Column.VALUE).value
    said = str(clause(number, printed(one)))
    if one.line.series:
        said = str(_("“%(series)s”: %(what)s", series=one.line.series, what=said))
    taking_part = [
        str(told(one.total(column).value, printed(one, column)))
        for column, told in _TAKING_PART.items()
        if one.total(column).value
    ]
    if not taking_part:
        return said
    return str(_("%(what)s (%(who)s)", what=said, who=_(", ").join(taking_part)))


_TAKING_PART: Mapping[Column, _Clause] = {
    Column.TIMES: lambda n, count: ngettext(
        "%(count)s person-time", "%(count)s person-times", n, count=count
    ),
    Column.PUBLIC: lambda n, count: ngettext(
        "%(count)s person-time of the public", "%(count)s person-times of the public", n, count=count
    ),
}  # fmt: skip


def _enumerated(clauses: Sequence[str]) -> str:
    if len(clauses) == 1:
        return clauses[0]
    return str(_("%(these)s and %(last)s", these=_(", ").join(clauses[:-1]), last=clauses[-1]))
