"""A report's bytes: the same each time, broken by any change, and compared figure by figure."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from consult.issued.freezing import Figure, Row, Told, changes, content, freeze, intact, rows

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def figure(key: str, value: int, *behind: Row) -> Figure:
    return Figure(key=key, label={"zh_CN": key, "en": key}, values={"value": value}, rows=behind)


def row(name: str, text: str = "王秀兰", **adds: int) -> Row:
    return Row(id=name, text=text, adds=adds or {"value": 1})


def told(*figures: Figure) -> Told:
    words = {"zh_CN": "二〇二六年报告", "en": "Report on 2026"}
    return Told(
        unit_id=2, unit="清河县政协", title=words, rule="2026-2", rule_words=words, figures=figures
    )  # fmt: skip


def test_the_same_report_gives_the_same_bytes_and_reads_back() -> None:
    report = told(figure("present", 2, row("member:1"), row("member:2")))
    one, other = (freeze(report, "2026-001", "meeting:7", AT, "陈静") for _ in range(2))
    assert one == other
    said = content(one.content)
    assert (said.number, said.by, said.unit, said.figures[0].values) == (
        "2026-001", "陈静", "清河县政协", {"value": 2},
    )  # fmt: skip
    assert [one.id for one in rows(one.rows)["present"]] == ["member:1", "member:2"]
    assert said.figures[0].rows == ()


@given(st.data())
def test_a_single_changed_byte_is_noticed(data: st.DataObject) -> None:
    frozen = freeze(told(figure("present", 1, row("member:1"))), "2026-001", "meeting:7", AT, "陈静")
    assert intact(frozen.content, frozen.rows, frozen.digest)
    plain = zlib.decompress(frozen.rows)
    where, change = data.draw(st.integers(0, len(plain) - 1)), data.draw(st.integers(1, 255))
    broken = plain[:where] + bytes((plain[where] ^ change,)) + plain[where + 1 :]
    assert not intact(frozen.content, zlib.compress(broken), frozen.digest)
    where = data.draw(st.integers(0, len(frozen.content) - 1))
    broken = frozen.content[:where] + bytes((frozen.content[where] ^ change,)) + frozen.content[where + 1 :]
    assert not intact(broken, frozen.rows, frozen.digest)


def test_what_changed_is_told_by_figure_and_row() -> None:
    then = (figure("present", 2), figure("absent", 1), figure("same", 5))
    rows_then = {
        "present": (row("member:1"), row("member:2", seconds=60)), "absent": (row("member:3"),),
        "same": (row("member:9"),),
    }  # fmt: skip
    now = (
        figure("present", 3, row("member:1"), row("member:2", seconds=90), row("member:3")),
        figure("absent", 0),
        figure("same", 5, row("member:9")),
        figure("new", 1, row("member:4")),
    )
    present, absent, new = changes(then, rows_then, now)
    assert (present.key, present.values) == ("present", {"value": (2, 3)})
    assert [one.id for one in present.came] == ["member:3"]
    assert [(was.adds, one.adds) for was, one in present.other] == [({"seconds": 60}, {"seconds": 90})]
    assert (absent.values, [one.id for one in absent.gone]) == ({"value": (1, 0)}, ["member:3"])
    assert (new.key, new.values) == ("new", {"value": (0, 1)})


def test_the_content_is_plain_json_that_anybody_reads() -> None:
    frozen = freeze(told(figure("present", 1)), "2026-001", "meeting:7", AT, "陈静")
    assert json.loads(frozen.content)["figures"][0]["label"]["zh_CN"] == "present"
