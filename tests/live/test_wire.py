"""The wire's names and shapes, and that the page's scripts know the same ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from consult.core.errors import Invalid
from consult.live import wire
from consult.live.sockets import HANDLERS

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "static" / "js" / "room"


def script_names(constant: str) -> list[str]:
    source = (SCRIPTS / "wire.js").read_text()
    found = re.search(rf"export const {constant} = \[(.*?)\]", source, re.DOTALL)
    assert found is not None
    return re.findall(r'"([^"]+)"', found[1])


def test_the_scripts_know_every_name() -> None:
    assert script_names("CALLS") == list(wire.CLIENT)
    assert script_names("NEWS") == list(wire.SERVER)


def test_every_name_has_a_handler() -> None:
    assert set(HANDLERS) == {*wire.CLIENT, *wire.ELSEWHERE}
    main = (SCRIPTS / "main.js").read_text()
    heard = main[main.index("const HEARD = {") : main.index("\n};")]
    assert set(re.findall(r"^  (\w+)[(:]", heard, re.MULTILINE)) == set(wire.SERVER)


def test_the_scripts_say_only_what_is_on_the_wire() -> None:
    said = {
        name
        for path in SCRIPTS.glob("*.js")
        for name in re.findall(r'"((?:meeting|comment|presence|video):[a-z]+)"', path.read_text())
    }
    assert said <= set(wire.CLIENT)


def test_the_bell_says_and_hears_what_is_on_the_wire() -> None:
    source = (SCRIPTS.parent / "bell.js").read_text()
    assert set(re.findall(r'"(notices:[a-z]+)"', source)) == set(wire.ELSEWHERE)
    assert f'on("{wire.UNREAD}"' in source


def test_the_protocol_tells_of_every_name() -> None:
    told = (ROOT / "docs" / "protocol.md").read_text()
    assert [
        name
        for name in (*wire.CLIENT, *wire.ELSEWHERE, *wire.SERVER, wire.UNREAD)
        if not re.search(f"`{name}[ `]", told)
    ] == []


@pytest.mark.parametrize(
    ("packet", "found"),
    [
        ('2["meeting:watch",{"meeting":1}]', ("", "meeting:watch", {"meeting": 1})),
        ('217["x"]', ("17", "x", None)),
    ],
)
def test_event_reads_a_packet(packet: str, found: tuple[str, str, Any]) -> None:
    assert wire.event(packet) == found


@pytest.mark.parametrize(
    "packet",
    [
        "2",
        "2{}",
        "2[]",
        '2["x",1,2]',
        "2[1]",
        "2[null]",
        '2["x"',
        '2-["x"]',
        '2/other,["x"]',
        '2１["x"]',
        "2" + "9" * 16 + '["x"]',
        "2" + "[" * 10_000,
        '2["x",NaN]',
        '2["x",1e999]',
    ],
)
def test_event_refuses_what_is_no_packet(packet: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whatever it is, it is one
        wire.event(packet)


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        ("meeting:watch", {}, None),
        ("meeting:watch", None, None),
        ("meeting:watch", [1], None),
        ("meeting:watch", {"meeting": "1"}, "meeting"),
        ("meeting:watch", {"meeting": 1.5}, "meeting"),
        ("meeting:watch", {"meeting": True}, "meeting"),
        ("meeting:watch", {"meeting": -1}, "meeting"),
        ("meeting:watch", {"meeting": 0}, "meeting"),
        ("meeting:watch", {"meeting": 2**31}, "meeting"),
        ("meeting:watch", {"meeting": 2**63}, "meeting"),
        ("meeting:watch", {"meeting": 1, "after": -1}, "after"),
        ("meeting:watch", {"meeting": 1, "role": "admin"}, None),
        ("comment:post", {"meeting": 1, "key": "k", "text": 5}, "text"),
        ("comment:post", {"meeting": 1, "key": "k", "text": "x", "typed_at": "2026-01-01T00:00"}, "typed_at"),
        ("comment:post", {"meeting": 1, "key": "k", "text": "x", "typed_at": "yesterday"}, "typed_at"),
        ("comment:hide", {"meeting": 1, "seq": 3}, None),
    ],
)  # fmt: skip
def test_checked_refuses_other_shapes(name: str, given: Any, field: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        wire.checked(name, given)
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["", "connect", "disconnect", "meeting:", "__class__", "*"])
def test_checked_refuses_other_names(name: str) -> None:
    with pytest.raises(wire.UnknownEvent):
        wire.checked(name, {"meeting": 1})
