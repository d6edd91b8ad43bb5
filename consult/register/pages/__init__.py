"""The pages of what staff write down. Importing it gives the blueprint with all its views."""

from __future__ import annotations

from consult.register.pages import people, video
from consult.register.pages.blueprint import pages

__all__ = ["pages", "people", "video"]
