"""Members of a unit: the list with search, one member, editing, closing the account, the end of a term."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField

from consult.core.errors import Invalid, Missing, Refusal, Stale
from consult.core.forms import shown_at_field
from consult.core.text import clean
from consult.core.web import settings, store
from consult.members import accounts, directory, seats
from consult.members.access import ORGANIZING, READING, Actor, governed, units_under
from consult.members.current import current_actor
from consult.members.directory import ACCOUNTS, Search
from consult.members.models import Role, Unit
from consult.members.pages.blueprint import pages
from consult.members.roles import ROLES
from consult.members.roster import FIELDS, LONGEST, Value

Answer = str | Response | tuple[str, int]

PER_PAGE = 50


class MemberForm(FlaskForm):  # type: ignore[misc]
    """All that a roster tells of a member."""

    number = StringField(FIELDS["number"])
    name = StringField(FIELDS["name"])
    sex = StringField(FIELDS["sex"])
    ethnic_group = StringField(FIELDS["ethnic_group"])
    party = StringField(FIELDS["party"])
    sector = StringField(FIELDS["sector"])
    committees = StringField(FIELDS["committees"])
    post = StringField(FIELDS["post"])
    phone = StringField(FIELDS["phone"])
    email = StringField(FIELDS["email"])


@pages.get("/members")
def index() -> str:
    """The present members of one unit."""
    actor = current_actor()
    search = Search(
        **{
            name: clean(request.args.get(name, "")[:60])
            for name in ("text", "sector", "committee", "account")
        }
    )
    with store().read() as work:
        units = units_under(work, actor, *READING)
        unit = _chosen(units, request.args.get("unit"))
        members = directory.members_of(work, actor, unit.id)
    found = directory.matching(members, search)
    page, last = _page(request.args.get("page"), len(found))
    return render_template(
        "members/index.html",
        unit=unit,
        units=units,
        total=len(members),
        found=len(found),
        members=found[(page - 1) * PER_PAGE : page * PER_PAGE],
        search=search,
        sectors=directory.counted(one.sector for one in members),
        committees=directory.counted(name for one in members for name in one.committees),
        accounts=ACCOUNTS,
        organizing=actor.holds(unit.path, *ORGANIZING),
        years=settings().keep_names_years,
        page=page,
        last=last,
        address=url_for(
            "members.index", unit=unit.id, **{name: word for name, word in asdict(search).items() if word}
        ),
    )


@pages.get("/members/<int:membership_id>")
def member(membership_id: int) -> str:
    """One member and what can be done for him."""
    return _member(current_actor(), membership_id)


@pages.route("/members/<int:membership_id>/edit", methods=["GET", "POST"])
def edit(membership_id: int) -> Answer:
    """Corrects what is known of a member."""
    actor, status = current_actor(), 200
    with store().read() as work:
        seat, person, unit = seats.seat_for(work, actor, membership_id)
    before = seats.values_of(person, seat)
    form = MemberForm(data={field: _typed(value) for field, value in before.items()})
    seen = request.form.get("seen", "")
    if request.method == "POST":
        try:
            store().write(seats.edit, actor, membership_id, seen, _values(form))
        except Stale as refusal:
            status = refusal.status
        except Refusal as refusal:
            status = shown_at_field(form, refusal)
        else:
            return redirect(url_for("members.member", membership_id=membership_id))
    return render_template(
        "members/edit.html",
        form=form,
        seat=seat,
        person=person,
        unit=unit,
        longest=LONGEST,
        seen=seen if status == Invalid.status else seats.version_of(before),
        now=before if status == Stale.status else None,
        labels=FIELDS,
    ), status


@pages.post("/members/<int:membership_id>/end")
def end_term(membership_id: int) -> Answer:
    """Ends a member's term."""
    actor = current_actor()
    try:
        day = date.fromisoformat(request.form.get("day", "")[:10])
    except ValueError:
        return _member(actor, membership_id, {"day": str(_l("Please give a day."))}), Invalid.status
    try:
        store().write(seats.end_term, actor, membership_id, day)
    except Invalid as refusal:
        return _member(actor, membership_id, {"day": str(refusal)}), refusal.status
    return redirect(url_for("members.member", membership_id=membership_id))


@pages.post("/members/<int:membership_id>/close")
def close_account(membership_id: int) -> Answer:
    """Closes a member's account."""
    store().write(accounts.disable, current_actor(), _person_of(membership_id))
    return redirect(url_for("members.member", membership_id=membership_id))


@pages.post("/members/<int:membership_id>/open")
def open_account(membership_id: int) -> Answer:
    """Opens a member's closed account again."""
    store().write(accounts.enable, current_actor(), _person_of(membership_id))
    return redirect(url_for("members.member", membership_id=membership_id))


def _member(actor: Actor, membership_id: int, errors: dict[str, str] | None = None) -> str:
    with store().read() as work:
        one, unit = directory.member(work, actor, membership_id)
        elsewhere = directory.other_units(work, one.person_id, unit.id)
        in_hand = one.person_id in governed(work, actor, [one.person_id])
        today = work.today
    return render_template(
        "members/member.html",
        one=one,
        unit=unit,
        elsewhere=elsewhere,
        in_hand=in_hand,
        organizing=actor.holds(unit.path, *ORGANIZING),
        administering=actor.holds(unit.path, Role.ADMINISTRATOR),
        ended=one.to_day is not None and one.to_day <= today,
        accounts=ACCOUNTS,
        roles=ROLES,
        errors=errors or {},
    )


def _chosen(units: list[Unit], wanted: str | None) -> Unit:
    if not units:
        raise Missing
    if wanted is None:
        return units[0]
    found = next((unit for unit in units if str(unit.id) == wanted), None)
    if found is None:
        raise Missing
    return found


def _page(wanted: str | None, count: int) -> tuple[int, int]:
    last = max(1, -(-count // PER_PAGE))
    page = int(wanted) if wanted and wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    return min(max(page, 1), last), last


def _person_of(membership_id: int) -> int:
    with store().read() as work:
        one, _unit = directory.member(work, current_actor(), membership_id)
    return one.person_id


def _values(form: MemberForm) -> dict[str, Value]:
    return {field: seats.parse(field, clean((form[field].data or "")[:2000])) for field in FIELDS}


def _typed(value: Value) -> str:
    return value if isinstance(value, str) else "、".join(value)
