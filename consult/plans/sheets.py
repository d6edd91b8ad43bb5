"""The annual plan as sheets."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from consult.core.export import Sheet, Value
from consult.plans.plan import Figure, Plan, Sitting
from consult.topics.forms_of_consultation import Form

HEADINGS = (
    _l("Topic"),
    _l("Form of consultation"),
    _l("Responsible departments"),
    _l("Proposed by"),
    _l("Seconds"),
    _l("Month"),
    _l("Standing"),
    _l("Meetings"),
    _l("Reported"),
)


def plan_sheet(plan: Plan) -> Sheet:
    """The topics of the plan, a row each."""
    return Sheet(_("Annual plan"), HEADINGS, list(_topics(plan)))


def beyond_sheet(plan: Plan) -> Sheet:
    """The meetings held beyond the plan."""
    rows = [
        (
            one.meeting.title,
            Form(one.meeting.form).label,
            one.topic.title if one.topic else None,
            one.meeting.opens_at,
        )
        for one in plan.beyond
    ]
    headings = (_l("Meeting"), _l("Form of consultation"), _l("Topic"), _l("Opens at"))
    return Sheet(_("Beyond the plan"), headings, rows)


def figures_sheet(plan: Plan) -> Sheet:
    """The counts at the top of the plan."""
    rows = [(str(figure.label), plan.count(figure)) for figure in Figure]
    return Sheet(_("Figures"), (_l("Figure"), _l("Number")), rows)


def _topics(plan: Plan) -> Iterator[tuple[Value, ...]]:
    for row in plan.rows:
        yield (
            row.topic.title,
            row.form.label,
            "、".join(row.topic.departments),
            "、".join(row.backing.proposers),
            row.backing.seconds,
            row.topic.month,
            row.standing.label,
            "\n".join(_in_words(one) for one in row.sittings),
            row.topic.reported_at,
        )


def _in_words(one: Sitting) -> str:
    day = one.meeting.opens_at.astimezone(ZoneInfo(one.meeting.zone))
    title = one.meeting.title if one.open_to_reader else ""
    return f"{day:%Y-%m-%d} {title} {one.state.label}".replace("  ", " ")
