"""Every bad input that we know of is refused clearly: never a fault, never a trace of it in the log, and
nothing half-written.

Each line of the tables is one input, by the number under which it was collected. Those that need more than
a line are elsewhere: 15 tests/core/test_clock.py; 36 tests/members/test_accounts.py; 38, 39, 58, 59
tests/live/test_sockets.py (38, 39 also here); 48, 49, 62 tests/websocket/test_driver.py; 70 to 74, 79 to 85
tests/members/test_sheet_refusals.py, sent here as files. The forms of an organizer's year are in
tests/bad_forms.py. Of 88 there is nothing: no calendar is read.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from consult.core import clock
from consult.core.store import Base, Work, open_store
from consult.meetings.models import Delegation, Meeting
from consult.members.access import actor_of
from consult.topics import calls
from tests.bad_forms import FORMS
from tests.live.site import SECRET, Site
from tests.members.sheets import HEADINGS, ZHANG, text_table, xlsx
from tests.members.test_sheet_refusals import REFUSED
from tests.support.cast import Cast, cast
from tests.support.desk import Answer, Desk
from tests.support.raw import Raw, frame
from tests.support.server import Server

RUNNING = {
    *("lease", "presence", "sign_in", "sign_in_failure", "roster_import"),
    *("announcement", "looked_at", "informed", "mark", "reminder", "notice", "delivery", "channel", "task"),
}
"""Tables that change by themselves, or by signing in; an upload's preview is no import yet."""


@dataclass
class Scene:
    """A site with an open, a closed and a coming meeting, and people at their keyboards."""

    site: Site
    open: int
    closed: int
    ahead: int
    elsewhere: int
    delegated: int
    call: int
    wang: Desk
    office: Desk
    nobody: Desk

    def rows(self) -> dict[str, int]:
        with self.site.store.read() as work:
            tables = [table for table in Base.metadata.sorted_tables if table.name not in RUNNING]
            return {
                table.name: work.db.scalar(select(func.count()).select_from(table)) or 0 for table in tables
            }

    def comments(self, fields: object, **headers: str) -> Answer:
        return self.wang.say(f"/meetings/{self.open}/comments", fields, **headers)

    def stranger(self, cookie: str) -> Answer:
        """A page that needs a sign-in, asked for with that cookie."""
        return self.nobody.ask("GET", "/account", Cookie=cookie, Accept="application/json")

    def plan(self, **wrong: object) -> Answer:
        """The form of a new meeting that is right but for this."""
        return self.office.send("/meetings/new", {**self.right_plan(), **wrong})

    def edit(self, meeting: int, **wrong: object) -> Answer:
        """The form of that meeting, first read when it was new, right but for this."""
        fields = {**self.right_plan(), "version": 1, **wrong}
        return self.office.send(f"/meetings/{meeting}/edit", fields)

    def right_plan(self) -> dict[str, object]:
        day = (clock.now() + timedelta(days=30)).date().isoformat()
        return {
            "title": "一次会议", "form": "remote", "mode": "remote", "day": day, "opens_at": "15:00",
            "closes_at": "17:00", "lobby_minutes": "15", "zone": "Asia/Shanghai", "share": "2/3",
            "units": f"unit:{self.site.people.county}", "late_after": "10", "early_before": "15",
            "form_key": secrets.token_urlsafe(24), "do": "schedule",
            "despite": "y",
        }  # fmt: skip

    def socket(self, **more: Any) -> Raw:
        """A raw connection of Wang's, as a browser begins it."""
        headers = {"Origin": self.site.server.url, "Cookie": self.wang.cookie, "Accept-Language": "en"}
        headers |= more.pop("headers", {})
        sent = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
        return Raw(self.site.server.port, headers=sent, **more)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("bad-input")
    server = None
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "test.sqlite")
        url = f"sqlite:///{folder / 'test.sqlite'}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.create(request.getfixturevalue("postgres_template"))
    store = open_store(url)
    people = cast(store)
    limits = {"COMMENTS_PER_MINUTE": "10000", "CONNECTIONS_PER_PERSON": "100"}
    serving = Server(
        {"DATABASE_URL": url, "SECRET_KEY": SECRET, "DEFAULT_LANGUAGE": "en", **limits}, folder / "log"
    )
    site = Site(serving.start(), store, people)
    yield Scene(
        site=site,
        open=site.meeting(),
        closed=site.meeting(opens=-60, closes=-30, grace_seconds=3600),
        ahead=site.meeting(opens=600, closes=660),
        elsewhere=site.meeting(expected=[], host_id=people.other_county),
        delegated=store.write(
            delegated, people, site.meeting(600, 660, expected=[], host_id=people.province)
        ),
        call=store.write(called, people),
        wang=Desk(site, people.wang),
        office=Desk(site, people.office),
        nobody=Desk(site),
    )
    serving.close()
    store.close()
    if server is not None:
        server.drop(url)


