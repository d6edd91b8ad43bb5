"""What kind of device a browser runs on, so that people recognise their own in a list."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message

_PHONE = re.compile(r"Mobi|Android|iPhone|iPad|HarmonyOS", re.IGNORECASE)

LABELS: dict[str, Message] = {
    "wechat": _l("WeChat"),
    "phone": _l("Phone"),
    "computer": _l("Computer"),
    "": _l("Unknown device"),
}


def device_of(user_agent: str) -> str:
    """`wechat`, `phone` or `computer`, or "" where the browser says nothing."""
    if "MicroMessenger" in user_agent:
        return "wechat"
    if _PHONE.search(user_agent):
        return "phone"
    return "computer" if user_agent else ""
