"""Saying something in a meeting, and moderating it, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import text

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow
from consult.core.store import Store, Work, open_store
from consult.discussion import actions
from consult.discussion.actions import Posted
from consult.meetings import log, moves
from consult.meetings.lifecycle import Move
from consult.meetings.models import Kind, Meeting
from consult.members.models import Person
from tests.support.cast import Cast, at, cast
from tests.support.wait import until

KEY = "key-0001"


@pytest.fixture
def people(store: Store) -> Cast:
    return cast(store)


def post(
    people: Cast, when: datetime, person: int, meeting: int, key: str = KEY, text: str = "同意。", **more
):
    return people.store.write_at(when, actions.post, people.actor(person), meeting, key, text, **more)


def entries(people: Cast, meeting: int) -> list[dict]:
    with people.store.read() as work:
        return [log.plain(said) for said in log.after(work, meeting, 0)]


def test_post_says_who_speaks_for_which_unit_and_sector(people: Cast) -> None:
    meeting = people.meeting()
    assert post(people, at(5), people.wang, meeting) == Posted(meeting, 3, again=False)
    assert entries(people, meeting)[2] == {
        "seq": 3,
        "kind": "comment",
        "at": "2026-03-10T01:05:00.000Z",
        "by": {"id": people.wang, "name": "王秀兰", "unit": "清河县政协", "sector": "医药卫生界"},
        "text": "同意。",
    }


def test_post_records_the_opening_that_no_clock_has_made(people: Cast) -> None:
    meeting = people.meeting()
    post(people, at(5), people.wang, meeting)
    states = [(entry["kind"], entry.get("state"), entry["at"][11:16]) for entry in entries(people, meeting)]
    assert states == [("state", "lobby", "00:45"), ("state", "open", "01:00"), ("comment", None, "01:05")]


def test_post_of_the_office_is_marked(people: Cast) -> None:
    meeting = people.meeting()
    post(people, at(5), people.office, meeting)
    by = entries(people, meeting)[2]["by"]
    assert by == {
        "id": people.office,
        "name": "清河县政协办公室",
        "unit": "清河县政协",
        "sector": "",
        "office": True,
    }


def test_post_again_with_the_same_key_is_the_same_comment(people: Cast) -> None:
    meeting = people.meeting()
    first = post(people, at(5), people.wang, meeting)
    again = post(people, at(6), people.wang, meeting)
    assert again == Posted(meeting, first.seq, again=True)
    assert len(entries(people, meeting)) == 3


def test_post_again_after_the_end_is_still_the_same_comment(people: Cast) -> None:
    meeting = people.meeting()
    first = post(people, at(5), people.wang, meeting)
    assert post(people, at(90), people.wang, meeting).seq == first.seq


@pytest.mark.parametrize("other", ["text", "person"])
def test_post_with_a_used_key_is_refused(people: Cast, other: str) -> None:
    meeting = people.meeting()
    post(people, at(5), people.wang, meeting)
    who, text = (people.wang, "不同意。") if other == "text" else (people.li, "同意。")
    with pytest.raises(Invalid) as refused:
        post(people, at(6), who, meeting, text=text)
    assert refused.value.field == "key"
    assert len(entries(people, meeting)) == 3


def test_post_with_one_key_at_once_from_two_processes_is_one_comment(people: Cast, database_url: str) -> None:
    meeting = people.meeting()
    other = open_store(database_url)
    actor = people.actor(people.wang)
    with ThreadPoolExecutor(8) as pool:
        stores = [people.store, other] * 4
        said = list(
            pool.map(lambda store: store.write_at(at(5), actions.post, actor, meeting, KEY, "同意。"), stores)
        )
    other.close()
    assert {posted.seq for posted in said} == {3}
    assert [posted.again for posted in said].count(False) == 1


@pytest.mark.parametrize(
    ("minutes", "typed"),
    [(-20, None), (-5, None), (60, None), (61, 60.5), (61, None), (62.1, 59)],
    ids=["scheduled", "lobby", "at the end", "typed after", "typed when unknown", "after the grace"],
)
def test_post_is_refused_while_the_meeting_is_not_open(people: Cast, minutes: float, typed) -> None:
    meeting = people.meeting()
    with pytest.raises(NotNow):
        post(people, at(minutes), people.wang, meeting, typed_at=None if typed is None else at(typed))
    assert [entry for entry in entries(people, meeting) if entry["kind"] == "comment"] == []


def test_post_typed_before_the_end_is_taken_late_within_the_grace(people: Cast) -> None:
    meeting = people.meeting()
    post(people, at(61), people.wang, meeting, typed_at=at(59.9))
    kinds = [(entry.get("state"), entry.get("late")) for entry in entries(people, meeting)]
    assert kinds == [("lobby", None), ("open", None), ("closed", None), (None, True)]


def test_post_is_refused_to_who_may_not_see_the_meeting(people: Cast) -> None:
    meeting = people.meeting()
    with pytest.raises(Missing):
        post(people, at(5), people.outsider, meeting)
    with pytest.raises(Missing):
        post(people, at(5), people.wang, meeting + 1)


def test_post_is_refused_before_consent(people: Cast) -> None:
    def withdraw(work) -> None:
        work.db.get_one(Person, people.wang).consented_at = None

    people.store.write(withdraw)
    meeting = people.meeting()
    with pytest.raises(NotAllowed):
        post(people, at(5), people.wang, meeting)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("好\u202e的\u200b\x00\ud800", "好的?"),
        ("第一\r\n第二", "第一\n第二"),
        ("Z" + "\u0335" * 10_000, "Z" + "\u0335" * 4),
        ("字" * 500, "字" * 500),
    ],
    ids=["markup", "invisible", "lines", "zalgo", "longest"],
)
def test_post_keeps_clean_text(people: Cast, text: str, kept: str) -> None:
    meeting = people.meeting()
    if len(text) > 4000:
        with pytest.raises(Invalid):
            post(people, at(5), people.wang, meeting, text=text)
        return
    post(people, at(5), people.wang, meeting, text=text)
    assert entries(people, meeting)[2]["text"] == kept


@pytest.mark.parametrize("text", ["", " \u3000\n\u200b", "字" * 501], ids=["empty", "blank", "too long"])
def test_post_refuses_text_that_says_nothing_or_too_much(people: Cast, text: str) -> None:
    meeting = people.meeting()
    with pytest.raises(Invalid) as refused:
        post(people, at(5), people.wang, meeting, text=text)
    assert refused.value.field == "text"


@pytest.mark.parametrize("key", ["short", "x" * 65, "with space", "ключ-ключ"])
def test_post_refuses_other_keys(people: Cast, key: str) -> None:
    meeting = people.meeting()
    with pytest.raises(Invalid) as refused:
        post(people, at(5), people.wang, meeting, key=key)
    assert refused.value.field == "key"


def moderate(people: Cast, verb, meeting: int, *args, who: int | None = None, minutes: float = 6) -> int:
    return people.store.write_at(at(minutes), verb, people.actor(who or people.office), meeting, *args)


def test_hidden_words_leave_no_more_but_stay_on_file(people: Cast) -> None:
    meeting = people.meeting()
    seq = post(people, at(5), people.wang, meeting, text="无关的话").seq
    assert moderate(people, actions.hide, meeting, seq, "与议题无关") == seq + 1
    told = entries(people, meeting)
    assert told[seq - 1] == {"seq": 3, "kind": "comment", "at": "2026-03-10T01:05:00.000Z", "hidden": True}
    assert told[seq] == {"seq": 4, "kind": "hide", "at": "2026-03-10T01:06:00.000Z", "of": 3}
    with people.store.read() as work:
        for reader in (people.wang, people.office):
            kept = actions.on_file(work, people.actor(reader), meeting, seq)
            assert (kept.text, kept.reason) == ("无关的话", "与议题无关")
        with pytest.raises(Missing):
            actions.on_file(work, people.actor(people.li), meeting, seq)


def test_hide_twice_is_once_and_show_brings_it_back(people: Cast) -> None:
    meeting = people.meeting()
    seq = post(people, at(5), people.wang, meeting).seq
    moderate(people, actions.hide, meeting, seq, "重复")
    assert moderate(people, actions.hide, meeting, seq, "重复") == seq + 1
    assert moderate(people, actions.show, meeting, seq) == seq + 2
    assert moderate(people, actions.show, meeting, seq) == seq + 2
    told = entries(people, meeting)
    assert told[seq - 1]["text"] == "同意。"
    assert [entry["kind"] for entry in told[seq - 1 :]] == [Kind.COMMENT, Kind.HIDE, Kind.SHOW]


def test_hide_needs_a_reason(people: Cast) -> None:
    meeting = people.meeting()
    seq = post(people, at(5), people.wang, meeting).seq
    with pytest.raises(Invalid) as refused:
        moderate(people, actions.hide, meeting, seq, "  ")
    assert refused.value.field == "reason"


def pinned(people: Cast, meeting: int) -> int | None:
    with people.store.read() as work:
        return log.head(work, meeting).pinned


def test_pin_replaces_and_unpin_takes_down_only_its_own(people: Cast) -> None:
    meeting = people.meeting()
    one = post(people, at(5), people.wang, meeting).seq
    two = post(people, at(5), people.office, meeting, key="key-0002").seq
    moderate(people, actions.pin, meeting, one)
    moderate(people, actions.pin, meeting, two)
    moderate(people, actions.unpin, meeting, one)
    assert pinned(people, meeting) == two
    moderate(people, actions.unpin, meeting, two)
    assert pinned(people, meeting) is None


def test_hide_takes_the_pinned_comment_down_and_pin_refuses_a_hidden_one(people: Cast) -> None:
    meeting = people.meeting()
    seq = post(people, at(5), people.office, meeting).seq
    moderate(people, actions.pin, meeting, seq)
    moderate(people, actions.hide, meeting, seq, "写错了")
    assert pinned(people, meeting) is None
    assert [entry["kind"] for entry in entries(people, meeting)[seq:]] == ["pin", "unpin", "hide"]
    with pytest.raises(NotNow):
        moderate(people, actions.pin, meeting, seq)


@pytest.mark.parametrize("verb", [actions.hide, actions.show, actions.pin, actions.unpin])
def test_moderation_is_the_offices(people: Cast, verb) -> None:
    meeting = people.meeting()
    seq = post(people, at(5), people.wang, meeting).seq
    reason = ("理由",) if verb is actions.hide else ()
    with pytest.raises(NotAllowed):
        moderate(people, verb, meeting, seq, *reason, who=people.wang)
    with pytest.raises(Missing):
        moderate(people, verb, meeting, seq, *reason, who=people.outsider)
    for wrong in (1, 99):  # an entry that is no comment, and none at all
        with pytest.raises(Missing):
            moderate(people, verb, meeting, wrong, *reason)


def test_moderation_goes_on_after_the_end(people: Cast) -> None:
    meeting = people.meeting()
    seq = post(people, at(5), people.wang, meeting).seq
    moderate(people, actions.hide, meeting, seq, "与议题无关", minutes=120)
    with people.store.read() as work:
        assert work.db.get_one(Meeting, meeting).state == "closed"
    assert entries(people, meeting)[seq - 1]["hidden"] is True


def test_comment_that_waits_while_the_meeting_is_closed_does_not_follow_its_end(postgres_url: str) -> None:
    """On two processes: what has been read before waiting for the log no longer holds after it."""
    ours, other = open_store(postgres_url), open_store(postgres_url)
    people = cast(ours)
    meeting_id = people.meeting()
    post(people, at(5), people.wang, meeting_id)
    wang, closing, asked = people.actor(people.wang), threading.Event(), threading.Event()

    def close(work: Work) -> None:
        meeting = work.db.get_one(Meeting, meeting_id)
        assert moves.move(work, meeting, Move.CLOSE, at=work.now)
        closing.set()
        asked.wait(10)
        until(lambda: waiting_for_lock(ours), 1.2, "the comment to wait for the log")

    def post_in_between(work: Work) -> Posted:
        asked.set()
        return actions.post(work, wang, meeting_id, "key-0002", "还有一点。")

    with ThreadPoolExecutor(2) as pool:
        closed = pool.submit(other.write_at, at(10), close)
        closing.wait(10)
        posted = pool.submit(ours.write_at, at(10), post_in_between)
        with pytest.raises(NotNow):
            posted.result(20)
        closed.result(20)
    assert entries(people, meeting_id)[-1]["state"] == "closed"
    ours.close()
    other.close()


def waiting_for_lock(store: Store) -> bool:
    with store.read() as work:
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(work.db.scalar(waiting))
