"""Figures over many meetings are read from the index that has all of it, on either database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event

from benchmarks.five_years import Size, five_years
from consult.attendance.rules import Figure
from consult.core.store import Store
from consult.members.access import actor_of
from consult.reports import facts
from consult.reports.dimensions import Dimension
from consult.reports.scope import Scope

INDEX = "ix_outcome_figures"
SMALL = Size(members=200, meetings=60, presences=4000)


def test_figures_are_read_from_the_index(store: Store) -> None:
    province = store.write(five_years, SMALL, datetime(2022, 1, 2, 1, tzinfo=UTC))
    scope = Scope(province.unit, datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC), "UTC")
    asked: list[tuple[str, Any]] = []
    postgres = store.engine.dialect.name == "postgresql"
    if postgres:  # as it does by itself before long, so that the index alone is enough to read
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as alone:
            alone.exec_driver_sql("VACUUM ANALYZE outcome")
    with store.read() as work:
        office = actor_of(work, province.office)
        connection = work.db.connection()
        event.listen(connection, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
        facts.count(work, office, scope, (Dimension.SECTOR, Dimension.MONTH), meetings=True)
        facts.rows(work, office, scope, Figure.ATTENDING)
        counted = [one for one in asked if " outcome " in one[0]]
        assert len(counted) == 5
        if postgres:  # so small a table it would else read as a whole
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        explain = "EXPLAIN " if postgres else "EXPLAIN QUERY PLAN "
        for statement, given in counted:
            plan = connection.exec_driver_sql(explain + statement, given).all()
            assert any(INDEX in str(line) for line in plan), "\n".join(map(str, plan))
