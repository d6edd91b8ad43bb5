"""The blueprint that all views of this package hang on, what they answer, and what several share."""

from __future__ import annotations

from flask import Blueprint, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Missing
from consult.members.access import READING, Actor
from consult.members.current import current_actor
from consult.topics import life, topics
from consult.topics.calls import Phase, Within
from consult.topics.forms_of_consultation import Form

pages = Blueprint("topics", __name__)

OWN_VIEW = "member"  # the value of `view` by which staff who are members, too, ask for the member's page

Answer = str | Response | tuple[str, int]

LABELS = {
    "title": _l("Title"),
    "background": _l("Background"),
    "form": _l("Form of consultation"),
    "departments": _l("Responsible departments"),
}


class TopicForm(FlaskForm):  # type: ignore[misc]
    """What a topic says; `unit` is asked only of who works for several."""

    unit = SelectField(_l("Unit"), coerce=int, validate_choice=False)
    title = StringField(LABELS["title"])
    background = TextAreaField(LABELS["background"])
    form = SelectField(LABELS["form"], choices=[SelectChoice(one.value, one.label) for one in Form])
    departments = TextAreaField(LABELS["departments"])

    def said(self) -> topics.Matter:
        """What was typed. Refuses: Invalid."""
        departments = (self.departments.data or "").replace("、", "\n").splitlines()
        return topics.matter(
            self.title.data or "", self.background.data or "", self.form.data or "", departments
        )


class ProposalForm(TopicForm):
    """The same in a member's words."""

    title = StringField(_l("Your topic"))
    background = TextAreaField(_l("Why, and what you suggest"))


def staff() -> Actor:
    """Who asks, if he works for an office. Refuses: Missing."""
    actor = current_actor()
    if not actor.staff:
        raise Missing
    return actor


def as_member(actor: Actor, unit_path: str) -> bool:
    """Whether the page is to be a member's: of who reads there as staff only when he asks for it."""
    return not actor.holds(unit_path, *READING) or (
        bool(actor.seats) and request.args.get("view") == OWN_VIEW
    )


def own_view(actor: Actor) -> str | None:
    """What an address needs as `view` so that it shows this person a member's page."""
    return OWN_VIEW if actor.staff else None


pages.add_app_template_global(Form, "FormOfConsultation")
pages.add_app_template_global(life.State, "TopicState")
pages.add_app_template_global(Phase, "CallPhase")
pages.add_app_template_global(Within, "CallWithin")
