"""Groups' robots: 企业微信, 钉钉 and any signed webhook.

What a group is told everybody in it reads: it has the plain address, never anybody's own link.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
import json
import re
from datetime import datetime
from urllib.parse import quote_plus, urlsplit

from flask_babel import lazy_gettext as _l

from consult.core import clock
from consult.core.errors import Message
from consult.notices.carrying import Later, Letter, Reason, Refused
from consult.notices.models import Robot
from consult.notices.outgoing import Reach, Reply, post


class RobotKind(enum.StrEnum):
    """Whose robot it is, and so what it understands."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    GENERIC = "generic"


KIND_NAMES: dict[RobotKind, Message] = {
    RobotKind.WECOM: _l("WeCom group robot"),
    RobotKind.DINGTALK: _l("DingTalk group robot"),
    RobotKind.GENERIC: _l("Any other program (signed webhook)"),
}
HOSTS = {RobotKind.WECOM: "qyapi.weixin.qq.com", RobotKind.DINGTALK: "oapi.dingtalk.com"}
LONGEST = 2000  # bytes; 企业微信 takes 2,048
RATE_LIMITED = {45009: 70, 130101: 70, 660026: 70, -1: 10}  # errcode → seconds to keep away


class RobotCarrier:
    """Carries letters to the group of one robot."""

    def __init__(self, robot: Robot, reach: Reach) -> None:
        self._robot = robot
        self._reach = reach

    def carry(self, letter: Letter) -> None:
        """Raises Refused or Later."""
        url, body, headers = request_of(self._robot, letter, clock.now())
        reply = post(url, body, {"Content-Type": "application/json; charset=utf-8", **headers}, self._reach)
        judge(RobotKind(self._robot.kind), reply)

    def close(self) -> None:
        """Nothing is kept open."""


def request_of(robot: Robot, letter: Letter, now: datetime) -> tuple[str, bytes, dict[str, str]]:
    """What is posted for this letter: address, body, headers."""
    kind = RobotKind(robot.kind)
    if kind is RobotKind.GENERIC:
        return _signed(robot, letter, now)
    # Plain text: titles can't turn into markup, and who reads a 企业微信 group in WeChat sees no markdown.
    body = _json({"msgtype": "text", "text": {"content": text(letter)}})
    if kind is RobotKind.WECOM or not robot.secret:
        return robot.url, body, {}
    stamp = str(round(now.timestamp() * 1000))
    digest = _hmac(robot.secret, f"{stamp}\n{robot.secret}".encode())
    sign = quote_plus(base64.b64encode(digest))
    joint = "&" if urlsplit(robot.url).query else "?"
    return f"{robot.url}{joint}timestamp={stamp}&sign={sign}", body, {}


def _signed(robot: Robot, letter: Letter, now: datetime) -> tuple[str, bytes, dict[str, str]]:
    body = _json(
        {
            "id": letter.id,
            "kind": letter.kind,
            "subject": letter.subject,
            "lines": list(letter.lines),
            "link": letter.link,
        }
    )
    stamp = str(int(now.timestamp()))
    signature = _hmac(robot.secret, f"{stamp}.".encode() + body).hex()
    return (
        robot.url,
        body,
        {
            "X-Consult-Id": letter.id,
            "X-Consult-Timestamp": stamp,
            "X-Consult-Signature": f"sha256={signature}",
        },
    )


def judge(kind: RobotKind, reply: Reply) -> None:
    """Nothing, if the reply says that it was taken. Raises Refused or Later."""
    if reply.status in (408, 425, 429) or reply.status >= 500:
        raise Later(Reason.BUSY, str(reply.status))
    if reply.status >= 400:
        raise Refused(Reason.REFUSED, str(reply.status))
    if kind is RobotKind.GENERIC:
        return
    try:
        answer = json.loads(reply.body)
        code = int(answer["errcode"])
    except (ValueError, TypeError, KeyError) as error:
        raise Later(Reason.BUSY, "no errcode in the answer") from error
    if code in RATE_LIMITED:
        raise Later(Reason.BUSY, f"errcode {code}", after=RATE_LIMITED[code])
    if code != 0:
        raise Refused(Reason.REFUSED, f"errcode {code} {answer.get('errmsg', '')}")


def text(letter: Letter) -> str:
    """The letter as plain text of at most LONGEST bytes, its link whole."""
    said = "\n".join((letter.subject, *letter.lines))
    room = LONGEST - len(letter.link.encode()) - 1
    if len(said.encode()) > room:
        said = said.encode()[: room - 3].decode(errors="ignore") + "…"
    return f"{said}\n{letter.link}"


def masked(url: str) -> str:
    """The address as pages show it: its host, and the last characters, by which its owner knows it."""
    tail = re.sub(r"\W", "", url)[-4:]
    return f"{urlsplit(url).hostname} …{tail}"


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _hmac(secret: str, message: bytes) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()