def delegated(work: Work, people: Cast, meeting_id: int) -> int:
    """The meeting, to which the county names two."""
    work.db.add(Delegation(meeting_id=meeting_id, unit_id=people.county, places=2, updated_at=work.now))
    return meeting_id


def called(work: Work, people: Cast) -> int:
    """An open call for topics of the county's."""
    month = timedelta(days=30)
    said = calls.terms("征集议题", "", 2027, "unit", work.now - month, work.now + month)
    return calls.create(work, actor_of(work, people.office), people.county, said, None).id


@pytest.fixture
def unharmed(scene: Scene) -> Iterator[Scene]:
    """The scene; afterwards the server has not stumbled, and nothing was written."""
    wait_until_moved(scene)
    before, logged = scene.rows(), len(scene.site.server.log_text())
    yield scene
    assert scene.nobody.ask("GET", "/readyz").status == 200
    assert scene.site.server.running
    said = scene.site.server.log_text()[logged:]
    assert "Traceback" not in said
    assert "fault in" not in said
    assert scene.rows() == before


def wait_until_moved(scene: Scene) -> None:
    """Until the clock has recorded what was due in the meetings."""
    for meeting in (scene.open, scene.closed):
        scene.wang.ask("GET", f"/meetings/{meeting}/log?tab=a", Accept="application/json")


def text(said: object) -> dict[str, object]:
    return {"key": secrets.token_hex(8), "text": said}


def no_json(body: bytes) -> Callable[[Scene], Answer]:
    return lambda on: on.comments(body)


def comment(said: object) -> Callable[[Scene], Answer]:
    return lambda on: on.comments(text(said))


def plan(**wrong: object) -> Callable[[Scene], Answer]:
    return lambda on: on.plan(**wrong)


def get(path: str, who: str = "wang") -> Callable[[Scene], Answer]:
    return lambda on: getattr(on, who).ask(
        "GET", path.format(on=on, people=on.site.people), Accept="application/json"
    )


def with_key(said: str) -> bytes:
    return b'{"key":"abcdefgh12","text":' + said.encode() + b"}"


NEW_YORK = {"zone": "America/New_York", "closes_at": "05:00"}
BIG = 2**63

