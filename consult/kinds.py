"""All kinds of background work, by the names that their rows carry."""

from __future__ import annotations

from collections.abc import Mapping

from consult.background import links, rosters
from consult.background.runner import Kind
from consult.records import import_task
from consult.reports import year_export

KINDS: Mapping[str, Kind] = {
    rosters.NAME: rosters.KIND,
    links.NAME: links.KIND,
    import_task.NAME: import_task.KIND,
    year_export.NAME: year_export.KIND,
}
