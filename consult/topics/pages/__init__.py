"""The pages of topics. Importing it gives the blueprint with all its views."""

from __future__ import annotations

from consult.topics.pages import calling, deciding, desk, proposing
from consult.topics.pages.blueprint import pages

__all__ = ["calling", "deciding", "desk", "pages", "proposing"]