HTTP: dict[str, tuple[Callable[[Scene], Answer], set[int]]] = {
    "1 empty body": (no_json(b""), {400}),
    "2 malformed JSON": (no_json(b'{"key":"abcdefgh", "text"'), {400}),
    "2 JSON that is no object": (no_json(b'["key"]'), {400}),
    "3 body of 10 MB": (no_json(b"x" * 10_000_000), {413}),
    "4 JSON 10,000 deep": (no_json(b"[" * 10_000 + b"]" * 10_000), {400}),
    "4 JSON 100,000 deep, unclosed": (no_json(b'{"text":' * 20_000), {400}),
    "5 duplicate keys, the last one wrong": (no_json(with_key('"x","text":""')), {400}),
    "6 NaN": (no_json(with_key("NaN")), {400}),
    "6 1e999": (no_json(with_key("1e999")), {400}),
    "6 a time of 1e999": (no_json(with_key('"x","typed_at":1e999')), {400}),
    "7 NUL alone": (comment("\0"), {400}),
    "7 NUL in an address": (get("/meetings/%00"), {404}),
    "7 NUL in a search": (get("/members?text=%00", "office"), {200}),
    "7 NUL in a key": (lambda on: on.comments({"key": "abcdefgh\0", "text": "x"}), {400}),
    "8 lone surrogate": (no_json(with_key(r'"\ud800"')), {400}),
    "8 lone surrogate in an address": (get("/s/%ED%A0%80"), {400, 404}),
    "8 lone surrogate in a form": (plan(title="\ud800", day=""), {400}),
    "8 invalid UTF-8": (no_json(b'{"key":"abcdefgh","text":"\xff\xfe"}'), {400}),
    "9 bidi override alone": (comment("\u202e\u202d"), {400}),
    "10 zero-width name": (plan(title="\u200b\u200d\u2060"), {400}),
    "11 name of 1 MB": (plan(title="长" * 350_000), {413}),
    "11 name of 20 kB": (plan(title="长" * 7_000), {400}),
    "11 comment of 200 kB": (comment("x" * 200_000), {400}),
    "12 end before start": (plan(closes_at="14:00"), {400}),
    "13 year 9999": (plan(day="9999-12-31"), {400}),
    "13 year 0000": (plan(day="0000-01-01"), {400}),
    "13 no day at all": (plan(day="2027-02-30"), {400}),
    "14 a time left out by the clocks": (plan(day="2027-03-14", opens_at="02:30", **NEW_YORK), {400}),
    "16 unknown zone": (plan(zone="Mars/Olympus"), {400}),
    "16 zone outside": (plan(zone="../../etc/passwd"), {400}),
    "17 meeting without length": (plan(closes_at="15:00"), {400}),
    "17 lobby of 10^5 minutes": (plan(lobby_minutes="99999"), {400}),
    "17 share above one": (plan(share="4/3"), {400}),
    "19 negative id": (get("/meetings/-1"), {404}),
    "19 id of 2^63": (get(f"/meetings/{BIG}/log"), {404}),
    "19 topic of 2^63": (plan(topic_id=str(BIG)), {400}),
    "19 version of 2^63": (lambda on: on.edit(on.ahead, version=str(BIG)), {400}),
    "19 negative number": (get("/meetings/{on.open}/log?after=-1"), {400}),
    "19 number of 2^63": (get(f"/meetings/{{on.open}}/log?before={BIG}"), {400}),
    "19 number in other digits": (get("/meetings/{on.open}/log?after=%D9%A3"), {400}),
    "20 another member": (get("/members/{people.seats[2]}"), {404}),
    "20 another county's meeting": (get("/meetings/{on.elsewhere}/log"), {404}),
    "20 another county as host": (lambda on: on.plan(host=on.site.people.other_county), {404}),
    "21 a field too many": (lambda on: on.comments({**text("x"), "role": "administrator"}), {400}),
    "21 another person's name": (lambda on: on.comments({**text("x"), "person": 2}), {400}),
    "21 a member plans": (lambda on: on.wang.send("/meetings/new", on.right_plan()), {403, 404}),
    "22 no token": (plan(csrf_token=""), {400}),
    "22 old token": (lambda on: on.comments(text("x"), X_CSRFToken="IjAi.x"), {400}),
    "22 another's token": (lambda on: on.comments(text("x"), X_CSRFToken=on.office.token), {400}),
    "25 forged Host": (lambda on: on.wang.ask("GET", "/", Host="evil.example"), {400}),
    "25 no Host at all": (lambda on: on.wang.ask("GET", "/", Host=""), {400}),
    "27 tampered cookie": (lambda on: on.stranger(on.wang.cookie[:-4] + "AAAA"), {401}),
    "27 cookie of rubbish": (lambda on: on.stranger("consult=\xff\xfe; =;;; consult"), {401}),
    "30 comment to a closed meeting": (
        lambda on: on.wang.say(f"/meetings/{on.closed}/comments", text("x")), {409}),
    "30 edit of a closed meeting": (lambda on: on.edit(on.closed), {409}),
    "31 wrong method": (lambda on: on.wang.ask("DELETE", f"/meetings/{on.open}/comments"), {405}),
    "31 unknown method": (lambda on: on.wang.ask("BREW", "/"), {400, 405, 501}),
    "32 SQL in a search": (get("/members?text='%20OR%201=1%20--", "office"), {200}),
    "32 SQL in an account": (
        lambda on: on.nobody.send("/sign-in", {"account": "' OR 1=1 --", "password": "x"}), {400}),
    "35 edit of a stale version": (lambda on: on.edit(on.ahead, version="0"), {409}),
    "35 edit without a version": (lambda on: on.edit(on.ahead, version=""), {400}),
    "65 10,000 piled marks": (comment("Z" + "\u0335" * 10_000), {400}),
    "66 only blanks": (comment(" \u3000\t\r\n"), {400}),
    "a length that is none": (
        lambda on: on.wang.ask("POST", "/sign-in", Content_Length="x"), {400, 411, 413}),
    "a body in chunks": (lambda on: on.wang.ask("POST", "/sign-in", Transfer_Encoding="chunked"), {400, 411}),
}  # fmt: skip


