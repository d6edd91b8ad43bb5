"""The pages of calendars. Importing the modules binds their views."""

from __future__ import annotations

from consult.calendars.pages import feed, view
from consult.calendars.pages.blueprint import pages

__all__ = ["feed", "pages", "view"]
