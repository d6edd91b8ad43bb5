"""Reading records: the year's list, its figures, one record, and a member's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from flask import Response as FlaskResponse
from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from consult.core import clock
from consult.core.clock import zone
from consult.core.errors import Invalid, Message, Missing
from consult.core.export import CSV, XLSX, Sheet, Value, as_download, csv_bytes, xlsx_bytes
from consult.core.text import clean
from consult.core.web import settings, store
from consult.members.access import ORGANIZING, READING, Actor, units_under
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.members.parties import STANDINGS, Standing
from consult.records import figures, rows
from consult.records.entries import texts_of
from consult.records.figures import MEASURES, NON_PARTY_SHARES, RATES, Figure, Measure, Part
from consult.records.kinds import FIELDS, KINDS, LEVELS, Kind
from consult.records.pages.blueprint import pages
from consult.records.rows import Row

ON_A_PAGE = 50

ACTIONS: dict[str, Message] = {
    "record.created": _l("Written down"),
    "record.edited": _l("Changed"),
    "record.voided": _l("Voided"),
    "record.restored": _l("Restored"),
}


@dataclass(frozen=True)
class Asked:
    """Which records a list is asked for; the figure's rows if it names one."""

    unit: Unit
    year: int
    kind: Kind | None
    text: str
    voided: bool
    figure: str
    of: Standing | None
    page: int

    @property
    def measure(self) -> Measure | None:
        return MEASURES.get(self.figure)

    def url(self, endpoint: str = "records.index", **changed: object) -> str:
        """The list's address with this changed."""
        told = {
            "unit": self.unit.id, "year": self.year, "kind": self.kind, "q": self.text,
            "voided": 1 if self.voided else None, "figure": self.figure, "of": self.of,
        }  # fmt: skip
        kept = {name: str(value) for name, value in {**told, **changed}.items() if value}
        return url_for(endpoint, **kept)  # type: ignore[arg-type]


