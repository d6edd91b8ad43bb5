"""The forms of consultation (协商形式), shared by topics and meetings."""

from __future__ import annotations

import enum

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message


class Form(enum.StrEnum):
    """How a matter is consulted on."""

    REMOTE = "remote"
    STANDING_COMMITTEE = "standing_committee"
    COUNTERPART = "counterpart"
    PROPOSAL_HANDLING = "proposal_handling"
    SECTOR = "sector"
    TRAINING = "training"
    ACTIVITY = "activity"

    @property
    def label(self) -> Message:
        return _LABELS[self]


_LABELS: dict[Form, Message] = {
    Form.REMOTE: _l("Remote consultation"),
    Form.STANDING_COMMITTEE: _l("Standing-committee thematic consultation"),
    Form.COUNTERPART: _l("Counterpart consultation"),
    Form.PROPOSAL_HANDLING: _l("Proposal-handling consultation"),
    Form.SECTOR: _l("Sector consultation"),
    Form.TRAINING: _l("Training"),
    Form.ACTIVITY: _l("Members' activity"),
}
