"""Passwords: which are good enough, how they are kept. Hashing takes its time; never call it from a verb."""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid, Message

SHORTEST, LONGEST = 8, 200

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# A password made of nothing but these words and a few digits or marks at its ends is guessed at once.
_WORDS = (
    "password passwd pass admin administrator root user test guest welcome login letmein iloveyou monkey "
    "dragon sunshine princess football master shadow superman batman google baidu tencent weixin wechat "
    "huawei xiaomi apple abc abcd abcde abcdef aaa qaz wsx qwe qwer qwert qwerty asd asdf zxc zxcv woaini "
    "woaiwojia nihao mima zhengxie weiyuan cppcc shangliang consult china zhongguo beijing"
).replace(" ", "|")
_WORN_OUT = re.compile(f"({_WORDS})*")
_DISGUISES = str.maketrans("@013$5!", "aoiessi")
_RUNS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv",
)
_KNOWN_DIGITS = re.compile(r"520|521|1314|5201314|147|258|369|159|357|666|888|168|000")
_DAY = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")


def check(password: str, *known: str) -> None:
    """Refuses (Invalid, field `password`) one too short, too long, or guessed at once.

    `known` is what others know of the person, such as the account and the phone.
    """
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise _refusal(_l("Too short: at least %(shortest)s characters.", shortest=SHORTEST))
    if len(plain) > LONGEST:
        raise _refusal(_l("Too long: at most %(longest)s characters.", longest=LONGEST))
    low = plain.casefold()
    if any(part and part.casefold() in low and len(low) < len(part) + 4 for part in known):
        raise _refusal(_l("This is too close to your account or phone number. Please choose another."))
    if _guessed_at_once(low):
        raise _refusal(_l("This password is one of the first that others try. Please choose another."))


def hashed(password: str) -> str:
    """What is kept of a password (argon2id, 19 MiB, 2 passes)."""
    return _hasher.hash(_encoded(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether it is the password. Takes as long where there is none, so that the time tells nothing."""
    try:
        return _hasher.verify(kept or _nobodys(), _encoded(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether it was kept with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return hashed(secrets.token_hex())


def _normal(password: str) -> str:
    # An input method types full-width digits on one device and plain ones on another.
    return unicodedata.normalize("NFKC", password)


def _encoded(password: str) -> bytes:
    return _normal(password).encode(errors="surrogatepass")


def _refusal(message: Message) -> Invalid:
    return Invalid(message, field="password")


def _guessed_at_once(low: str) -> bool:
    if len(set(low)) <= 2 or _made_of_one_part(low) or _DAY.fullmatch(low):
        return True
    if any(low in run or low[::-1] in run for run in _RUNS):
        return True
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", low)
    plain = _WORN_OUT.fullmatch(core) or _WORN_OUT.fullmatch(core.translate(_DISGUISES))
    return bool(plain) and _plain_digits("".join(re.findall(r"\d", low.replace(core, ""))))


def _made_of_one_part(low: str) -> bool:
    # A text that stands again, shifted, within its own doubling is some shorter part over and over.
    return low in (low + low)[1:-1]


def _plain_digits(digits: str) -> bool:
    left = re.sub(r"(.)\1+", r"\1", _KNOWN_DIGITS.sub("", digits))
    return len(left) <= 4 or left in _RUNS[0] or left[::-1] in _RUNS[0]
