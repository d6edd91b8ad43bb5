"""The pages of units, people and accounts. Importing it gives the blueprint with all its views."""

from __future__ import annotations

from consult.members.pages import account, charges, directory, imports, links, signing_in, units
from consult.members.pages.blueprint import pages

__all__ = ["account", "charges", "directory", "imports", "links", "pages", "signing_in", "units"]
