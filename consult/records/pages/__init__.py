"""The pages of a year's other records."""

from __future__ import annotations

from consult.records.pages import imports, reading, writing
from consult.records.pages.blueprint import pages

__all__ = ["imports", "pages", "reading", "writing"]