ASKED = {**HTTP, **FORMS}


@pytest.mark.parametrize("case", ASKED)
def test_bad_request(unharmed: Scene, case: str) -> None:
    ask, statuses = ASKED[case]
    answer = ask(unharmed)
    assert answer.status in statuses, answer.text[-2000:]
    assert "Traceback" not in answer.text
    if answer.headers.get("Content-Type") == "application/json" and answer.status >= 400:
        assert answer.json["error"]["code"]
        assert answer.json["error"]["message"]


def test_the_right_plan_is_taken_so_that_each_wrong_one_is_refused_for_what_is_wrong(scene: Scene) -> None:
    """And 29: sent twice, it makes one meeting."""
    right = scene.right_plan()
    before = scene.rows()["meeting"]
    answers = [scene.office.send("/meetings/new", right) for _ in range(2)]
    assert [answer.status for answer in answers] == [302, 302]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert scene.rows()["meeting"] == before + 1


def test_a_right_edit_is_taken(scene: Scene) -> None:
    with scene.site.store.read() as work:
        version = work.db.get_one(Meeting, scene.ahead).version
    assert scene.edit(scene.ahead, version=version).status == 302


def test_a_comment_sent_twice_or_with_a_key_given_twice_is_one(scene: Scene) -> None:
    """5 and 29."""
    key = secrets.token_hex(8)
    body = f'{{"key":"{key}","text":"先","text":"后"}}'.encode()
    before = scene.rows()["entry"]
    answers = [scene.comments(body) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].json["seq"] == answers[1].json["seq"]
    assert scene.rows()["entry"] == before + 1
    assert scene.comments({"key": key, "text": "先"}).json["error"]["field"] == "key"


@pytest.mark.parametrize(
    "said", ["<img src=x onerror=alert(1)>", "{{7*7}}", "'; DROP TABLE entry; --", "a\0b"]
)
def test_odd_words_are_only_words(scene: Scene, said: str) -> None:
    """7, 32, 33, 64: what was said is told as it was said (without what can't be seen)."""
    assert scene.comments(text(said)).status == 200
    answer = get("/meetings/{on.open}/log")(scene)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json["entries"][-1]["text"] == said.replace("\0", "")


@pytest.mark.parametrize(
    "target", ["//evil.example", "javascript:alert(1)", "https://evil.example", "/\\evil.example", "/\t/evil"]
)
def test_nobody_is_sent_elsewhere(unharmed: Scene, target: str) -> None:
    """23, 24."""
    answer = unharmed.wang.send(f"/consent?next={target.replace(chr(9), '%09')}", {"next": target})
    assert answer.status == 302
    assert answer.headers["Location"] == "/"


def test_nobody_forges_where_he_comes_from(unharmed: Scene) -> None:
    """26: without a proxy, what would be a proxy's word counts for nothing."""
    answer = unharmed.nobody.ask(
        "GET",
        "/account",
        X_Forwarded_For="1.2.3.4, x",
        X_Forwarded_Host="evil.example",
        X_Forwarded_Proto="ftp",
    )
    assert answer.status in (302, 401)
    assert "evil.example" not in answer.text + str(answer.headers)


