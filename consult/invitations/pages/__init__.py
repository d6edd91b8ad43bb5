"""The pages of invitations. Importing it gives the blueprint with all its views."""

from __future__ import annotations

from consult.invitations.pages import answer, delegations, leave, overview
from consult.invitations.pages.blueprint import pages

__all__ = ["answer", "delegations", "leave", "overview", "pages"]
