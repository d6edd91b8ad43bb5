"""The `consult` command."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import select

from consult import config
from consult.core import logs, migrate
from consult.core.errors import Missing, Refusal
from consult.core.i18n import in_language
from consult.core.store import Store, open_store
from consult.members import imports, roles
from consult.members.access import CONSOLE
from consult.members.models import Level, Unit
from consult.notices.carrying import Letter, Undelivered, why
from consult.notices.email import MailCarrier
from consult.rehearsal.compare import table
from consult.rehearsal.demo import demonstrate
from consult.rehearsal.players import Stumbled
from consult.rehearsal.run import Rehearsal, rehearse
from consult.rehearsal.script import LEAST_MINUTES
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


@cli.command()
def demo() -> None:
    """Serve a made-up county, with a meeting that opens in two minutes. Not for production."""
    demonstrate(settings(), click.echo)


@cli.command("rehearse")
@click.option(
    "--members", default=250, show_default=True, type=click.IntRange(20, 5000), help="On the roster."
)
@click.option("--players", default=80, show_default=True, type=click.IntRange(1, 1000), help="Who come.")
@click.option("--minutes", default=8, show_default=True, type=click.IntRange(LEAST_MINUTES, 240))
@click.option("--comments", default=300, show_default=True, type=click.IntRange(0, 10_000))
@click.option("--seed", default=1, show_default=True, help="The same seed is the same script.")
def rehearse_command(members: int, players: int, minutes: int, comments: int, seed: int) -> None:
    """Hold a whole meeting with made-up members and check its report against their script.

    It runs on a database of its own that is gone afterwards. Exits with 1 if anything differs.
    """
    logs.prepare("warning", "console")
    try:
        result = rehearse(Rehearsal(members, players, minutes, comments, seed), click.echo)
    except (Stumbled, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"\n{table(result.figures)}\n\n{table(result.members)}\n")
    click.echo("Report and script agree." if result.same else "Report and script DIFFER.")
    sys.exit(0 if result.same else 1)


@cli.command("create-admin")
@click.option("--account", prompt=True, help="The name to sign in with.")
@click.option("--name", prompt=True, help="The person's name.")
@click.option("--unit", prompt=True, help="The unit to administer; made if there is none at all.")
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default=Level.COUNTY.value,
    show_default=True,
    help="The tier of a unit that is made.",
)
@click.password_option(help="At least 8 characters. Better asked for than given here.")
def create_admin(account: str, name: str, unit: str, level: str, password: str) -> None:
    """Make an administrator who can sign in. There is none by default."""
    with opened(settings()) as store:
        store.write(roles.create_admin, account, name, password, unit, Level(level))
    click.echo(f"{account} can sign in and administers {unit}.")


@cli.command("import-roster")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--unit", required=True, help="The name of the unit whose members they are.")
def import_roster(file: Path, unit: str) -> None:
    """Import a roster sheet (.xlsx or .csv), all of it or nothing."""
    with opened(settings()) as store:
        with store.read() as work:
            unit_id = work.db.scalar(select(Unit.id).where(Unit.name == unit))
        if unit_id is None:
            raise Missing(f"There is no unit called “{unit}”.")
        result = imports.run(store, CONSOLE, unit_id, file.name, file.read_bytes()).result or {}
    click.echo(", ".join(f"{result.get(what, 0)} {what}" for what in ("new", "changed", "unchanged")))


@cli.command("test-mail")
@click.argument("address")
def test_mail(address: str) -> None:
    """Send one mail to ADDRESS now, and say what is wrong if it can't be sent."""
    found = settings()
    if not found.smtp_url:
        raise config.BadSetting("SMTP_URL is not set, so no mail is sent.")
    letter = Letter(
        id=f"test-{secrets.token_hex(8)}", to=address, subject="A test mail from Consult",
        lines=("If you read this, mail works.", "如果您看到这封邮件，说明邮件已经设置好。"), link=found.site,
    )  # fmt: skip
    carrier = MailCarrier(found)
    try:
        with in_language("en"):
            carrier.carry(letter)
            click.echo("The mail server took the mail. If it does not arrive, look into the spam folder.")
    except Undelivered as failure:
        with in_language("en"):
            said = f" It said: {failure.said}" if failure.said else ""
            raise click.ClickException(f"{why(failure.reason)}{said}") from failure
    finally:
        carrier.close()


@contextmanager
def opened(found: config.Settings) -> Iterator[Store]:
    """The store of these settings, migrated, for one command."""
    migrate.upgrade(found.database_url)
    store = open_store(found.database_url, found.zone)
    try:
        yield store
    finally:
        store.close()
