"""Languages: Simplified Chinese and English, chosen by switch, account and browser; times in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.messages.extract import extract
from flask import Flask, has_app_context, request
from flask_babel import Babel, force_locale, get_locale
from flask_babel import gettext as _

from consult.config import LANGUAGES, Settings
from consult.core.resources import resource_dir

COOKIE = "language"

_PATTERNS = {
    "zh": {
        "date": "M月d日",
        "time": "HH:mm",
        "datetime": "M月d日 HH:mm",
        "day": "M月d日 EEEE",
        "month": "y年M月",
        "year": "y",
        "weekday": "EEEE",
        "long": "y年M月d日 HH:mm",
        "long_date": "y年M月d日",
    },
    "en": {
        "date": "d MMM",
        "time": "HH:mm",
        "datetime": "d MMM HH:mm",
        "day": "EEEE d MMMM",
        "month": "MMMM y",
        "year": "y",
        "weekday": "EEEE",
        "long": "d MMM y HH:mm",
        "long_date": "d MMM y",
    },
}


def prepare(
    app: Flask, settings: Settings, own_language: Callable[[], str | None], scripts: Path, translations: Path
) -> None:
    """Chooses each request's language: the switch's cookie, the account's, the browser's, the default."""

    def choose() -> str:
        for wish in (request.cookies.get(COOKIE), own_language()):
            if wish in LANGUAGES:
                return wish
        wished = request.accept_languages.best_match(["zh-CN", "zh", "en"])
        if wished is None:
            return settings.default_language
        return "zh_CN" if wished.startswith("zh") else "en"

    Babel(
        app,
        default_locale=settings.default_language,
        default_translation_directories=str(translations),
        locale_selector=choose,
    )
    keys = script_texts(scripts)
    app.jinja_env.globals.update(
        local=local,
        js_texts=lambda: {key: _(key) for key in keys},
        locale=lambda: str(get_locale()),
        local_day=local_day,
    )


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """What is translated within is in that language, also where nobody has asked for a page: in the clock."""
    with nullcontext() if has_app_context() else _wordbook().app_context(), force_locale(language):
        yield


def language_now() -> str:
    """The language of the moment, as LANGUAGES names it."""
    locale = get_locale()
    return next(one for one in LANGUAGES if locale is None or one.startswith(locale.language))


@cache
def _wordbook() -> Flask:
    """An application that has the translations and the templates (of mails), and nothing else."""
    app = Flask("consult.wordbook", static_folder=None, template_folder=str(resource_dir("templates")))
    Babel(app, default_translation_directories=str(resource_dir("translations")))
    return app


@cache
def script_texts(scripts: Path) -> tuple[str, ...]:
    """The texts that our JavaScript asks for, found by its calls of `t("…")`."""
    found: set[str] = set()
    for path in sorted(scripts.rglob("*.js")):
        with path.open("rb") as source:
            for _line, message, _comments, _context in extract("javascript", source, keywords={"t": None}):
                found.add(message if isinstance(message, str) else message[0])
    return tuple(sorted(found))


def local_day(day: date, style: str = "long_date") -> str:
    """A day in words of the reader's language; the styles are those of `local` that have no time."""
    return local(datetime.combine(day, time(), UTC), "UTC", style)


def local(instant: datetime, zone: str, style: str = "datetime") -> str:
    """An instant in words of the reader's language, by the clocks of that zone.

    Styles: date, time, datetime, day (with the weekday), month, year, weekday, long and long_date (with the
    year).
    """
    locale = get_locale()
    language = locale.language if locale else "zh"
    return format_datetime(
        instant, _PATTERNS[language][style], tzinfo=ZoneInfo(zone), locale=locale or "zh_CN"
    )
