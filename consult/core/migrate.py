"""Brings a database to the present schema, by the Alembic migrations inside the package."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from flask_babel import lazy_gettext as _l
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from consult.core.errors import Busy

# Two processes that start together migrate one after the other: the second waits, and finds nothing to do.
LOCK = 0x636F6E73  # PostgreSQL's advisory lock
LOCK_WAIT = 60  # seconds to wait for SQLite's write lock


def configuration(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", "consult:migrations")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Applies the migrations the database has not had yet, all or none. May be called at every start.

    Refuses: Busy, when the database can't be reached.
    """
    sqlite = url.startswith("sqlite")
    options = {"isolation_level": None, "timeout": LOCK_WAIT} if sqlite else {}
    engine = create_engine(url, connect_args=options)
    try:
        with engine.begin() as connection:
            if sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            config = configuration(url)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except OperationalError as error:
        why = str(error.orig).strip().splitlines()[0]
        raise Busy(_l("The database can't be used: %(why)s", why=why)) from error
    finally:
        engine.dispose()
