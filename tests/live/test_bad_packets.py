"""What is no proper use of a socket gets a clear refusal or ends that connection, and harms nobody else."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import websockets
import websockets.sync.client
from sqlalchemy import func, select

from consult.meetings.models import Entry, Kind
from tests.live.site import Site

SOCKETS = "/socket.io/?EIO=4&transport=websocket"


class Raw:
    """A connection that may send whatever it likes."""

    def __init__(self, line: websockets.sync.client.ClientConnection) -> None:
        self.line = line

    def recv(self) -> str:
        """The next packet but pings."""
        while True:
            packet = str(self.line.recv(timeout=10))
            if packet == "2":
                self.line.send("3")
            elif not packet.startswith("42"):
                return packet

    def ask(self, event: str, message: Any) -> dict[str, Any]:
        """What the event is answered."""
        self.line.send(f"427{json.dumps([event, message])}")
        packet = self.recv()
        assert packet.startswith("437["), packet
        answer: dict[str, Any] = json.loads(packet[3:])[0]
        return answer

    def ends(self) -> bool:
        """Whether the server ends the connection, with a close frame."""
        try:
            while True:
                self.recv()
        except websockets.ConnectionClosed as closed:
            return closed.rcvd is not None
        except TimeoutError:
            return False


@contextmanager
def raw(site: Site, person: int, *, joined: bool = True) -> Iterator[Raw]:
    with websockets.sync.client.connect(
        site.server.url.replace("http", "ws") + SOCKETS,
        origin=websockets.Origin(site.server.url),
        additional_headers={"Cookie": site.cookie(person), "Accept-Language": "en"},
        compression=None,
    ) as line:
        assert str(line.recv()).startswith("0{")
        if joined:
            line.send("40")
            assert str(line.recv()).startswith("40{")
        yield Raw(line)


def comments(site: Site, meeting: int) -> int:
    with site.store.read() as work:
        said = select(func.count()).where(Entry.meeting_id == meeting, Entry.kind == Kind.COMMENT)
        return work.db.scalar(said) or 0


def unharmed(site: Site) -> None:
    """Somebody else can still speak, and nothing fell over."""
    meeting = site.meeting()
    with raw(site, site.people.li) as li:
        assert li.ask("comment:post", {"meeting": meeting, "key": "key-0001", "text": "还在"})["ok"]
    assert "Traceback" not in site.server.log_text()


ENDING = {
    "no Engine.IO packet": "x",
    "an empty message": "",
    "an unknown packet type": "9",
    "broken base64": "b!",
    "binary": b"\x00\x01",
    "a binary event": '451-["x",{"_placeholder":true,"num":0}]',
    "999,999,999 attachments": '45999999999-["x",{"_placeholder":true,"num":0}]',
    "an attachment that is never sent": '451-["comment:post",{"_placeholder":true,"num":0}]',
    "an unknown Socket.IO type": "49",
    "an acknowledgement nobody asked for": "43999[]",
    "a malformed event": "42{",
    "a payload that is no list": '42{"meeting":1}',
    "an event without a name": "42[]",
    "a name that is no text": "42[5]",
    "two messages": '42["meeting:watch",{},{}]',
    "deep nesting": "42" + "[" * 20_000,
    "a deep Engine.IO packet": "4" + "[" * 20_000,
    "not a number": '42["meeting:watch",{"meeting":NaN}]',
    "an infinite number": '42["meeting:watch",{"meeting":1e999}]',
    "another namespace": '42/admin,["meeting:watch",{}]',
    "65 kB": '42["comment:post",{"text":"' + "x" * 65_600 + '"}]',
}


@pytest.mark.parametrize("case", ENDING)
def test_what_is_no_event_ends_the_connection(shared_site: Site, case: str) -> None:
    with raw(shared_site, shared_site.people.wang) as wang:
        wang.line.send(ENDING[case])
        assert wang.ends()
    unharmed(shared_site)


@pytest.mark.parametrize("packet", ['42["meeting:watch",{"meeting":1}]', "41", "43[]", "4", "2probe", "5"])
def test_an_event_before_connect_ends_the_connection(shared_site: Site, packet: str) -> None:
    with raw(shared_site, shared_site.people.wang, joined=False) as wang:
        wang.line.send(packet)
        with suppress(websockets.ConnectionClosed):
            wang.line.send('421["meeting:watch",{"meeting":1}]')
        assert wang.ends()
    unharmed(shared_site)


@pytest.mark.parametrize("packet", ["40/admin,", "40/admin,{}", '40/x,{"token":1}'])
def test_another_namespace_is_refused(shared_site: Site, packet: str) -> None:
    with raw(shared_site, shared_site.people.wang, joined=False) as wang:
        wang.line.send(packet)
        assert wang.recv().startswith("44/")
        assert wang.ends()
    unharmed(shared_site)


def test_a_second_connect_changes_nothing(shared_site: Site) -> None:
    meeting = shared_site.meeting()
    with raw(shared_site, shared_site.people.wang) as wang:
        wang.line.send("40")
        assert wang.recv().startswith("44")
        assert wang.ask("meeting:watch", {"meeting": meeting})["ok"]


REFUSED: dict[str, tuple[str, Any, str]] = {
    "an unknown event": ("comment:burn", {}, "unknown_event"),
    "an empty name": ("", {}, "unknown_event"),
    "a reserved name": ("connect", {}, "unknown_event"),
    "another reserved name": ("disconnect", {}, "unknown_event"),
    "nothing": ("meeting:watch", None, "invalid"),
    "a list": ("meeting:watch", [1], "invalid"),
    "a text for a number": ("meeting:watch", {"meeting": "1"}, "invalid"),
    "a negative id": ("meeting:watch", {"meeting": -1}, "invalid"),
    "a huge id": ("meeting:watch", {"meeting": 2**63}, "invalid"),
    "a field too many": ("comment:post", {"key": "key-0001", "text": "x", "role": "admin"}, "invalid"),
    "another person": ("presence:here", {"person": 2}, "invalid"),
    "a time of one's own": ("presence:here", {"at": "2099-01-01T00:00:00Z"}, "invalid"),
    "no such meeting": ("meeting:watch", {"meeting": 999_999}, "missing"),
    "no key": ("comment:post", {"text": "x"}, "invalid"),
    "blank": ("comment:post", {"key": "key-0001", "text": " \u3000\u200b\n"}, "invalid"),
    "zalgo": ("comment:post", {"key": "key-0001", "text": "Z" + "\u0335" * 10_000}, "invalid"),
    "too long": ("comment:post", {"key": "key-0001", "text": "字" * 501}, "invalid"),
    "a time without a zone": (
        "comment:post",
        {"key": "key-0001", "text": "x", "typed_at": "2026-01-01T00:00:00"},
        "invalid",
    ),
    "somebody else's power": ("comment:hide", {"seq": 1, "reason": "x"}, "not_allowed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_event_with_bad_input_is_refused(shared_site: Site, case: str) -> None:
    event, message, code = REFUSED[case]
    meeting = shared_site.meeting()
    with raw(shared_site, shared_site.people.wang) as wang:
        if isinstance(message, dict):
            message = {"meeting": meeting, **message}
        answer = wang.ask(event, message)
        assert (answer["ok"], answer["error"]["code"]) == (False, code)
        assert answer["error"]["message"]
        assert wang.ask("meeting:watch", {"meeting": meeting})["ok"]
    assert comments(shared_site, meeting) == 0
    assert "Traceback" not in shared_site.server.log_text()


def test_markup_is_kept_as_text(shared_site: Site) -> None:
    meeting = shared_site.meeting()
    with raw(shared_site, shared_site.people.wang) as wang:
        said = "<img src=x onerror=alert(1)>{{7*7}}'; DROP TABLE entry; --"
        wang.ask("comment:post", {"meeting": meeting, "key": "key-0001", "text": said})
        entries = wang.ask("meeting:watch", {"meeting": meeting})["entries"]
        assert entries[-1]["text"] == said


def test_outsiders_can_neither_watch_nor_speak(shared_site: Site) -> None:
    meeting = shared_site.meeting()
    with raw(shared_site, shared_site.people.outsider) as outsider:
        for event, more in (
            ("meeting:watch", {}),
            ("comment:post", {"key": "key-0001", "text": "x"}),
            ("presence:here", {}),
            ("comment:pin", {"seq": 1}),
        ):
            assert outsider.ask(event, {"meeting": meeting, **more})["error"]["code"] == "missing"


def test_an_older_protocol_and_polling_are_refused(shared_site: Site) -> None:
    headers = {"Cookie": shared_site.cookie(shared_site.people.wang)}
    for query in ("EIO=3&transport=websocket", "EIO=4&transport=polling", "transport=websocket"):
        with (
            pytest.raises(websockets.InvalidStatus) as refused,
            websockets.sync.client.connect(
                shared_site.server.url.replace("http", "ws") + f"/socket.io/?{query}",
                origin=websockets.Origin(shared_site.server.url),
                additional_headers=headers,
            ),
        ):
            pass
        assert refused.value.response.status_code == 400
    unharmed(shared_site)


def test_a_huge_frame_is_refused_at_its_header(shared_site: Site) -> None:
    with raw(shared_site, shared_site.people.wang, joined=False) as wang:
        wang.line.socket.sendall(b"\x81\xff" + (200 << 20).to_bytes(8, "big") + b"\x00" * 4)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            wang.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    unharmed(shared_site)


def test_a_client_that_vanishes_is_forgotten(shared_site: Site) -> None:
    meeting = shared_site.meeting()
    with raw(shared_site, shared_site.people.wang) as wang:
        assert wang.ask("meeting:watch", {"meeting": meeting})["ok"]
        wang.line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        wang.line.socket.close()
    unharmed(shared_site)
