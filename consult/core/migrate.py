"""Brings a database to the present schema, by the Alembic migrations inside the package."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

LOCK = 0x636F6E73  # PostgreSQL advisory lock: two processes that start together migrate one after the other


def configuration(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", "consult:migrations")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Applies the migrations that the database has not had yet. May be called at every start."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
            command.upgrade(configuration(url), "head")
    finally:
        engine.dispose()
