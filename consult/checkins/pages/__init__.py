"""The pages of checking in. Importing it gives the blueprint with all its views."""

from consult.checkins.pages import desk, flags, own, scan, screen
from consult.checkins.pages.blueprint import pages

__all__ = ["desk", "flags", "own", "pages", "scan", "screen"]
