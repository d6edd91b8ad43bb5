"""All kinds of background work, by the names that their rows carry."""

from __future__ import annotations

from collections.abc import Mapping

from consult.background import links, rosters
from consult.background.runner import Kind
from consult.reports import year_export

KINDS: Mapping[str, Kind] = {
    rosters.NAME: rosters.KIND,
    links.NAME: links.KIND,
    year_export.NAME: year_export.KIND,
}
