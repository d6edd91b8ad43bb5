"""A unit's robots: added, edited, removed by its organizers. What is secret is never shown again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select

from consult.core.errors import Invalid, Missing, NotNow, Stale
from consult.core.store import Work
from consult.core.text import line
from consult.core.versions import claim
from consult.members import edits
from consult.members.access import ORGANIZING, READING, Actor, unit_for
from consult.members.models import Unit
from consult.notices.carrying import Reason
from consult.notices.kinds import FOR_GROUPS, Kind
from consult.notices.models import Robot
from consult.notices.outgoing import HERE, Reach
from consult.notices.robots import HOSTS, RobotKind

LONGEST_NAME, LONGEST_URL, LONGEST_SECRET = 60, 500, 200
SHORTEST_SECRET = 16
MOST_ROBOTS = 20

_NO_ADDRESS = _l("This is no address of a robot. Please copy all of it.")
_TROUBLES = {
    Reason.ENCRYPTION: _l("The address must begin with https://."),
    Reason.FORBIDDEN: _l("This server may not send to that address. Please ask whoever looks after it."),
}


@dataclass(frozen=True)
class Draft:
    """A robot to be. Make it of what was typed with `draft`."""

    kind: RobotKind
    name: str
    url: str
    secret: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Owned:
    """A robot, and the unit whose groups it speaks to."""

    robot: Robot
    unit: Unit


def draft(kind: str, name: str, url: str, secret: str, kinds: Collection[str], reach: Reach) -> Draft:
    """What was typed, cleaned. Refuses: Invalid (fields `kind`, `name`, `url`, `secret`, `kinds`)."""
    if kind not in list(RobotKind):
        raise Invalid(_l("Please choose one of these."), field="kind")
    named, sort = line(name, "name", longest=LONGEST_NAME), RobotKind(kind)
    address = line(url, "url", longest=LONGEST_URL)
    if trouble := reach.url_trouble(address):
        raise Invalid(_TROUBLES.get(trouble, _NO_ADDRESS), field="url")
    host = urlsplit(address).hostname
    if sort in HOSTS and host != HOSTS[sort] and not (reach.here and host in HERE):
        message = _l("The address of such a robot begins with https://%(host)s/.", host=HOSTS[sort])
        raise Invalid(message, field="url")
    word = line(secret, "secret", longest=LONGEST_SECRET, required=False)
    if sort is RobotKind.GENERIC and len(word) < SHORTEST_SECRET:
        raise Invalid(
            _l("Please agree on a secret of at least %(least)s characters.", least=SHORTEST_SECRET),
            field="secret",
        )
    return Draft(sort, named, address, word, _wanted(kinds))


def _wanted(kinds: Collection[str]) -> tuple[Kind, ...]:
    wanted = tuple(kind for kind in FOR_GROUPS if kind in kinds)
    if not wanted:
        raise Invalid(_l("Please tick at least one."), field="kinds")
    return wanted


def listed(work: Work, actor: Actor) -> list[Owned]:
    """The robots of the actor's units, in the order of the tree."""
    mine = or_(False, *(Unit.path.startswith(path, autoescape=True) for path in actor.paths(*ORGANIZING)))
    rows = work.db.execute(
        select(Robot, Unit)
        .join(Unit, Unit.id == Robot.unit_id)
        .where(Robot.removed_at.is_(None), mine)
        .order_by(Unit.path, Robot.id)
    )
    return [Owned(robot, unit) for robot, unit in rows]


def owned(work: Work, actor: Actor, robot_id: int) -> Owned:
    """The robot, if the actor organizes its unit. Refuses: Missing."""
    row = work.db.execute(
        select(Robot, Unit)
        .join(Unit, Unit.id == Robot.unit_id)
        .where(Robot.id == robot_id, Robot.removed_at.is_(None))
    ).first()
    if row is None or not actor.holds(row[1].path, *ORGANIZING):
        raise Missing
    return Owned(*row)


def add(work: Work, actor: Actor, unit_id: int, said: Draft, form_key: str | None = None) -> Robot:
    """A new robot of the unit; the same form sent twice makes one.

    Refuses: Missing, NotAllowed, Stale, NotNow (there are enough).
    """
    unit = unit_for(work, actor, unit_id, *READING)
    actor.require(unit.path, *ORGANIZING)
    work.db.execute(select(Unit.id).where(Unit.id == unit.id).with_for_update(key_share=True))
    if form_key is not None:
        earlier = work.db.scalars(select(Robot).where(Robot.form_key == form_key)).first()
        if earlier is not None:
            if earlier.made_by != actor.person_id:
                raise Stale
            return earlier
    present = select(func.count()).where(Robot.unit_id == unit.id, Robot.removed_at.is_(None))
    if (work.db.scalar(present) or 0) >= MOST_ROBOTS:
        raise NotNow(_l("A unit may have %(most)s robots. Please remove one first.", most=MOST_ROBOTS))
    robot = Robot(
        unit_id=unit.id, kind=said.kind, name=said.name, url=said.url, secret=said.secret,
        kinds=list(said.kinds), made_by=actor.person_id, made_at=work.now, updated_at=work.now,
        form_key=form_key,
    )  # fmt: skip
    work.db.add(robot)
    work.db.flush()
    edits.note(work, actor, "robot.added", f"robot:{robot.id}", unit.id, 1, {})
    return robot


def edit(work: Work, actor: Actor, robot_id: int, version: int, name: str, kinds: Collection[str]) -> Robot:
    """Changes the robot's name and what it is told. Refuses: Missing, Stale, Invalid (`name`, `kinds`)."""
    found = owned(work, actor, robot_id)
    named, wanted = line(name, "name", longest=LONGEST_NAME), _wanted(kinds)
    robot = found.robot
    claim(work, robot, version)
    changed = edits.differences(
        {"name": robot.name, "kinds": " ".join(robot.kinds)}, {"name": named, "kinds": " ".join(wanted)}
    )
    robot.name, robot.kinds = named, list(wanted)
    edits.note(work, actor, "robot.edited", f"robot:{robot.id}", found.unit.id, robot.version, changed)
    return robot


def remove(work: Work, actor: Actor, robot_id: int, version: int) -> None:
    """The group is told nothing more; the secret is forgotten. Refuses: Missing, Stale."""
    found = owned(work, actor, robot_id)
    claim(work, found.robot, version)
    found.robot.removed_at, found.robot.secret = work.now, ""
    found.robot.url = urlsplit(found.robot.url).hostname or ""
    edits.note(work, actor, "robot.removed", f"robot:{robot_id}", found.unit.id, found.robot.version, {})
