"""The codes: good in their time and a moment beyond, for their meeting alone, and nobody's to make up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consult.checkins import codes
from consult.checkins.codes import OldCode, Scanned
from consult.core.errors import Missing
from tests.support.cast import NINE

KEY = codes.key_of("k" * 40)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_a_token_says_its_meeting_and_its_half_minute() -> None:
    scanned = codes.read(KEY, codes.token(KEY, 7, NINE), NINE)
    assert scanned == Scanned(7, int(NINE.timestamp()) // 30)


def test_a_new_code_is_shown_each_half_minute() -> None:
    shown = [codes.token(KEY, 7, NINE + seconds(at)) for at in (0, 29.9, 30, 59)]
    assert shown[0] == shown[1] != shown[2] == shown[3]
    assert codes.until(NINE + seconds(12)) == NINE + seconds(30)
    assert codes.until(NINE + seconds(12), codes.DIGITS_SLOT) == NINE + seconds(60)


@pytest.mark.parametrize("after", [-5, 0, 29.9, 34.9])
def test_a_token_is_good_in_its_half_minute_and_a_moment_around(after: float) -> None:
    assert codes.read(KEY, codes.token(KEY, 7, NINE), NINE + seconds(after)).meeting_id == 7


@pytest.mark.parametrize("after", [-5.1, 35, 60, 3600])
def test_a_token_is_refused_at_any_other_time(after: float) -> None:
    with pytest.raises(OldCode):
        codes.read(KEY, codes.token(KEY, 7, NINE), NINE + seconds(after))


def test_a_picture_of_the_code_that_is_passed_on_is_worth_nothing_after_thirty_five_seconds() -> None:
    """However late in its time the code was photographed."""
    for shown in range(30):
        token = codes.token(KEY, 7, NINE + seconds(shown))
        with pytest.raises(OldCode):
            codes.read(KEY, token, NINE + seconds(shown + 35))


def test_nobody_makes_a_token_up() -> None:
    token = codes.token(KEY, 7, NINE)
    forged = codes.token(codes.key_of("other"), 7, NINE)
    changed = codes.token(KEY, 8, NINE)[:8] + token[8:]
    for text in (forged, changed, token[:-1], token + "A", "", "x" * 32, "é" * 32, token[:-1] + "*"):
        with pytest.raises(Missing):
            codes.read(KEY, text, NINE)


def test_the_digits_change_each_minute_and_are_taken_a_little_longer() -> None:
    shown = codes.digits(KEY, 7, NINE)
    assert len(shown) == 6
    assert shown.isdigit()
    assert codes.digits(KEY, 7, NINE + seconds(59)) == shown
    good = [codes.right_digits(KEY, 7, shown, NINE + seconds(at)) for at in (0, 59, 89, 90, 150)]
    assert good == [True, True, True, False, False]
    assert not codes.right_digits(KEY, 8, shown, NINE)


def test_a_receipt_remembers_when_its_browser_scanned_while_one_signs_in() -> None:
    token = codes.token(KEY, 7, NINE)
    kept = codes.receipt(KEY, token, NINE + seconds(20))
    assert codes.scanned_at(KEY, token, kept, NINE + seconds(200)) == NINE + seconds(20)
    late = NINE + seconds(20) + codes.SIGN_IN_WITHIN
    assert codes.scanned_at(KEY, token, kept, late) == late


@pytest.mark.parametrize("kept", ["", "x", "1.2", "９９.x", "9" * 30 + ".x", "1773104400."])
def test_what_is_no_receipt_remembers_nothing(kept: str) -> None:
    token = codes.token(KEY, 7, NINE)
    assert codes.scanned_at(KEY, token, kept, NINE) == NINE


def test_a_receipt_is_for_its_own_token_and_only_given_for_a_good_one() -> None:
    token, other = codes.token(KEY, 7, NINE), codes.token(KEY, 7, NINE + seconds(30))
    kept = codes.receipt(KEY, token, NINE)
    now = NINE + seconds(31)
    assert codes.scanned_at(KEY, other, kept, now) == now
    with pytest.raises(OldCode):
        codes.receipt(KEY, token, NINE + seconds(35))