def test_a_cookie_is_worth_nothing_after_signing_out(unharmed: Scene) -> None:
    """28."""
    desk = Desk(unharmed.site, unharmed.site.people.li)
    assert desk.ask("GET", "/account").status == 200
    assert desk.send("/sign-out", {}).status == 302
    assert desk.ask("GET", "/account", Accept="application/json").status == 401
    with pytest.raises(AssertionError):
        unharmed.socket(headers={"Cookie": desk.cookie}).join()


def event(name: str, message: object, number: str = "1") -> str:
    return f"42{number}{json.dumps([name, message])}"


def post(meeting: int, **more: object) -> str:
    return event("comment:post", {"meeting": meeting, **text("x"), **more})


ANSWERED: dict[str, tuple[Callable[[Scene], str], str]] = {
    "42 unknown event": (lambda on: event("meeting:delete", {"meeting": on.open}), "unknown_event"),
    "45 event without a name": (lambda _: event("", {}), "unknown_event"),
    "46 a word for a number": (lambda on: event("meeting:watch", {"meeting": str(on.open)}), "invalid"),
    "46 a list for a message": (lambda on: event("meeting:watch", [on.open]), "invalid"),
    "46 no message": (lambda _: '421["meeting:watch"]', "invalid"),
    "46 a number for a text": (lambda on: post(on.open, text=5), "invalid"),
    "46 true for a number": (lambda _: event("meeting:watch", {"meeting": True}), "invalid"),
    "19 number of 2^63": (lambda _: event("meeting:watch", {"meeting": BIG}), "invalid"),
    "19 negative number": (lambda on: event("meeting:watch", {"meeting": on.open, "after": -1}), "invalid"),
    "54 number beyond all": (
        lambda on: event("meeting:watch", {"meeting": on.open, "after": 2**31}), "invalid"),
    "55 comment before the opening": (lambda on: post(on.ahead), "not_now"),
    "55 comment after the end": (lambda on: post(on.closed), "not_now"),
    "61 typed in the future": (lambda on: post(on.closed, typed_at="2099-01-01T00:00:00Z"), "not_now"),
    "61 typed at no time": (lambda on: post(on.open, typed_at="yesterday"), "invalid"),
    "61 typed without a zone": (lambda on: post(on.open, typed_at="2026-01-01T00:00:00"), "invalid"),
    "56 another county's meeting": (lambda on: event("meeting:watch", {"meeting": on.elsewhere}), "missing"),
    "56 comment in another county": (lambda on: post(on.elsewhere), "missing"),
    "56 no such meeting": (lambda _: post(2**31 - 1), "missing"),
    "57 a room of one's choice": (
        lambda on: event("meeting:watch", {"meeting": on.open, "room": "x"}), "invalid"),
    "60 a sign of life for another": (
        lambda on: event("presence:here", {"meeting": on.open, "person": 2}), "invalid"),
    "61 a sign of life from the future": (
        lambda on: event("presence:here", {"meeting": on.open, "at": "2099"}), "invalid"),
    "20 a member hides": (lambda on: event("comment:hide", {"meeting": on.open, "seq": 1, "reason": "x"}),
                          "not_allowed"),
    "20 a member pins": (lambda on: event("comment:pin", {"meeting": on.open, "seq": 1}), "not_allowed"),
    "7 NUL alone": (lambda on: post(on.open, text="\0"), "invalid"),
    "65 10,000 piled marks": (lambda on: post(on.open, text="Z" + "\u0335" * 10_000), "invalid"),
    "66 only blanks": (lambda on: post(on.open, text=" \u3000 "), "invalid"),
    "2 key of blanks": (lambda on: post(on.open, key="        "), "invalid"),
    "2 key too long": (lambda on: post(on.open, key="a" * 65), "invalid"),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERED)
def test_bad_event_is_answered(unharmed: Scene, case: str) -> None:
    say, code = ANSWERED[case]
    client = unharmed.socket().join()
    client.send(say(unharmed))
    answer = json.loads(client.read_message(b"431")[3:])[0]
    assert not answer["ok"]
    assert answer["error"]["code"] == code
    assert answer["error"]["message"]
    client.send(event("presence:visible", {"meeting": unharmed.ahead}, "2"))
    assert json.loads(client.read_message(b"432")[3:])[0]["ok"], "the connection is of no use any more"
    client.close()


