"""The `consult` command."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from consult import config
from consult.core import logs, migrate
from consult.core.errors import Refusal
from consult.serve import run_clock
from consult.serve import serve as run_server


def main() -> None:
    """Runs the command; a wrong setting or a refusal is one clear line, not a traceback."""
    try:
        cli(standalone_mode=True)
    except config.BadSetting as error:
        click.echo(f"consult: {error}", err=True)
        sys.exit(2)
    except Refusal as refusal:
        click.echo(f"consult: {refusal}", err=True)
        sys.exit(1)


@click.group()
def cli() -> None:
    """Consult: remote consultation meetings, scheduled, held and counted."""


def settings() -> config.Settings:
    """The settings of the environment, with logging set up and the database's folder made."""
    found = config.load()
    logs.prepare(found.log_level, found.log_format)
    if found.database_url.startswith("sqlite:///"):
        Path(found.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return found


@cli.command()
def serve() -> None:
    """Serve the pages and the live room (and the clock, unless CLOCK=0)."""
    found = settings()
    migrate.upgrade(found.database_url)
    run_server(found, ready=lambda address: click.echo(f"Consult is at {address}"))


@cli.command()
def clock() -> None:
    """Run a clock by itself; as many as you like may run."""
    found = settings()
    migrate.upgrade(found.database_url)
    run_clock(found)


@cli.command("migrate")
def migrate_command() -> None:
    """Bring the database to this version's schema."""
    found = settings()
    migrate.upgrade(found.database_url)
    click.echo("The database is up to date.")