@pages.get("/records")
def index() -> str:
    """The records of a unit's year, with search and filters; or those that a figure counts."""
    actor = current_actor()
    asked, units = _asked(actor)
    with store().read() as work:
        kept = rows.year_of(work, actor, asked.unit.id, asked.year)
        years = rows.years(work, asked.unit.id, _today().year)
    counted = _counted(kept, asked)
    parts = counted.parts if counted else [Part(row, 1) for row in _matching(kept, asked)]
    last = max(1, -(-len(parts) // ON_A_PAGE))
    page = min(asked.page, last)
    return render_template(
        "records/index.html",
        asked=asked,
        units=units,
        years=years,
        parts=parts[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
        figure_asked=counted,
        total=len(parts),
        page=page,
        last=last,
        kinds=KINDS,
        by_kind={kind: one for kind, one in figures.by_kind(kept).items() if one.value},
        voided=sum(row.record.voided_at is not None for row in kept),
        standings=STANDINGS,
        organizing=actor.holds(asked.unit.path, *ORGANIZING),
    )


@pages.get("/records.<any(csv, xlsx):form>")
def download(form: str) -> FlaskResponse:
    """The records that the list shows, all of them, as a sheet: of one kind as it could be imported again."""
    actor = current_actor()
    asked, _units = _asked(actor)
    with store().read() as work:
        kept = rows.year_of(work, actor, asked.unit.id, asked.year)
    counted = _counted(kept, asked)
    found = [part.row for part in counted.parts] if counted else _matching(kept, asked)
    fields = [field for field in FIELDS if asked.kind is None or field in KINDS[asked.kind].fields]
    headings = [KINDS[asked.kind].label_of(one) if asked.kind else FIELDS[one].label for one in fields]
    name = _("Records of %(year)s", year=asked.year)
    sheet = Sheet(name, [_("Kind"), *headings], [_as_row(row, fields) for row in found])
    clocks = zone(settings().zone)
    if form == "csv":
        body, kind = csv_bytes(sheet.headings, sheet.rows, zone=clocks), CSV
    else:
        body, kind = xlsx_bytes([sheet], zone=clocks), XLSX
    headers = as_download(f"{asked.unit.name}-{name}.{form}", f"records-{asked.year}.{form}")
    return FlaskResponse(body, mimetype=kind, headers=headers)


@pages.get("/records/figures")
def year_figures() -> str:
    """The figures of a unit's year; each opens its rows."""
    actor = current_actor()
    asked, units = _asked(actor)
    with store().read() as work:
        kept = rows.year_of(work, actor, asked.unit.id, asked.year)
        years = rows.years(work, asked.unit.id, _today().year)
    found = {key: figures.figure(kept, one) for key, one in MEASURES.items()}
    return render_template(
        "records/figures.html",
        asked=asked,
        units=units,
        years=years,
        measures={
            key: (one, found[key], figures.by_standing(kept, one))
            for key, one in MEASURES.items()
            if found[key].value
        },
        absent=[one.label for key, one in MEASURES.items() if not found[key].value],
        rates=[(label, figures.rate(kept, key), whole) for key, (label, _part, whole) in RATES.items()],
        shares=[
            (label, figures.non_party_share(kept, key), whole)
            for key, (label, whole) in NON_PARTY_SHARES.items()
        ],
        series=figures.by_series(kept),
        Counted=figures.Counted,
        Standing=Standing,
        standings=STANDINGS,
        any_kept=bool(kept),
    )


@pages.get("/records/<int:record_id>")
def record(record_id: int) -> str:
    """One record; to its office with its history, to who is in it without."""
    actor = current_actor()
    with store().read() as work:
        row = rows.seen_by(work, actor, record_id)
        reading = actor.holds(row.unit.path, *READING)
        history = rows.history(work, row) if reading else []
    return render_template(
        "records/record.html",
        row=row,
        kind=KINDS[row.kind],
        facts=facts(row),
        organizing=actor.holds(row.unit.path, *ORGANIZING),
        reading=reading,
        history=history,
        actions=ACTIONS,
    )


@pages.get("/my/records")
def mine() -> str:
    """What the signed-in member gave and took part in, by year."""
    actor = current_actor()
    with store().read() as work:
        found = rows.own(work, actor.person_id)
    years: dict[int, list[Row]] = {}
    for row in found:
        years.setdefault(row.record.year, []).append(row)
    by_year = {
        year: (theirs, figures.by_kind(theirs)) for year, theirs in sorted(years.items(), reverse=True)
    }
    return render_template("records/mine.html", by_year=by_year, kinds=KINDS)


def facts(row: Row) -> list[tuple[Message, str]]:
    """What stands in the record, field by field as one reads it; empty fields are left out."""
    kind, texts = KINDS[row.kind], texts_of(rows.entry_of_row(row))
    if row.record.year == row.record.day.year:
        del texts["year"]
    told = (field for field in kind.fields if field != "title" and texts.get(field))
    return [(kind.label_of(field), shown(row.kind, field, texts[field])) for field in told]


def _as_row(row: Row, fields: Sequence[str]) -> list[Value]:
    """The record's kind and its fields in words, the day as one, plain numbers as numbers."""
    texts = texts_of(rows.entry_of_row(row))
    found: list[Value] = [KINDS[row.kind].label]
    for field in fields:
        text = texts.get(field, "")
        if field == "day":
            found.append(row.record.day)
        elif FIELDS[field].sort in ("count", "year") and text.isdecimal():
            found.append(int(text))
        else:
            found.append(shown(row.kind, field, text) if text else None)
    return found


def shown(kind: Kind, field: str, text: str) -> str:
    """A field's text, as `texts_of` gives it, in words."""
    if choices := KINDS[kind].choices_of(field):
        return str(choices[text].label)
    if FIELDS[field].sort == "yes_no":
        return str(_("Yes") if text == "yes" else _("No"))
    if FIELDS[field].sort == "count" and text.endswith("+"):
        return str(_("more than %(number)s", number=text[:-1]))
    return text


@pages.app_template_global("kind_of")
def kind_of(row: Row) -> str:
    """The record's kind and, where it has some, the variety of it, in words."""
    kind = KINDS[row.kind]
    variety = kind.varieties.get(row.record.variety)
    series = row.record.series
    return " · ".join(str(part) for part in (kind.label, variety.label if variety else series) if part)


@pages.app_template_global("level_of")
def level_of(host: str) -> Message:
    """The level that hosted an event, in a word."""
    return LEVELS[host].label


def _counted(kept: list[Row], asked: Asked) -> Figure | None:
    if asked.measure is None:
        return None
    return figures.figure(kept, asked.measure, asked.of)


def _matching(kept: list[Row], asked: Asked) -> list[Row]:
    text = "".join(asked.text.split()).casefold()
    return [
        row
        for row in kept
        if (row.record.voided_at is not None) == asked.voided
        and asked.kind in (None, row.kind)
        and (not text or text in _searched(row))
    ]


def _searched(row: Row) -> str:
    one = row.record
    said = [one.title, one.number, one.series, one.place, *one.departments]
    said += [part for person in row.people for part in (person.name, person.number)]
    return "\n".join("".join(part.split()) for part in said).casefold()


def _asked(actor: Actor) -> tuple[Asked, list[Unit]]:
    """What the address asks for. Refuses: Missing, to who reads nowhere or not there; Invalid."""
    with store().read() as work:
        units = units_under(work, actor, *READING)
    wanted = request.args.get("unit", type=int)
    found = [one for one in units if wanted in (None, one.id)]
    if not found:
        raise Missing
    year = request.args.get("year", _today().year, type=int)
    if not 2000 <= year < 2100:
        raise Invalid(_("The year must lie between 2000 and 2099."), field="year")
    kind, figure, of = (request.args.get(name, "") for name in ("kind", "figure", "of"))
    if (
        (kind and kind not in list(Kind))
        or (figure and figure not in MEASURES)
        or (of and of not in list(Standing))
    ):
        raise Missing
    return Asked(
        unit=found[0],
        year=year,
        kind=Kind(kind) if kind else None,
        text=clean(request.args.get("q", "")[:60]),
        voided=request.args.get("voided") == "1",
        figure=figure,
        of=Standing(of) if of else None,
        page=max(1, request.args.get("page", 1, type=int)),
    ), units


def _today() -> date:
    return clock.now().astimezone(ZoneInfo(settings().zone)).date()
