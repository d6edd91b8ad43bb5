"""What an auditor is handed: the report's own bytes, its rows, and how to check both without Consult."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from consult.core.export import csv_bytes
from consult.core.i18n import language_now
from consult.issued import freezing
from consult.issued.freezing import Change, Figure, Row
from consult.issued.issuing import Issued, rows_of
from consult.issued.subjects import COLUMN_NAMES

WHEN = (1980, 1, 1, 0, 0, 0)  # of the files inside, so that the same report gives the same bundle


def bundle(issued: Issued, changes: list[Change], zone: ZoneInfo) -> bytes:
    """A zip: `report.json` (what the digest is of), `rows.json`, both once more as tables, `since.csv` with
    what has changed since it was issued, and `README.txt`."""
    language = language_now()
    out = io.BytesIO()
    files = {
        "README.txt": _explained(issued).encode("utf-8-sig"),
        "report.json": issued.report.content,
        "rows.json": freezing.plain_rows(issued.report.rows),
        "figures.csv": csv_bytes(
            [_("Figure"), _("Column"), _("Number"), _("As printed")],
            _figures(issued.content.figures, language),
            zone=zone,
        ),
        "rows.csv": csv_bytes(
            [_("Figure"), _("Row"), _("What it is"), _("What it adds")], _rows(issued, language), zone=zone
        ),
        "since.csv": csv_bytes(
            [_("Figure"), _("Column or row"), _("As issued"), _("Now")], _since(changes, language), zone=zone
        ),
    }
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, WHEN), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _explained(issued: Issued) -> str:
    content, report = issued.content, issued.report
    lines = [
        content.title[language_now()],
        _("Number %(number)s, issued by %(name)s of %(unit)s", number=content.number, name=content.by,
          unit=content.unit),
        _("Issued at %(at)s (UTC)", at=content.issued_at),
        _("Rule %(rule)s", rule=content.rule),
        content.rule_words[language_now()],
        "",
        f"SHA-256 report.json  {report.digest}",
        f"SHA-256 rows.json    {content.rows_digest}",
        "",
        _("The digest of report.json is printed on the report. Anybody can work it out again (sha256sum "
          "report.json, or certutil -hashfile report.json SHA256 on Windows); that of rows.json stands "
          "inside report.json. If a letter of either file were changed, they would differ."),
        _("figures.csv and rows.csv say the same for Excel. since.csv has what the report would say "
          "otherwise today."),
    ]  # fmt: skip
    if report.withdrawn_at is not None:
        lines += ["", _("Withdrawn: %(reason)s", reason=report.withdrawn_reason)]
    return "\r\n".join(line.replace("\n", "\r\n") for line in lines) + "\r\n"


def _figures(figures: tuple[Figure, ...], language: str) -> Iterator[tuple[str | int, ...]]:
    for figure in figures:
        for column, value in figure.values.items():
            printed = figure.printed.get(language, "") if column == "value" else ""
            yield figure.label[language], str(COLUMN_NAMES[column]), value, printed


def _rows(issued: Issued, language: str) -> Iterator[tuple[str, ...]]:
    labels = {figure.key: figure.label[language] for figure in issued.content.figures}
    for key, rows in rows_of(issued).items():
        for row in rows:
            yield labels.get(key, key), row.id, row.text, _adds(row)


def _since(changes: list[Change], language: str) -> Iterator[tuple[str | int, ...]]:
    for change in changes:
        label = change.label[language]
        for column, (then, now) in change.values.items():
            yield label, str(COLUMN_NAMES[column]), then, now
        for row in change.gone:
            yield label, row.id, f"{row.text} {_adds(row)}", ""
        for row in change.came:
            yield label, row.id, "", f"{row.text} {_adds(row)}"
        for was, row in change.other:
            yield label, row.id, f"{was.text} {_adds(was)}", f"{row.text} {_adds(row)}"


def _adds(row: Row) -> str:
    return str(_(", ")).join(f"{COLUMN_NAMES[column]} {number}" for column, number in row.adds.items())
