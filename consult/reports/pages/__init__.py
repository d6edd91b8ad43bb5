"""The pages of attendance: meetings, figures crossed, the rows behind them, members and their duty files."""

from consult.reports.pages import cross, duty, meeting, rows
from consult.reports.pages.blueprint import pages

__all__ = ["cross", "duty", "meeting", "pages", "rows"]
