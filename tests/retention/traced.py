"""A word put wherever the member's name and private things may stand, and looked for again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, LargeBinary, Table, select, update

from consult.attendance.models import Correction, Objection, Settlement
from consult.core.store import Base, Work
from consult.members.models import Charge, SignInLink
from consult.notices.models import Unwanted
from tests.permissions.scene import Scene
from tests.retention.decided import DROPPED

WORD = "暗记"
"""The member's name from then on, and what everything else says of him."""
NAMESAKE = f"{WORD}明"
"""Somebody else's name, which begins with his."""


def mark(work: Work, scene: Scene) -> None:
    """Puts the word into everything of the member's that is to be dropped."""
    _more(work, scene)
    for name in sorted(DROPPED):
        table, column = name.split(".")
        rows = Base.metadata.tables[table]
        word: Any = [{"name": WORD}] if isinstance(rows.c[column].type, JSON) else WORD
        if isinstance(rows.c[column].type, LargeBinary):
            word = WORD.encode()
        if table == "audit_entry":
            word = {"changed": {"authors": [f"{WORD}（100）、fellow", NAMESAKE]}, "account": "a"}
            _fill(work, rows, column, word, rows.c.subject == f"record:{scene.record}")
        elif table in ("video_sheet", "roster_import", "record_import", "issued_report"):
            _fill(work, rows, column, word)
        elif table == "content":
            said = rows.c.seq.in_((scene.comment, scene.hidden))
            _fill(work, rows, column, word, rows.c.meeting_id == scene.open, said)
        elif table == "delivery":
            _fill(work, rows, column, word, rows.c.id == scene.delivery)
        else:
            own = rows.c[next(key for key in ("person_id", "membership_id", "id") if key in rows.c)]
            me = scene.seat if own.name == "membership_id" else scene.member
            _fill(work, rows, column, word, own == me)


def found(work: Work) -> set[str]:
    """The columns in which the word stands."""
    return {name for name, value in _values(work) if WORD in value.replace(NAMESAKE, "")}


def _more(work: Work, scene: Scene) -> None:
    """What the scene has none of: an objection, a correction, a link, a charge, an unwanted channel."""
    settlement = work.db.scalars(select(Settlement).where(Settlement.meeting_id == scene.settled)).all()[-1]
    seat = {"meeting_id": scene.settled, "membership_id": scene.seat, "settlement_id": settlement.id}
    correction = Correction(
        **seat,
        old_outcome="absent",
        outcome="on_time",
        reason="",
        by_id=scene.office,
        at=work.now,
        ended_at=work.now,
    )
    objection = Objection(**seat, person_id=scene.member, claim="present", text="", at=work.now)
    work.db.add_all([
        correction, objection, Unwanted(person_id=scene.member, channel="sms", at=work.now),
        SignInLink(person_id=scene.member, token_hash="", made_at=work.now, expires_at=work.now),
        Charge(
            unit_id=scene.city, person_id=scene.member, kind="sector", name="农业界", given_at=work.now
        ),
    ])  # fmt: skip
    work.db.flush()


def _fill(work: Work, rows: Table, column: str, word: Any, *where: Any) -> None:
    done = work.db.execute(update(rows).where(*where).values({column: word}))
    assert done.rowcount, f"the scene has nothing of the member's in {rows.name}.{column}"  # type: ignore[attr-defined]


def _values(work: Work) -> Iterator[tuple[str, str]]:
    for table in Base.metadata.sorted_tables:
        for row in work.db.execute(select(table)).mappings():
            for name, value in row.items():
                text = value.decode(errors="replace") if isinstance(value, bytes) else repr(value)
                yield f"{table.name}.{name}", text
