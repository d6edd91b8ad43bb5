"""Text messages, by whatever provider's interface the settings name."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from consult.config import Settings
from consult.notices.carrying import Away, Later, Letter, Reason, Refused
from consult.notices.outgoing import Reach, post

LONGEST = 300  # characters; some five text messages


class SmsCarrier:
    """Posts letters to SMS_URL. The phone number goes nowhere else: into no log and no error."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def carry(self, letter: Letter) -> None:
        """Raises Refused, Later or Away."""
        if not letter.to:
            raise Refused(Reason.NO_ADDRESS)
        body = filled(
            json.loads(self._settings.sms_body), {"phone": letter.to, "text": text(letter), "id": letter.id}
        )
        headers = {"Content-Type": "application/json; charset=utf-8", "X-Consult-Id": letter.id}
        if self._settings.sms_token:
            headers["Authorization"] = f"Bearer {self._settings.sms_token}"
        url = self._settings.sms_url
        # Whoever runs the server chose this address, so it may be anywhere.
        anywhere = Reach(private=True, here=urlsplit(url).scheme == "http" or not self._settings.production)
        try:
            status = post(url, json.dumps(body, ensure_ascii=False).encode(), headers, anywhere).status
        except Later as failure:
            raise Away(failure.reason, failure.said) from failure
        if status in (401, 403):
            raise Away(Reason.PASSWORD, str(status))
        if status in (408, 429) or status >= 500:
            raise Later(Reason.BUSY, str(status))
        if status >= 400:
            raise Refused(Reason.ADDRESS, str(status))

    def close(self) -> None:
        """Nothing is kept open."""


def text(letter: Letter) -> str:
    """The letter in few words, its link whole."""
    said = " ".join(letter.lines)
    room = LONGEST - len(letter.link) - 1
    return f"{said if len(said) <= room else said[: room - 1] + '…'} {letter.link}".strip()


def filled(template: Any, values: dict[str, str]) -> Any:
    """The JSON of the template with `{phone}`, `{text}` and `{id}` in its texts replaced. As this is done to
    texts and not to JSON, no message can add a field."""
    if isinstance(template, dict):
        return {key: filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values) for value in template]
    if not isinstance(template, str):
        return template
    parts = template.split("{")
    done = parts[0]
    for part in parts[1:]:
        name, brace, rest = part.partition("}")
        done += values[name] + rest if brace and name in values else "{" + part
    return done
