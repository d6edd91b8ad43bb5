"""The bad inputs to the forms of an organizer's year: answers, leave, naming, calls, agendas and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.files.samples import PDF, WRONG
from tests.support.desk import Answer

if TYPE_CHECKING:
    from tests.test_bad_input import Scene

Case = tuple[Callable[["Scene"], Answer], set[int]]

BIG = 2**63
LONG = "长" * 3_000


def form(who: str, path: str, **fields: object) -> Callable[[Scene], Answer]:
    """A page's form, sent by that desk."""
    return lambda on: getattr(on, who).send(path.format(on=on, people=on.site.people), fields)


def call(**wrong: object) -> Callable[[Scene], Answer]:
    """The form of a call for topics that is right but for this."""
    right = {
        "title": "征集议题", "text": "", "year": "2027", "within": "unit", "opens_day": "2026-11-01",
        "opens_at": "09:00", "closes_day": "2027-11-01", "closes_at": "09:00",
    }  # fmt: skip
    return form("office", "/topics/calls/new", **{**right, **wrong})


def proposal(**wrong: object) -> Callable[[Scene], Answer]:
    """The form of a proposal that is right but for this."""
    right = {"title": "停车难", "background": "老城区车位少", "form": "remote", "departments": ""}
    return form("wang", "/topics/calls/{on.call}/propose", **{**right, **wrong})


def item(**wrong: object) -> Callable[[Scene], Answer]:
    """The form of an agenda's item that is right but for this."""
    right = {"title": "情况介绍", "speaker": "", "minutes": "8", "version": "1"}
    return form("office", "/meetings/{on.ahead}/agenda", **{**right, **wrong})


def repeat(**wrong: object) -> Callable[[Scene], Answer]:
    right = {"every": "weeks", "weeks": "1", "times": "3", "until": ""}
    return form("office", "/meetings/{on.ahead}/repeat", **{**right, **wrong})


def quiet(**wrong: object) -> Callable[[Scene], Answer]:
    right = {"from_day": "2027-02-01", "to_day": "2027-02-10", "reason": "全会期间"}
    return form("office", "/units/{people.county}/quiet", **{**right, **wrong})


def naming(**wrong: object) -> Callable[[Scene], Answer]:
    right = {"names": "王秀兰", "venue": "", "address": "", "operator": "", "version": "1"}
    path = "/meetings/{on.delegated}/delegations/{people.county}"
    return form("office", path, **{**right, **wrong})


def robot(url: str, **wrong: object) -> Callable[[Scene], Answer]:
    right = {"kind": "wecom", "name": "委员群", "url": url, "secret": "", "kinds": "invitation"}
    return form("office", "/notices/robots/new", **{**right, **wrong})


def get(path: str, who: str = "wang") -> Callable[[Scene], Answer]:
    return lambda on: getattr(on, who).ask("GET", path.format(on=on), Accept="application/json")


def drag(body: object, who: str = "office") -> Callable[[Scene], Answer]:
    return lambda on: getattr(on, who).say(f"/calendar/meetings/{on.ahead}/move", body)


def upload(name: str, data: bytes) -> Callable[[Scene], Answer]:
    return lambda on: on.office.upload(f"/files/to/meeting/{on.ahead}/material", data, name)


TIMES = {"opens_at": "2027-03-01T09:00:00+08:00", "closes_at": "2027-03-01T10:00:00+08:00"}

