"""One's own copy of all that is kept of one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, Response
from flask_babel import gettext as _

from consult.core.export import XLSX, as_download, xlsx_bytes
from consult.core.web import settings, store
from consult.members.current import current_actor
from consult.retention import own_data

pages = Blueprint("retention", __name__)


@pages.post("/account/data")
def own() -> Response:
    """What is kept of who asks, as a workbook."""
    actor = current_actor()
    store().write(own_data.ask, actor)
    with store().read() as work:
        body = xlsx_bytes(own_data.sheets(work, actor), zone=ZoneInfo(settings().zone))
        day = work.today.isoformat()
    name = _("What is kept of me %(day)s", day=day)
    headers = as_download(f"{name}.xlsx", f"my-data-{day}.xlsx")
    return Response(body, mimetype=XLSX, headers={**headers, "Cache-Control": "no-store"})
