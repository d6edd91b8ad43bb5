"""Where the pages of reports stand together, and how they write lengths of time and rates."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("reports", __name__)


@pages.app_template_filter("length_of_time")
def length_of_time(seconds: int) -> str:
    """A length of time as 1:58:30."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


@pages.app_template_global("rate")
def rate(share: tuple[int, int]) -> str:
    """A rate as a percentage with one decimal, or a dash where there is nothing to divide by."""
    numerator, denominator = share
    return f"{100 * numerator / denominator:.1f}%" if denominator else "–"