FORMS: dict[str, Case] = {
    "answer: no such one": (form("wang", "/meetings/{on.ahead}/answer", do="perhaps"), {400}),
    "answer: none": (form("wang", "/meetings/{on.ahead}/answer"), {400}),
    "answer: to a closed meeting": (form("wang", "/meetings/{on.closed}/answer", do="yes"), {400, 409}),
    "answer: to another county's": (form("wang", "/meetings/{on.elsewhere}/answer", do="yes"), {400, 404}),
    "answer: to a meeting of 2^63": (form("wang", f"/meetings/{BIG}/answer", do="yes"), {400, 404}),
    "leave: no such reason": (form("wang", "/meetings/{on.ahead}/leave", reason_type="bored"), {400}),
    "leave: a reason too long": (
        form("wang", "/meetings/{on.ahead}/leave", reason_type="illness", reason=LONG), {400}),
    "leave: from a closed meeting": (
        form("wang", "/meetings/{on.closed}/leave", reason_type="illness"), {409}),
    "leave: no such request": (form("office", "/leave/999999", do="granted"), {404}),
    "leave: request of 2^63": (form("office", f"/leave/{BIG}", do="granted"), {404}),
    "leave: withdrawn by a stranger": (form("wang", "/leave/999999/withdraw"), {404}),
    "nudge: by a member": (form("wang", "/meetings/{on.ahead}/nudge"), {403, 404}),
    "naming: nobody of that name": (naming(names="查无此人"), {400}),
    "naming: a name too long": (naming(names=LONG), {400}),
    "naming: no version": (naming(version=""), {400}),
    "naming: stale": (naming(version="0"), {409}),
    "naming: operator in other digits": (naming(operator="٣"), {400}),
    "naming: operator of another house": (naming(operator=str(10**8)), {400}),
    "naming: no such unit": (
        form("office", "/meetings/{on.delegated}/delegations/999999", names="", version="1"), {404}),
    "call: no title": (call(title="\u200b"), {400}),
    "call: a title too long": (call(title=LONG), {400}),
    "call: year 10000": (call(year="10000"), {400}),
    "call: year in other digits": (call(year="٢٠٢٧"), {400}),
    "call: no such day": (call(closes_day="2027-02-30"), {400}),
    "call: end before start": (call(closes_day="2026-10-01"), {400}),
    "call: within the whole world": (call(within="world"), {400}),
    "call: opened by a member": (form("wang", "/topics/calls/new", title="x"), {403, 404}),
    "proposal: no title": (proposal(title=" "), {400}),
    "proposal: no such form": (proposal(form="dance"), {400}),
    "proposal: too long": (proposal(title=LONG), {400}),
    "proposal: 200 departments": (proposal(departments="、".join("局" + str(n) for n in range(200))), {400}),
    "proposal: to a call of 2^63": (form("wang", f"/topics/calls/{BIG}/propose", title="x"), {404}),
    "second: no such topic": (form("wang", "/topics/999999/second"), {404}),
    "decide: nothing ticked": (
        form("office", "/topics/calls/{on.call}/decide", do="shortlist"), {400}),
    "decide: rubbish ticked": (
        form("office", "/topics/calls/{on.call}/decide", do="shortlist", topic="1:x"), {400}),
    "agenda: no title": (item(title=""), {400}),
    "agenda: minutes of 2^63": (item(minutes=str(BIG)), {400}),
    "agenda: negative minutes": (item(minutes="-5"), {400}),
    "agenda: minutes in words": (item(minutes="八"), {400}),
    "agenda: stale": (item(version="0"), {409}),
    "agenda: no such item": (
        form("office", "/meetings/{on.ahead}/agenda/999999", title="x", minutes="8", version="1"), {404}),
    "agenda: by a member": (
        form("wang", "/meetings/{on.ahead}/agenda", title="x", minutes="8", version="1"), {403, 404}),
    "18 repeat: 100,000 times": (repeat(times="100000"), {400}),
    "18 repeat: until the year 9999": (repeat(times="", until="9999-12-31"), {400}),
    "18 repeat: every 0 weeks": (repeat(weeks="0"), {400}),
    "18 repeat: neither times nor an end": (repeat(times=""), {400}),
    "18 repeat: every blue moon": (repeat(every="moon"), {400}),
    "18 repeat: 300 days chosen": (
        lambda on: on.office.send(
            f"/meetings/{on.ahead}/repeat",
            {"do": "schedule", **{f"on-2027-{1 + n // 25:02}-{1 + n % 25:02}": "keep" for n in range(300)}},
        ), {400}),
    "18 repeat: on no day": (
        form("office", "/meetings/{on.ahead}/repeat", do="schedule", **{"on-2027-02-30": "keep"}), {400}),
    "quiet: end before start": (quiet(to_day="2027-01-01"), {400}),
    "quiet: no such day": (quiet(from_day="2027-02-30"), {400}),
    "quiet: a reason too long": (quiet(reason=LONG), {400}),
    "quiet: another county's": (
        form("office", "/units/{people.other_county}/quiet", from_day="2027-02-01", to_day="2027-02-02",
             reason="x"), {403, 404}),
    "events: no range": (get("/calendar/events"), {400}),
    "events: end before start": (get("/calendar/events?start=2027-02-02&end=2027-01-01"), {400}),
    "events: a thousand years": (get("/calendar/events?start=2000-01-01&end=2099-12-31"), {400}),
    "events: no such day": (get("/calendar/events?start=2027-02-30&end=2027-03-01"), {400}),
    "drag: no JSON": (drag(b"{"), {400}),
    "drag: a list": (drag([]), {400}),
    "drag: no version": (drag(TIMES), {400}),
    "drag: version of 2^63": (drag({**TIMES, "version": BIG}), {400, 409}),
    "drag: true for a version": (drag({**TIMES, "version": True}), {400}),
    "drag: a time without a zone": (
        drag({**TIMES, "opens_at": "2027-03-01T09:00:00", "version": 1}), {400}),
    "drag: a number for a time": (drag({**TIMES, "opens_at": 5, "version": 1}), {400}),
    "drag: end before start": (drag({**TIMES, "closes_at": TIMES["opens_at"], "version": 1}), {400, 409}),
    "drag: stale": (drag({**TIMES, "version": 0}), {409}),
    "drag: by a member": (drag({**TIMES, "version": 1}, "wang"), {403, 404}),
    "notices: no such channel": (form("wang", "/notices/settings", channel="pigeon"), {400}),
    "notices: another's": (get("/notices/999999"), {404}),
    "notices: page of 2^63": (get(f"/notices?page={BIG}"), {200}),
    "answers: page of 2^63": (get(f"/meetings/{{on.ahead}}/answers?page={BIG}", "office"), {200}),
    "told: page of 2^63": (get(f"/meetings/{{on.ahead}}/notices?page={BIG}", "office"), {200}),
    "not told: page of 2^63": (get(f"/notices/failures?page={BIG}", "office"), {200}),
    "plan: of the year 2^63": (get(f"/plans/1/{BIG}", "office"), {400, 404}),
    "plan: go to 2^63": (get(f"/plans/go?unit={BIG}&year={BIG}", "office"), {302, 400, 404}),
    "a copy of a meeting of 2^63": (get(f"/meetings/new?copy={BIG}", "office"), {200, 400, 404}),
    "report: of the year 2^63": (get(f"/reports?year={BIG}", "office"), {400}),
    "notices: read up to 2^63": (form("wang", "/notices/read", up_to=BIG), {400}),
    "robot: no address": (robot(""), {400}),
    "robot: unencrypted": (robot("http://example.com/hook"), {400}),
    "robot: a file": (robot("file:///etc/passwd"), {400}),
    "robot: a password in it": (robot("https://a:b@qyapi.weixin.qq.com/x"), {400}),
    "robot: port of none": (robot("https://qyapi.weixin.qq.com:999999/x"), {400}),
    "robot: a line break in it": (robot("https://qyapi.weixin.qq.com/x\r\nHost: evil"), {400}),
    "robot: no such kind": (robot("https://qyapi.weixin.qq.com/x", kind="carrier"), {400}),
    "unsubscribe: rubbish": (get("/unsubscribe/x.y", "nobody"), {404}),
    "unsubscribe: NUL": (get("/unsubscribe/%00", "nobody"), {404}),
    "unsubscribe: very long": (get("/unsubscribe/" + "a" * 5_000, "nobody"), {404, 414}),
    "unsubscribe: rubbish posted": (form("nobody", "/unsubscribe/x.y"), {404}),
    "feed: rubbish": (get("/calendar/feed/x.ics", "nobody"), {404}),
    "feed: NUL": (get("/calendar/feed/%00.ics", "nobody"), {404}),
    "feed: very long": (get("/calendar/feed/" + "a" * 5_000 + ".ics", "nobody"), {404, 414}),
    "feed: no UTF-8": (get("/calendar/feed/%ff.ics", "nobody"), {400, 404}),
    "file: no such purpose": (
        lambda on: on.office.upload(f"/files/to/meeting/{on.ahead}/poem", PDF, "a.pdf"), {404}),
    "file: no such kind of owner": (
        lambda on: on.office.upload(f"/files/to/person/{on.ahead}/material", PDF, "a.pdf"), {404}),
    "file: by a member": (
        lambda on: on.wang.upload(f"/files/to/meeting/{on.ahead}/material", PDF, "a.pdf"), {403, 404}),
    "file: none": (form("office", "/files/to/meeting/{on.ahead}/material"), {400}),
    **{f"file: {case}": (upload(*sent), {400}) for case, sent in WRONG.items()},
}  # fmt: skip