CUT_OFF: dict[str, tuple[bool, bytes]] = {
    "41 unknown namespace": (True, frame("42/admin,1" + '["meeting:watch",{}]')),
    "43 event before CONNECT": (False, frame('421["meeting:watch",{"meeting":1}]')),
    "44 an object for the list": (True, frame('421{"a":1}')),
    "44 no JSON": (True, frame('421["meeting:watch",')),
    "44 nested 10,000 deep": (True, frame("421" + "[" * 10_000)),
    "44 a number for the name": (True, frame("421[5,{}]")),
    "44 a number of acknowledgement without end": (True, frame("42" + "9" * 5000 + '["x"]')),
    "47 frame of 65 kB": (True, frame("42" + '["x","' + "x" * 66_000 + '"]')),
    "50 999,999,999 attachments": (True, frame('45999999999-["x",{"_placeholder":true,"num":0}]')),
    "51 attachment that is missing": (
        True, frame('451-["x",{"_placeholder":true,"num":0}]') + frame('421["x"]')),
    "51 attachment that nobody announced": (True, frame(b"\x00\x01\x02", 2)),
    "no Socket.IO": (True, frame("4zzz")),
    "no Engine.IO": (True, frame("zzz")),
    "a frame without mask": (True, frame("2", masked=False)),
    "no UTF-8": (True, frame(b"42\xff\xfe")),
}  # fmt: skip


@pytest.mark.parametrize("case", CUT_OFF)
def test_what_is_no_packet_ends_its_connection_and_no_other(unharmed: Scene, case: str) -> None:
    joined, sent = CUT_OFF[case]
    other = unharmed.socket().join()
    client = unharmed.socket()
    if joined:
        client.join()
    client.sock.sendall(sent)
    client.close_code()  # returns once the server has ended it
    client.close()
    other.send(event("presence:visible", {"meeting": unharmed.ahead}))
    assert json.loads(other.read_message(b"431")[3:])[0]["ok"]
    other.close()


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("", {"Origin": "https://evil.example"}, 403),
        ("", {"Origin": ""}, 403),
        ("", {"Origin": "null"}, 403),
        ("&EIO=3", {}, 400),
        ("&sid=x", {}, 400),
    ],
    ids=["38 foreign Origin", "39 no Origin", "38 null Origin", "40 EIO=3", "57 another's sid"],
)
def test_bad_handshake(unharmed: Scene, query: str, headers: dict[str, str], status: int) -> None:
    client = unharmed.socket(query=query, headers=headers)
    assert client.head.startswith(f"HTTP/1.1 {status} ".encode()), client.head
    client.close()


@pytest.mark.parametrize(
    ("sent", "headers", "code"),
    [
        ("40", {"Cookie": ""}, "sign_in_required"),
        ("40", {"Cookie": "consult=x.y.z"}, "sign_in_required"),
        ("40/admin,", {}, "Unable to connect"),
    ],
    ids=["37 no cookie", "27 cookie of rubbish", "41 unknown namespace"],
)
def test_refused_connection_says_why(unharmed: Scene, sent: str, headers: dict[str, str], code: str) -> None:
    client = unharmed.socket(headers=headers)
    assert client.read()[1].startswith(b"0")
    client.send(sent)
    assert code in client.read_message(b"44").decode()
    client.close()


def test_a_second_connect_gives_no_second_connection(unharmed: Scene) -> None:
    """52."""
    client = unharmed.socket().join()
    for _ in range(50):
        client.send("40")
    try:
        client.send(event("presence:visible", {"meeting": unharmed.ahead}))
        client.read_message(b"431")
    except (EOFError, ConnectionError):
        pass  # ended is as good
    client.close()


def test_a_number_from_the_future_is_told_the_log_s_own(unharmed: Scene) -> None:
    """54: a number below the one that was given means another log."""
    client = unharmed.socket().join()
    client.send(event("meeting:watch", {"meeting": unharmed.ahead, "after": 10**9}))
    answer = json.loads(client.read_message(b"431")[3:])[0]
    assert answer["ok"]
    assert answer["entries"] == []
    assert answer["seq"] < 10**9
    client.close()


