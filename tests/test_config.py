"""Settings: each documented, wrong ones refused by name."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from consult.config import BadSetting, Settings, load

ROOT = Path(__file__).resolve().parents[1]
PRODUCTION = {"MODE": "production", "SECRET_KEY": "k" * 32, "ALLOWED_HOSTS": "consult.example"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "debug"),
        ("PORT", "0"),
        ("PORT", "eight"),
        ("PORT", "８０００"),
        ("CLOCK", "yes"),
        ("DATABASE_URL", "mysql://x"),
        ("REDIS_URL", "localhost"),
        ("DEFAULT_LANGUAGE", "fr"),
        ("ZONE", "Mars/Olympus"),
        ("LOG_LEVEL", "loud"),
        ("GRACE_SECONDS", "-1"),
        ("REMINDERS", "3 days"),
        ("REMINDERS", "3d 3d"),
        ("REMINDERS", "1d  30m"),
        ("REMINDERS", "0m"),
        ("QUIET_FROM", "24:00"),
        ("QUIET_UNTIL", "7:30"),
    ],
)
def test_wrong_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        load({name: value})


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS"])
def test_production_demands(missing: str) -> None:
    with pytest.raises(BadSetting, match=missing):
        load({name: value for name, value in PRODUCTION.items() if name != missing})
    assert load(PRODUCTION).production


def test_secret_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s" * 40 + "\n")
    assert load({"SECRET_KEY_FILE": str(file)}).secret_key == "s" * 40
    with pytest.raises(BadSetting, match="SECRET_KEY_FILE"):
        load({"SECRET_KEY_FILE": str(tmp_path / "nowhere")})


def test_postgres_addresses_take_our_driver() -> None:
    assert load({"DATABASE_URL": "postgres://a:b@c/d"}).database_url == "postgresql+psycopg://a:b@c/d"


def test_reminders_are_minutes_the_longest_first() -> None:
    assert load({"REMINDERS": "30m 2h 3d"}).reminders == (4320, 120, 30)
    assert load({"REMINDERS": ""}).reminders == ()


def test_every_setting_is_documented() -> None:
    documented = (ROOT / "docs" / "settings.md").read_text()
    undocumented = [one.name.upper() for one in fields(Settings) if f"`{one.name.upper()}`" not in documented]
    assert undocumented == []


def test_variables_that_systems_set_for_themselves_are_not_ours() -> None:
    """GNU gettext's LANGUAGE is set on many desktops, to what we would refuse."""
    assert (
        load({"LANGUAGE": "zh_CN:zh", "LANG": "C.UTF-8", "TZ": "Asia/Shanghai"}).default_language == "zh_CN"
    )
    assert {one.name.upper() for one in fields(Settings)}.isdisjoint(
        {
            "LANGUAGE",
            "LANG",
            "TZ",
            "USER",
            "PATH",
            "HOME",
            "HOSTNAME",
            "MAIL",
            "PWD",
            "SHELL",
            "TERM",
            "DISPLAY",
        }
    )


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_password_in_a_wrong_address_is_not_shown(name: str) -> None:
    with pytest.raises(BadSetting, match=name) as refused:
        load({name: "mysql://consult:the-password@db/consult"})
    assert "the-password" not in str(refused.value)


def test_secret_file_that_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadSetting, match="SECRET_KEY_FILE"):
        load({"SECRET_KEY_FILE": str(file)})
