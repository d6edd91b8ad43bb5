"""Leave (请假): the reasons there are, where a request can stand, and who decides on it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message
from consult.members.charges import ChargeKind
from consult.topics.forms_of_consultation import Form

MOST_REQUESTS = 2
"""How often one person may ask for leave from one meeting."""
LONGEST_REASON = 100


class Status(enum.StrEnum):
    """Where a request stands."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    REMOTE = "remote"  # refused, with the advice to attend remotely instead
    WITHDRAWN = "withdrawn"
    TAKEN_BACK = "taken_back"  # granted, and then the office expected him again

    @property
    def label(self) -> Message:
        return _STATUSES[self]


_STATUSES: dict[Status, Message] = {
    Status.ASKED: _l("Not decided yet"),
    Status.GRANTED: _l("Leave granted"),
    Status.REFUSED: _l("Leave refused"),
    Status.REMOTE: _l("Asked to attend remotely instead"),
    Status.WITHDRAWN: _l("Withdrawn"),
    Status.TAKEN_BACK: _l("Leave granted, then taken back"),
}
DECISIONS = (Status.GRANTED, Status.REFUSED, Status.REMOTE)


class ReasonType(enum.StrEnum):
    """Why somebody asks for leave, as attendance is later told by it."""

    SUPERIOR = "superior"
    ILLNESS = "illness"
    AWAY = "away"
    FAMILY = "family"
    OTHER = "other"

    @property
    def label(self) -> Message:
        return _REASONS[self][0]

    @property
    def needs_text(self) -> bool:
        """Whether the word alone says too little."""
        return _REASONS[self][1]


_REASONS: dict[ReasonType, tuple[Message, bool]] = {
    ReasonType.SUPERIOR: (_l("Duty for a superior body"), True),
    ReasonType.ILLNESS: (_l("Illness"), False),
    ReasonType.AWAY: (_l("Away on business"), True),
    ReasonType.FAMILY: (_l("Family matter"), False),
    ReasonType.OTHER: (_l("Another reason"), True),
}


class Approver(enum.StrEnum):
    """Who decides on a request."""

    CONVENER = "convener"
    COMMITTEE_HEAD = "committee_head"
    HOST_OFFICE = "host_office"
    NAMING_OFFICE = "naming_office"
    OWN_OFFICE = "own_office"


CHARGES: Mapping[Approver, ChargeKind] = {
    Approver.CONVENER: ChargeKind.SECTOR,
    Approver.COMMITTEE_HEAD: ChargeKind.COMMITTEE,
}
"""The approvers who are members with a charge; the others are offices."""


@dataclass(frozen=True)
class Asker:
    """Who asks: the person, and the seat that counts at the meeting."""

    person_id: int
    unit_id: int
    sector: str
    committees: Sequence[str]
    named_by: int | None  # the unit that named him


@dataclass(frozen=True)
class Route:
    """Who decides: what he is, in or of which unit, and the name of the sector or committee."""

    approver: Approver
    unit_id: int
    name: str = ""


def route(
    form: Form, host_id: int, asker: Asker, holders: Mapping[tuple[ChargeKind, str], Collection[int]]
) -> Route:
    """To whom the request goes; `holders` are those in charge of the sectors and committees of his unit.

    By the form of the meeting: the convener of his sector, the head of his committee, the office of the host
    (or of the unit that named him) where a meeting of a higher tier calls him, else the office of his own
    unit; that office also where nobody else than the asker himself is in charge.
    """
    if form is Form.SECTOR:
        choice = [(Approver.CONVENER, asker.sector)]
    elif form in (Form.COUNTERPART, Form.PROPOSAL_HANDLING):
        choice = [(Approver.COMMITTEE_HEAD, name) for name in asker.committees]
    else:
        choice = []
    for approver, name in choice:
        if set(holders.get((CHARGES[approver], name), ())) - {asker.person_id}:
            return Route(approver, asker.unit_id, name)
    if form in (Form.STANDING_COMMITTEE, Form.REMOTE) and asker.unit_id != host_id:
        if asker.named_by is not None:
            return Route(Approver.NAMING_OFFICE, asker.named_by)
        return Route(Approver.HOST_OFFICE, host_id)
    return Route(Approver.OWN_OFFICE, asker.unit_id)
