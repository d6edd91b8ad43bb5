"""The pages of notices: one's own, how one wants to be told, what was said of a meeting, what failed."""

from __future__ import annotations

from consult.notices.pages import failures, meeting, own, robots
from consult.notices.pages.blueprint import pages

__all__ = ["failures", "meeting", "own", "pages", "robots"]
