"""All kinds of background work, by the names that their rows carry."""

from __future__ import annotations

from collections.abc import Mapping

from consult.background.runner import Kind

KINDS: Mapping[str, Kind] = {}
