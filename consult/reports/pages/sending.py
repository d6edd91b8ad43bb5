"""A sheet as a download, written into a file as its rows are read."""

from __future__ import annotations

import tempfile
from typing import IO
from zoneinfo import ZoneInfo

from flask import Response, request
from werkzeug.wsgi import wrap_file

from consult.core.export import CSV, XLSX, Sheet, as_download, write_csv, write_xlsx
from consult.core.web import settings


def sent(form: str, name: str, plain: str, sheet: Sheet) -> Response:
    """The sheet in that form, csv or xlsx; kept on disk, not in memory, on its way."""
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed with the answer
    zone = ZoneInfo(settings().zone)
    if form == "csv":
        write_csv(file, sheet.headings, sheet.rows, zone=zone)
    else:
        write_xlsx(file, [sheet], zone=zone)
    length = file.tell()
    file.seek(0)
    answer = Response(
        wrap_file(request.environ, file),
        mimetype=CSV if form == "csv" else XLSX,
        headers=as_download(f"{name}.{form}", f"{plain}.{form}"),
        direct_passthrough=True,
    )
    answer.content_length = length
    return answer
