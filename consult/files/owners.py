"""What files belong to. Topics and meetings stand above files, so each tells here, when it is imported, who
may see and manage what belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select

from consult.core.errors import Missing
from consult.core.store import Work
from consult.files.models import Purpose
from consult.members.access import Actor


@dataclass(frozen=True)
class Owner:
    """The thing that files belong to, as whoever asked may know it."""

    kind: str
    id: int
    title: str
    unit_id: int

    @property
    def key(self) -> str:
        return key(self.kind, self.id)


See = Callable[[Work, Actor, int, Purpose], Owner]
"""The owner, if the actor may see its files of that purpose. Refuses: Missing."""


@dataclass(frozen=True)
class Rule:
    """What one kind of owner allows.

    `managed_by` gives the owner if the actor may add and remove files of that purpose (refuses: Missing,
    NotAllowed, NotNow). `audience` selects the ids of the people who are to read those of a purpose; None:
    nobody in particular. `seat` is the Membership by which Person, of the audience, is called. `page` is
    the endpoint that shows them, `argument` its name for the owner's id.
    """

    seen_by: See
    managed_by: Callable[[Work, Actor, int, Purpose], Owner]
    purposes: tuple[Purpose, ...]
    page: str
    argument: str
    audience: Callable[[int, Purpose], Select[int]] | None = None
    seat: Callable[[int], ColumnElement[int]] | None = None
    also_seen_by: list[See] = field(default_factory=list)


_RULES: dict[str, Rule] = {}


def register(kind: str, rule: Rule) -> None:
    """Has things of that kind own files."""
    _RULES[kind] = rule


def open_to(kind: str, see: See) -> None:
    """Lets those see the files of that kind whom `see` lets, too."""
    _RULES[kind].also_seen_by.append(see)


def key(kind: str, owner_id: int) -> str:
    """How an owner stands in a file's row."""
    return f"{kind}:{owner_id}"


def rule_for(kind: str) -> Rule:
    """Refuses: Missing, for a kind that owns no files."""
    if kind not in _RULES:
        raise Missing
    return _RULES[kind]


def read_key(owner: str) -> tuple[str, int]:
    """The kind and the id of an owner as it stands in a file's row."""
    kind, _, number = owner.partition(":")
    return kind, int(number)


def seen_by(work: Work, actor: Actor, kind: str, owner_id: int, purpose: Purpose) -> Owner:
    """The owner, if the actor may see its files of that purpose. Refuses: Missing."""
    rule = rule_for(kind)
    for see in (rule.seen_by, *rule.also_seen_by):
        with suppress(Missing):
            return see(work, actor, owner_id, purpose)
    raise Missing


def managed_by(work: Work, actor: Actor, kind: str, owner_id: int, purpose: Purpose) -> Owner:
    """The owner, if the actor may add and remove its files. Refuses: Missing, NotAllowed, NotNow."""
    rule = rule_for(kind)
    if purpose not in rule.purposes:
        raise Missing
    return rule.managed_by(work, actor, owner_id, purpose)
