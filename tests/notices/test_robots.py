"""Groups' robots and text messages: what is posted where, which answers mean what, and where nothing goes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from consult.core import clock
from consult.core.store import Store
from consult.notices import retry, sender, sms
from consult.notices.carrying import Away, Later, Letter, Reason, Refused
from consult.notices.models import Robot
from consult.notices.outgoing import Reach, post, reach_of
from consult.notices.robots import RobotCarrier, RobotKind, request_of, text
from tests.notices.post import SECRET, SITE, Post, settings
from tests.support.net import free_port
from tests.support.receiver import Answer, Receiver, receiver

LETTER = Letter(
    "abc.7.robot", "履职群", "会议邀请", ("请准时参加。",), f"{SITE}/meetings/7", kind="invitation"
)
HERE = Reach(here=True)
NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as hook:
        yield hook


@pytest.fixture
def mails(store: Store) -> Post:
    return Post(store)


def robot(kind: RobotKind, url: str, secret: str = SECRET) -> Robot:
    return Robot(unit_id=1, kind=kind, name="履职群", url=url, secret=secret, kinds=[])


def test_wecom_gets_plain_text(hook: Receiver) -> None:
    RobotCarrier(robot(RobotKind.WECOM, hook.url("/cgi-bin/webhook/send?key=k")), HERE).carry(LETTER)
    [got] = hook.received
    assert got.path == "/cgi-bin/webhook/send?key=k"
    assert got.json == {
        "msgtype": "text", "text": {"content": f"会议邀请\n请准时参加。\n{SITE}/meetings/7"},
    }  # fmt: skip


def test_dingtalk_is_signed_in_its_address() -> None:
    url, body, _headers = request_of(
        robot(RobotKind.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=t", "SEC1"), LETTER, NOW
    )
    query = parse_qs(urlsplit(url).query)
    stamp = query["timestamp"][0]
    assert stamp == str(int(NOW.timestamp()) * 1000)
    expected = hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()
    assert base64.b64decode(query["sign"][0]) == expected
    assert query["access_token"] == ["t"]
    assert json.loads(body)["msgtype"] == "text"


def test_a_signed_webhook_can_be_checked_and_deduplicated(hook: Receiver) -> None:
    RobotCarrier(robot(RobotKind.GENERIC, hook.url()), HERE).carry(LETTER)
    [got] = hook.received
    stamp = got.headers["x-consult-timestamp"]
    expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-consult-signature"] == f"sha256={expected}"
    assert got.headers["x-consult-id"] == got.json["id"] == LETTER.id
    assert got.json["link"] == f"{SITE}/meetings/7"


def test_a_long_text_is_cut_and_its_link_is_not() -> None:
    said = text(Letter("1", "", "标题", ("很长的一行字" * 500,), f"{SITE}/meetings/7"))
    assert len(said.encode()) <= 2048
    assert said.endswith(f"…\n{SITE}/meetings/7")


@pytest.mark.parametrize(
    ("kind", "answer", "failure", "reason"),
    [
        (RobotKind.WECOM, Answer(body=b'{"errcode": 45009}'), Later, Reason.BUSY),
        (
            RobotKind.WECOM,
            Answer(body=b'{"errcode": 93000, "errmsg": "invalid url"}'),
            Refused,
            Reason.REFUSED,
        ),
        (RobotKind.DINGTALK, Answer(body=b'{"errcode": 310000}'), Refused, Reason.REFUSED),
        (RobotKind.DINGTALK, Answer(body=b"<html>"), Later, Reason.BUSY),
        (RobotKind.DINGTALK, Answer(body=b"[]"), Later, Reason.BUSY),
        (RobotKind.GENERIC, Answer(status=503), Later, Reason.BUSY),
        (RobotKind.GENERIC, Answer(status=429), Later, Reason.BUSY),
        (RobotKind.GENERIC, Answer(status=404), Refused, Reason.REFUSED),
        (
            RobotKind.GENERIC,
            Answer(status=302, headers=(("Location", "http://169.254.169.254/"),)),
            Refused,
            Reason.MOVED,
        ),
    ],
)
def test_each_answer_is_understood(
    hook: Receiver, kind: RobotKind, answer: Answer, failure: type[Exception], reason: Reason
) -> None:
    hook.answer = lambda _received: answer
    with pytest.raises(failure) as raised:
        RobotCarrier(robot(kind, hook.url()), HERE).carry(LETTER)
    assert raised.value.reason is reason  # type: ignore[attr-defined]
    assert len(hook.received) == 1


def test_a_rate_limit_keeps_away_for_more_than_a_minute(hook: Receiver) -> None:
    hook.answer = lambda _received: Answer(body=b'{"errcode": 45009}')
    with pytest.raises(Later) as later:
        RobotCarrier(robot(RobotKind.WECOM, hook.url()), HERE).carry(LETTER)
    assert retry.wait(1, 0.0, later.value.after) == timedelta(seconds=70)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1/x", Reason.ENCRYPTION),
        ("http://example.com/x", Reason.ENCRYPTION),
        ("https://127.0.0.1/x", Reason.FORBIDDEN),
        ("https://localhost/x", Reason.FORBIDDEN),
        ("https://10.0.0.8/x", Reason.FORBIDDEN),
        ("https://192.168.1.1/x", Reason.FORBIDDEN),
        ("https://169.254.169.254/latest/meta-data", Reason.FORBIDDEN),
        ("https://[::1]/x", Reason.FORBIDDEN),
        ("https://[fd00::1]/x", Reason.FORBIDDEN),
        ("https://[::ffff:10.0.0.8]/x", Reason.FORBIDDEN),
        ("https://[64:ff9b::a00:8]/x", Reason.FORBIDDEN),
        ("https://[2002:7f00:1::]/x", Reason.FORBIDDEN),
        ("https://[::127.0.0.1]/x", Reason.FORBIDDEN),
        ("https://0.0.0.0/x", Reason.FORBIDDEN),
        ("https://2130706433/x", Reason.FORBIDDEN),
        ("https://user:word@example.com/x", Reason.ADDRESS),
        ("https://example.com/\r\nX: y", Reason.ADDRESS),
        ("https:///x", Reason.ADDRESS),
        ("https://example.com:99999/", Reason.ADDRESS),
        ("file:///etc/passwd", Reason.ADDRESS),
        ("gopher://example.com/", Reason.ENCRYPTION),
    ],
)
def test_nothing_is_posted_into_private_networks(url: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        post(url, b"", {}, Reach())
    assert refused.value.reason is reason


def test_settings_say_where_webhooks_may_go() -> None:
    production = {"MODE": "production", "ALLOWED_HOSTS": "consult.example"}
    assert not reach_of(settings(**production)).here
    assert reach_of(settings()).here
    office = reach_of(settings(**production, WEBHOOK_PRIVATE="1"))
    assert office.allows("10.0.0.8")
    assert not any(office.allows(one) for one in ("127.0.0.1", "169.254.169.254", "::1", "0.0.0.0"))  # noqa: S104
    only = reach_of(settings(**production, WEBHOOK_HOSTS="hooks.example"))
    assert only.url_trouble("https://hooks.example/x") is None
    assert only.url_trouble("https://example.com/x") is Reason.FORBIDDEN
    assert only.url_trouble("https://hooks.example.evil.com/x") is Reason.FORBIDDEN


def test_nobody_there_is_tried_later() -> None:
    with pytest.raises(Later) as later:
        post(f"http://127.0.0.1:{free_port()}/", b"", {}, HERE)
    assert later.value.reason is Reason.UNREACHABLE


def test_a_group_is_told_the_plain_address(mails: Post, hook: Receiver) -> None:
    mails.tell(robot=mails.robot(hook.url()), channel="robot")
    assert mails.send(settings(), sender.send_to_groups) == 1
    [got] = hook.received
    assert got.json["link"] == f"{SITE}/meetings/{mails.meeting}"
    assert "/s/" not in got.body.decode()
    assert mails.states() == ["sent"]


def test_a_dead_robot_stops_no_other(mails: Post, hook: Receiver) -> None:
    dead = mails.tell(robot=mails.robot(f"http://127.0.0.1:{free_port()}/"), channel="robot")
    alive = mails.tell(robot=mails.robot(hook.url()), channel="robot")
    mails.send(settings(), sender.send_to_groups)
    assert (mails.delivery(dead).state, mails.delivery(dead).tries) == ("waiting", 1)
    assert mails.delivery(alive).state == "sent"


def test_a_removed_robot_is_told_nothing(mails: Post, hook: Receiver) -> None:
    id = mails.robot(hook.url())
    one = mails.tell(robot=id, channel="robot")
    mails.change(Robot, id, removed_at=clock.now())
    assert mails.send(settings(), sender.send_to_groups) == 0
    assert mails.delivery(one).state == "void"


# Text messages


def test_a_text_message_goes_to_the_gateway_in_its_own_form(mails: Post, hook: Receiver) -> None:
    config = settings(
        SMS_URL=hook.url("/sms"),
        SMS_TOKEN="t0k",
        SMS_BODY='{"a": [{"to": "{phone}"}], "c": "【政协】{text}", "i": "{id}", "n": 1}',
    )
    one = mails.tell(mails.people.wang, channel="sms")
    assert mails.send(config, sender.send_texts) == 1
    [got] = hook.received
    assert got.headers["authorization"] == "Bearer t0k"
    assert got.json["a"] == [{"to": "13800000001"}]
    assert got.json["i"] == got.headers["x-consult-id"] == mails.delivery(one).message_id
    assert got.json["n"] == 1
    assert got.json["c"].startswith("【政协】")
    assert f"{SITE}/s/" in got.json["c"]


def test_a_message_can_not_break_out_of_the_gateways_form() -> None:
    values = {"phone": "1", "text": '", "to": "2{phone}', "id": "x"}
    assert sms.filled({"a": "{text} {no} {", "b": 1}, values) == {"a": '", "to": "2{phone} {no} {', "b": 1}


@pytest.mark.parametrize(
    ("status", "failure"), [(401, Away), (403, Away), (429, Later), (500, Later), (400, Refused)]
)
def test_what_the_gateway_says_is_understood(hook: Receiver, status: int, failure: type[Exception]) -> None:
    hook.answer = lambda _received: Answer(status=status)
    carrier = sms.SmsCarrier(settings(SMS_URL=hook.url()))
    with pytest.raises(failure):
        carrier.carry(Letter("1", "13800000001", "", ("请参加。",), SITE))


def test_a_gateway_that_is_down_counts_for_nobody(mails: Post) -> None:
    one = mails.tell(mails.people.wang, channel="sms")
    mails.send(settings(SMS_URL=f"http://127.0.0.1:{free_port()}/"), sender.send_texts)
    assert mails.delivery(one).tries == 0
    state = mails.channel("sms")
    assert state is not None
    assert state.reason == Reason.UNREACHABLE


def test_nothing_personal_is_logged(mails: Post, hook: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "consult")
    hook.answer = lambda received: Answer(status=400, body=received.body)
    one = mails.tell(mails.people.wang, channel="sms")
    mails.tell(mails.people.li, channel="sms", version=2)
    mails.send(settings(SMS_URL=hook.url()), sender.send_texts)
    assert mails.delivery(one).state == "failed"
    assert "1380000000" not in mails.delivery(one).error
    assert not [word for word in ("1380000000", "王秀兰", "/s/", "example.com") if word in caplog.text]
