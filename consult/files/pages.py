"""The pages of files: bringing, opening and taking away, and who has read one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as WerkzeugResponse

from consult.config import Settings
from consult.core.errors import Busy, Invalid, Missing, NotAllowed, NotNow, Refusal
from consult.core.forms import key_sent
from consult.core.web import accepts_body, as_error, settings, store, wants_json
from consult.files import files, owners
from consult.files.files import MB
from consult.files.kinds import ACCEPTED, SHOWN
from consult.files.models import Purpose
from consult.members.current import current_actor

pages = Blueprint("files", __name__)

FORM = 256 << 10  # bytes of a form beside its files
AT_ONCE = 3  # files of full size that one form can carry

# What a browser shows is shown as nothing but itself: no script, no form, no other address. A PDF needs its
# viewer, which browsers don't start in a sandbox.
LOCKED = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
LOCKED_PDF = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Outcome:
    """What became of one file that was sent."""

    name: str
    refusal: Refusal | None = None


def most_sent(given: Settings) -> int:
    """How large a form with files may be, in bytes."""
    return AT_ONCE * given.file_megabytes * MB + FORM


@pages.app_template_global("file_limits")
def file_limits() -> dict[str, object]:
    """What the form for files says of itself."""
    given = settings()
    return {
        "accept": ACCEPTED,
        "megabytes": given.file_megabytes,
        "most": given.files_per_owner,
        "together": given.file_megabytes * AT_ONCE,
    }


@pages.app_template_filter("file_size")
def file_size(size: int) -> str:
    """A size in words."""
    if size < MB:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / MB:.1f} MB"


@pages.app_template_test("shown_by_browsers")
def shown_by_browsers(media_type: str) -> bool:
    """Whether a file of that type opens in a tab of its own."""
    return media_type in SHOWN


@pages.post("/files/to/<kind>/<int:owner_id>/<purpose>")
@accepts_body(most_sent)
def upload(kind: str, owner_id: int, purpose: str) -> WerkzeugResponse | str | tuple[str, int]:
    """Keeps what was sent, each file by itself: those that can't be taken hold up no others."""
    actor = current_actor()
    if purpose not in list(Purpose):
        raise Missing
    with store().read() as work:
        owner = owners.managed_by(work, actor, kind, owner_id, Purpose(purpose))
    sent = [one for one in request.files.getlist("file") if one.filename]
    if not sent:
        raise Invalid(_("Please choose a file."), field="file")
    if len(sent) > settings().files_per_owner:
        raise Invalid(_("At most %(most)s files at a time.", most=settings().files_per_owner), field="file")
    outcomes = [_kept(one, kind, owner_id, Purpose(purpose)) for one in sent]
    refused = [one for one in outcomes if one.refusal is not None]
    if wants_json():
        return _as_json(outcomes)
    back = _page(kind, owner_id)
    if not refused:
        flash(ngettext("The file is kept.", "%(num)s files are kept.", len(sent)))
        return redirect(back)
    page = render_template("files/refused.html", owner=owner, outcomes=outcomes, back=back)
    return page, (200 if len(refused) < len(outcomes) else 400)


@pages.get("/files/<int:file_id>")
def open_file(file_id: int) -> WerkzeugResponse:
    """The file itself. What a browser can show it shows, unless it is asked to keep it."""
    actor = current_actor()
    with store().read() as work:
        file, _owner = files.seen_by(work, actor, file_id)
        known = request.if_none_match.contains(file.sha256)
        data = b"" if known or request.method == "HEAD" else files.content(work, file)
        new = not files.has_opened(work, actor, file_id)
    if new and request.method != "HEAD":
        with suppress(Busy):  # it shall be read, even if that can't be written down
            store().write(files.opened, actor, file_id)
    answer = Response(status=304) if known else Response(data, mimetype=file.media_type)
    shown = file.media_type in SHOWN and "keep" not in request.args
    ascii_name = f"file-{file.id}.{file.name.rpartition('.')[2]}"
    answer.headers["Content-Disposition"] = (
        f'{"inline" if shown else "attachment"}; filename="{ascii_name}"; '
        f"filename*=UTF-8''{quote(file.name, safe='')}"
    )
    answer.headers["Content-Security-Policy"] = LOCKED_PDF if _is_pdf(file.media_type) else LOCKED
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Cookie"
    answer.set_etag(file.sha256)
    if request.method == "HEAD":
        answer.content_length = file.size
    return answer


@pages.post("/files/<int:file_id>/remove")
def remove(file_id: int) -> WerkzeugResponse:
    """Takes a file away."""
    file = store().write(files.remove, current_actor(), file_id)
    flash(_("“%(name)s” is removed.", name=file.name))
    return redirect(_page(*owners.read_key(file.owner)))


@pages.get("/files/<int:file_id>/readers")
def readers(file_id: int) -> str:
    """Who has opened a file and who has not, for its office."""
    actor = current_actor()
    with store().read() as work:
        file, owner = files.managed(work, actor, file_id)
        found = files.readers(work, actor, file_id)
    return render_template(
        "files/readers.html",
        file=file,
        owner=owner,
        readers=found,
        read=sum(one.at is not None for one in found),
        back=_page(owner.kind, owner.id),
        named=owners.rule_for(owner.kind).audience is not None,
    )


def _page(kind: str, owner_id: int) -> str:
    """The page that shows the owner's files."""
    rule = owners.rule_for(kind)
    values: dict[str, Any] = {rule.argument: owner_id}
    return url_for(rule.page, **values)


def _kept(sent: FileStorage, kind: str, owner_id: int, purpose: Purpose) -> Outcome:
    """One file, looked through here and kept by the writer."""
    limit = settings()
    name = (sent.filename or "")[-60:]
    try:
        data = sent.stream.read(limit.file_megabytes * MB + 1)
        file = files.brought(sent.filename or "", data, limit.file_megabytes)
        key = key_sent(request.form)
        store().write(
            files.add, current_actor(), kind, owner_id, purpose, file, limit.files_per_owner, key
        )  # fmt: skip
    except (Invalid, NotNow, NotAllowed, Busy) as refusal:
        return Outcome(name, refusal)
    return Outcome(file.name)


def _as_json(outcomes: list[Outcome]) -> WerkzeugResponse:
    refused = [one.refusal for one in outcomes if one.refusal is not None]
    told = [
        {"name": one.name, "ok": one.refusal is None}
        | ({} if one.refusal is None else {"error": as_error(one.refusal)})
        for one in outcomes
    ]
    answer = jsonify(ok=not refused, files=told)
    if len(refused) == len(outcomes):
        answer.status_code = refused[0].status
    return answer


def _is_pdf(media_type: str) -> bool:
    return media_type == "application/pdf"
