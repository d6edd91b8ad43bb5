"""Settings from the environment: read once at start, checked loudly, never changed after."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import time
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LANGUAGES = ("zh_CN", "en")


class BadSetting(Exception):
    """A variable of the environment is missing or wrong. The text names it and says what it takes."""


def _text(raw: str) -> str:
    return raw


def _integer(least: int, most: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(raw)

    return parse


def _boolean(raw: str) -> bool:
    if raw not in ("0", "1"):
        raise ValueError("0 or 1")
    return raw == "1"


def _names(raw: str) -> tuple[str, ...]:
    return tuple(name for name in raw.replace(",", " ").split())


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in choices:
            raise ValueError(" or ".join(choices))
        return raw

    return parse


def _database(raw: str) -> str:
    if raw.startswith("postgres://"):
        raw = "postgresql://" + raw.removeprefix("postgres://")
    if raw.startswith("postgresql://"):
        raw = "postgresql+psycopg://" + raw.removeprefix("postgresql://")
    if not raw.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
    return raw


def _redis(raw: str) -> str:
    if raw and not raw.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("redis://HOST:PORT/NUMBER, rediss://… or unix://…")
    return raw


def _address(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("an address such as https://consult.example.gov.cn")
    return raw.rstrip("/")


def _hour(raw: str) -> time:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", raw):
        raise ValueError("a time of the day such as 22:00")
    return time.fromisoformat(raw)


def _lead_times(raw: str) -> tuple[int, ...]:
    """Minutes, the longest first."""
    found = re.findall(r"(\d{1,3})([dhm])(?: |$)", raw)
    minutes = [int(number) * {"d": 1440, "h": 60, "m": 1}[unit] for number, unit in found]
    written = " ".join(number + unit for number, unit in found)
    if written != raw or len(set(minutes)) < len(minutes) or len(minutes) > 5 or 0 in minutes:
        raise ValueError("up to five different times before a meeting, such as “3d 1d 30m”; or nothing")
    return tuple(sorted(minutes, reverse=True))


def _smtp(raw: str) -> str:
    parts = urlsplit(raw)
    encryption = {"smtps": ("",), "smtp": ("", "tls=starttls", "tls=none")}.get(parts.scheme, ())
    try:
        known = parts.query in encryption and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        known = False
    if raw and (not known or parts.path.strip("/") or parts.fragment):
        raise ValueError("smtp://USER:PASSWORD@HOST:587?tls=starttls (or ?tls=none), or smtps://…")
    return raw


def _sender(raw: str) -> str:
    name, address = parseaddr(raw)
    if raw and (not re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9.-]+", address) or not (raw + name).isprintable()):
        raise ValueError("an address such as 清河县政协办公室 <consult@example.gov.cn>")
    return raw


def _gateway(raw: str) -> str:
    parts = urlsplit(raw)
    if raw and (parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment):
        raise ValueError("the https address of the provider's interface")
    return raw


def _sms_body(raw: str) -> str:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict) or "{phone}" not in raw or "{text}" not in raw:
        raise ValueError('JSON such as {"to": "{phone}", "content": "{text}", "id": "{id}"}')
    return raw


def _zone(raw: str) -> str:
    try:
        ZoneInfo(raw)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("an IANA time zone such as Asia/Shanghai") from None
    return raw


def _setting(parse: Callable[[str], Any], default: Any, about: str) -> Any:
    return field(default=default, metadata={"parse": parse, "about": about})


@dataclass(frozen=True)
class Settings:
    """Everything that may differ from one installation to another. Each field is the variable in capitals."""

    mode: str = _setting(
        _one_of("development", "production"),
        "development",
        "`production` demands SECRET_KEY and ALLOWED_HOSTS, sends cookies over HTTPS only, refuses the demo.",
    )
    database_url: str = _setting(
        _database, "sqlite:///var/consult.sqlite", "Where the data is: `sqlite:///FILE` or `postgresql://…`."
    )
    redis_url: str = _setting(_redis, "", "Redis, for signals between several web processes; empty for one.")
    secret_key: str = _setting(
        _text, "", "Signs cookies; 32 characters or more. Empty in development: new at each start."
    )
    secret_key_fallbacks: tuple[str, ...] = _setting(
        _names, (), "Earlier secret keys, still accepted while one is being replaced."
    )
    host: str = _setting(_text, "127.0.0.1", "The address to serve on.")
    port: int = _setting(_integer(1, 65535), 8000, "The port to serve on.")
    public_url: str = _setting(
        _address,
        "",
        "The address people reach this site at (`https://…`), for links in mails and messages. "
        "Empty: HOST and PORT.",
    )
    allowed_hosts: tuple[str, ...] = _setting(
        _names, (), "Host names this site is reached by; others are refused. Empty: HOST and localhost."
    )
    proxies: int = _setting(
        _integer(0, 5), 0, "How many reverse proxies stand in front and set X-Forwarded-*."
    )
    default_language: str = _setting(_one_of(*LANGUAGES), "zh_CN", "The language for those who chose none.")
    zone: str = _setting(_zone, "Asia/Shanghai", "The time zone of new meetings and of the site’s calendar.")
    clock: bool = _setting(
        _boolean, True, "1: the web process runs the clock too. 0: `consult clock` runs by itself."
    )
    grace_seconds: int = _setting(
        _integer(0, 3600),
        120,
        "How long after closing a comment typed before it is still taken, in seconds (for new meetings).",
    )
    answer_days: int = _setting(
        _integer(0, 60),
        3,
        "How many days before a meeting people must have answered (for new meetings); 0: until it opens.",
    )
    objection_days: int = _setting(
        _integer(1, 365), 15, "For how many days after it was counted members may object to their attendance."
    )
    bridge_minutes: int = _setting(
        _integer(0, 60), 5, "How long a hidden page still counts as present, in minutes."
    )
    video_minutes: int = _setting(
        _integer(1, 240), 30, "How long after the last sign of life the video counts, in minutes."
    )
    link_days: int = _setting(_integer(1, 90), 14, "How long a one-time sign-in link is good for, in days.")
    sign_in_days: int = _setting(_integer(1, 365), 30, "How long a sign-in lasts without use, in days.")
    comments_per_minute: int = _setting(_integer(1, 100_000), 20, "Comments one member may post in a minute.")
    events_per_second: int = _setting(
        _integer(1, 10_000), 20, "Socket messages one connection may send in a second."
    )
    connections_per_person: int = _setting(
        _integer(1, 10_000), 12, "Live connections one person may have at a time."
    )
    notice_workdays: int = _setting(
        _integer(0, 60), 15, "How many working days before a meeting its written notice must be out."
    )
    materials_workdays: int = _setting(
        _integer(0, 60), 10, "How many working days before a meeting its materials must be out."
    )
    minutes_workdays: int = _setting(
        _integer(0, 60), 7, "How many working days after a meeting its minutes must be out."
    )
    file_megabytes: int = _setting(
        _integer(1, 100), 20, "How large a file of a topic or a meeting may be, in megabytes."
    )
    files_per_owner: int = _setting(_integer(1, 1000), 20, "How many files a topic or a meeting may have.")
    smtp_url: str = _setting(
        _smtp,
        "",
        "The mail server: `smtp://USER:PASSWORD@HOST:587?tls=starttls` (encrypted; so without `?tls=`, too), "
        "`smtp://HOST:25?tls=none`, or `smtps://…`. Empty: no mail is sent.",
    )
    mail_from: str = _setting(
        _sender, "", "Whom mails come from: `Name <address>`. Needed once SMTP_URL is set."
    )
    sms_url: str = _setting(
        _gateway, "", "Where text messages are posted to (a provider's interface). Empty: none are sent."
    )
    sms_token: str = _setting(_text, "", "Sent to SMS_URL as `Authorization: Bearer …`.")
    sms_body: str = _setting(
        _sms_body,
        '{"phone": "{phone}", "text": "{text}", "id": "{id}"}',
        "What is posted to SMS_URL: JSON in whose texts `{phone}`, `{text}` and `{id}` are replaced.",
    )
    webhook_hosts: tuple[str, ...] = _setting(
        _names, (), "The only hosts that groups' robots may be at. Empty: any public one."
    )
    webhook_private: bool = _setting(
        _boolean, False, "1: robots may be at private addresses (of the office's own network), too."
    )
    keep_names_years: int = _setting(
        _integer(0, 50),
        10,
        "How many years after the last seat or role has ended a person’s name, phone and reasons are kept; "
        "then only figures remain. 0: for ever. The consent page tells it.",
    )
    change_quiet_seconds: int = _setting(
        _integer(0, 3600),
        120,
        "How long a meeting must have been left alone before people are told of it or of its changes, in "
        "seconds: several edits in a row are told once.",
    )
    reminders: tuple[int, ...] = _setting(
        _lead_times,
        (3 * 1440, 1440, 30),
        "How long before a meeting people are reminded: `d` days, `h` hours, `m` minutes. Empty: never.",
    )
    quiet_from: time = _setting(  # noqa: RUF009  a time never changes
        _hour, time(22, 0), "From when in the evening messages wait for the morning, unless they can't."
    )
    quiet_until: time = _setting(  # noqa: RUF009
        _hour, time(7, 30), "When in the morning they go out."
    )
    log_level: str = _setting(_one_of("debug", "info", "warning", "error"), "info", "How much is logged.")
    log_format: str = _setting(
        _one_of("console", "json"), "console", "`json` for machines to read, one object a line."
    )

    @property
    def production(self) -> bool:
        return self.mode == "production"

    @property
    def site(self) -> str:
        """The address of this site as people outside reach it, without a slash at its end."""
        return self.public_url or f"http://{self.host}:{self.port}"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment gives. Raises BadSetting, naming the variable.

    A secret may also be in a file, named by the variable with `_FILE` at its end.
    """
    given: dict[str, Any] = {}
    for setting in fields(Settings):
        name = setting.name.upper()
        raw = _raw(environ, name)
        if raw is None:
            continue
        try:
            given[setting.name] = setting.metadata["parse"](raw)
        except ValueError as error:
            shown = "" if "://" in raw else f"={raw!r}"  # an address may have a password in it
            raise BadSetting(f"{name}{shown} is not understood: it takes {error}.") from None
    return _checked(Settings(**given))


def _raw(environ: Mapping[str, str], name: str) -> str | None:
    path = environ.get(f"{name}_FILE")
    if path is None:
        return environ.get(name)
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadSetting(f"{name}_FILE={path!r} can't be read: {why}.") from None


def _checked(settings: Settings) -> Settings:
    if settings.smtp_url and not settings.mail_from:
        raise BadSetting("MAIL_FROM must say whom mails come from when SMTP_URL is set.")
    if settings.production:
        if len(settings.secret_key) < 32:
            raise BadSetting("SECRET_KEY must have at least 32 characters when MODE=production.")
        if not settings.allowed_hosts:
            raise BadSetting("ALLOWED_HOSTS must name the site's host when MODE=production.")
        return settings
    if settings.secret_key:
        return settings
    values = {one.name: getattr(settings, one.name) for one in fields(Settings)}
    return Settings(**{**values, "secret_key": secrets.token_urlsafe(32)})
