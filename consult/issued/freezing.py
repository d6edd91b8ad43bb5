"""A report as bytes that stay the same, and what has changed since. Pure."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

FORMAT = 1
ROWS_DROPPED = b""
"""What is kept of the rows once the names in them have been dropped (`retention`)."""

Words = Mapping[str, str]
"""A text in each language, by the language's code."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind a figure: `id` names it (`meeting:7`, `member:12`), `text` says what it is, `adds`
    what it adds to each column."""

    id: str
    text: str
    adds: dict[str, int] = {}


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure by its columns, the first of them named `value`; `printed` is how the report words it, where
    that is not the plain number. `more_than` are the columns of which only “more than so many” is known."""

    key: str
    label: dict[str, str]
    values: dict[str, int]
    printed: dict[str, str] = {}
    more_than: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a report says: of which unit, under which title, by which rule, and its figures."""

    unit_id: int
    unit: str
    title: dict[str, str]
    rule: str
    rule_words: dict[str, str]
    figures: tuple[Figure, ...]


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """An issued report, without the rows behind it: `rows_digest` is theirs."""

    format: int
    number: str
    issued_at: str
    by: str
    subject: str
    unit: str
    title: dict[str, str]
    rule: str
    rule_words: dict[str, str]
    figures: tuple[Figure, ...]
    rows_digest: str


@dataclass(frozen=True)
class Frozen:
    """The bytes to keep: the content, its digest, and the rows behind it, compressed."""

    content: bytes
    digest: str
    rows: bytes


@dataclass(frozen=True)
class Change:
    """A figure that is not what it was: by column, what it said then and says now; and the rows that came,
    went, or add something else."""

    key: str
    label: Words
    values: Mapping[str, tuple[int, int]]
    came: tuple[Row, ...]
    gone: tuple[Row, ...]
    other: tuple[tuple[Row, Row], ...]


def freeze(told: Told, number: str, subject: str, at: datetime, by: str) -> Frozen:
    """The report's bytes. The same report, number, instant and author give the same bytes."""
    rows = _encoded({figure.key: figure.rows for figure in told.figures})
    content = _encoded(
        Content(
            format=FORMAT,
            number=number,
            issued_at=at.isoformat(),
            by=by,
            subject=subject,
            unit=told.unit,
            title=told.title,
            rule=told.rule,
            rule_words=told.rule_words,
            figures=tuple(msgspec.structs.replace(figure, rows=()) for figure in told.figures),
            rows_digest=digest(rows),
        )
    )
    return Frozen(content, digest(content), zlib.compress(rows, 9))


def content(kept: bytes) -> Content:
    """What `freeze` made the content of."""
    return msgspec.json.decode(kept, type=Content)


def rows(kept: bytes) -> dict[str, tuple[Row, ...]]:
    """What `freeze` made the rows of, by figure; none where they were dropped."""
    if kept == ROWS_DROPPED:
        return {}
    return msgspec.json.decode(zlib.decompress(kept), type=dict[str, tuple[Row, ...]])


def plain_rows(kept: bytes) -> bytes:
    """The rows as the JSON that their digest is of; nothing where they were dropped."""
    return kept if kept == ROWS_DROPPED else zlib.decompress(kept)


def digest(data: bytes) -> str:
    """The SHA-256 of the bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def intact(kept: bytes, kept_rows: bytes, known: str) -> bool:
    """Whether content and rows (if they are still kept) are those that were issued under that digest."""
    if digest(kept) != known:
        return False
    return kept_rows == ROWS_DROPPED or digest(plain_rows(kept_rows)) == content(kept).rows_digest


def changes(
    then: Sequence[Figure], rows_then: Mapping[str, Sequence[Row]], now: Sequence[Figure]
) -> list[Change]:
    """The figures that differ, in the order of the report as issued; new ones at the end."""
    found = []
    earlier, later = ({figure.key: figure for figure in figures} for figures in (then, now))
    for key in dict.fromkeys((*earlier, *later)):
        old, new = earlier.get(key), later.get(key)
        known = old or new
        if known is None:
            continue
        was, values = (figure.values if figure else {} for figure in (old, new))
        differs = {
            column: (was.get(column, 0), values.get(column, 0))
            for column in dict.fromkeys((*was, *values))
            if was.get(column, 0) != values.get(column, 0)
        }
        came, gone, other = _row_changes(rows_then.get(key, ()), new.rows if new else ())
        if differs or came or gone or other:
            found.append(Change(key, known.label, differs, came, gone, other))
    return found


def _row_changes(
    then: Iterable[Row], now: Iterable[Row]
) -> tuple[tuple[Row, ...], tuple[Row, ...], tuple[tuple[Row, Row], ...]]:
    was, are = ({row.id: row for row in found} for found in (then, now))
    return (
        tuple(row for key, row in are.items() if key not in was),
        tuple(row for key, row in was.items() if key not in are),
        tuple((row, are[key]) for key, row in was.items() if key in are and are[key] != row),
    )


def _encoded(thing: object) -> bytes:
    return msgspec.json.encode(thing, order="deterministic")