def test_an_unfinished_message_is_no_message(unharmed: Scene) -> None:
    """63."""
    client = unharmed.socket().join()
    client.send(post(unharmed.open)[:20], fin=False)
    client.close()


def test_a_key_used_again_for_other_words_is_refused(scene: Scene) -> None:
    """53."""
    client, key = scene.socket().join(), secrets.token_hex(8)
    client.send(post(scene.open, key=key))
    assert json.loads(client.read_message(b"431")[3:])[0]["ok"]
    client.send(post(scene.open, key=key, text="y").replace("421", "422", 1))
    answer = json.loads(client.read_message(b"432")[3:])[0]
    assert (answer["error"]["code"], answer["error"]["field"]) == ("invalid", "key")
    client.close()


READ: dict[str, tuple[Callable[[], bytes], str]] = {
    "69 UTF-16": (lambda: text_table(HEADINGS, ZHANG, encoding="utf-16"), "a.csv"),
    "69 GBK": (lambda: text_table(HEADINGS, ZHANG, encoding="gbk"), "a.csv"),
    "69 UTF-8 with BOM": (lambda: text_table(HEADINGS, ZHANG, encoding="utf-8-sig"), "a.csv"),
    "74 the same member twice": (lambda: xlsx(HEADINGS, ZHANG, ZHANG), "a.xlsx"),
    "75 phone in scientific notation": (lambda: text_table(HEADINGS, (*ZHANG[:9], "1.99E+10", "")), "a.csv"),
    "76 serial date for a name": (lambda: xlsx(HEADINGS, (1, "001", 45000, *ZHANG[3:])), "a.xlsx"),
    "77 =HYPERLINK": (lambda: text_table(HEADINGS, (1, "001", '=HYPERLINK("//evil")', *ZHANG[3:])), "a.csv"),
    "78 formula behind a tab": (lambda: text_table(HEADINGS, (1, "001", "\t=1+1", *ZHANG[3:])), "a.csv"),
    "80 a cell far away": (
        lambda: xlsx(HEADINGS, ZHANG, change=lambda sheet: sheet.cell(1_000_000, 16_000, "x")), "a.xlsx"),
    "87 ../ in its name": (lambda: text_table(HEADINGS, ZHANG), "../../../etc/x.csv"),
    "34 a line break in its name": (lambda: text_table(HEADINGS, ZHANG), "a%0D%0ASet-Cookie: x=y.csv"),
}  # fmt: skip


@pytest.mark.parametrize("scene", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", REFUSED)
def test_bad_file_is_refused_on_its_page(unharmed: Scene, case: str) -> None:
    """67, 68, 70 to 73, 79, 81 to 86; what each is told is in tests/members/test_sheet_refusals.py."""
    make, words = REFUSED[case]
    path = f"/units/{unharmed.site.people.county}/import"
    answer = unharmed.office.upload(path, make(), "roster.csv")
    assert answer.status in (400, 413)
    assert answer.status == 413 or words in answer.text


@pytest.mark.parametrize("scene", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", READ)
def test_odd_file_is_read_as_a_person_would_and_imports_nothing_by_itself(unharmed: Scene, case: str) -> None:
    make, name = READ[case]
    path = f"/units/{unharmed.site.people.county}/import"
    answer = unharmed.office.upload(path, make(), name)
    assert answer.status in (302, 400)
    assert "x=y" not in str(answer.headers)
    if answer.status == 302:
        page = unharmed.office.ask("GET", answer.headers["Location"])
        assert page.status == 200
        assert 'href="//evil' not in page.text


@pytest.mark.parametrize("scene", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "form", [b"", b"--x--", b"--x\r\n\r\n", b"\r\n" * 5000, b"--x\r\nContent-Disposition: form-data"]
)
def test_broken_upload_is_refused(unharmed: Scene, form: bytes) -> None:
    path = f"/units/{unharmed.site.people.county}/import"
    answer = unharmed.office.ask(
        "POST", path, form, Content_Type="multipart/form-data; boundary=x", X_CSRFToken=unharmed.office.token
    )
    assert answer.status == 400
