"""Notices and their deliveries for tests of sending, made by hand."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from consult.config import Settings, load
from consult.core import clock
from consult.core.store import Store, Work
from consult.meetings.models import Meeting
from consult.members.models import Person, Unit
from consult.notices import sender
from consult.notices.kinds import Kind
from consult.notices.models import Channel, Delivery, DeliveryState, Notice, Robot
from tests.support.cast import Cast, cast
from tests.support.mail import Mailbox

SITE = "https://consult.example"
SECRET = "a secret of the group's"
FROM = "清河县政协办公室 <office@consult.example>"


def settings(**given: str) -> Settings:
    """Settings with a key and an address; the rest as given."""
    return load({"SECRET_KEY": "k" * 40, "PUBLIC_URL": SITE, **given})


def mailing(box: Mailbox, **given: str) -> Settings:
    """Settings that send mail to the test's server."""
    return settings(SMTP_URL=box.url, MAIL_FROM=FROM, **given)


class Post:
    """A cast with addresses, a meeting in an hour, and what is told of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.people: Cast = cast(store)
        now = clock.now()
        self.meeting = self.people.meeting(
            opens_at=now + timedelta(hours=1), closes_at=now + timedelta(hours=2)
        )
        self.change(Person, self.people.wang, email="wang@example.com", phone="13800000001")
        self.change(Person, self.people.li, email="li@example.com", phone="13800000002", language="en")
        self.change(Person, self.people.zhao, email="zhao@example.com")
        self.change(Person, self.people.office, email="office@example.com", account="office")

    def change(self, table: type[Any], id: int | str, **values: Any) -> None:
        def set_values(work: Work) -> None:
            for name, value in values.items():
                setattr(work.db.get_one(table, id), name, value)

        self.store.write(set_values)

    def tell(
        self,
        person: int | None = None,
        kind: Kind = Kind.INVITATION,
        channel: str = "email",
        robot: int | None = None,
        due_at: datetime | None = None,
        urgent: bool = False,
        meeting: int | None = None,
        version: int = 1,
    ) -> int:
        """A delivery that waits; its id."""

        def make(work: Work) -> int:
            about = work.db.get_one(Meeting, meeting or self.meeting)
            recipient = f"person:{person}" if person else f"robot:{robot}"
            same = select(Notice).where(
                Notice.recipient == recipient, Notice.kind == kind, Notice.version == version
            )
            notice = work.db.scalars(same.where(Notice.meeting_id == about.id)).first()
            if notice is None:
                notice = Notice(
                    recipient=recipient, person_id=person, robot_id=robot, meeting_id=about.id,
                    subject=f"meeting:{about.id}", kind=kind, version=version, urgent=urgent,
                    made_at=work.now, useful_until=None if kind == Kind.REPORT else about.closes_at,
                    data=data_of(about, work.db.get_one(Unit, about.host_id).name),
                )  # fmt: skip
                work.db.add(notice)
                work.db.flush()
            delivery = Delivery(
                notice_id=notice.id, channel=channel, state=DeliveryState.WAITING,
                message_id=f"{secrets.token_hex(8)}.{notice.id}.{channel}", due_at=due_at or work.now,
            )  # fmt: skip
            work.db.add(delivery)
            work.db.flush()
            return delivery.id

        return self.store.write(make)

    def robot(self, url: str, kind: str = "generic", secret: str = SECRET) -> int:
        def make(work: Work) -> int:
            robot = Robot(
                unit_id=self.people.county, kind=kind, name="履职群", url=url, secret=secret,
                kinds=[kind.value for kind in Kind], made_by=self.people.office, made_at=work.now,
                updated_at=work.now,
            )  # fmt: skip
            work.db.add(robot)
            work.db.flush()
            return robot.id

        return self.store.write(make)

    def delivery(self, delivery_id: int) -> Delivery:
        with self.store.read() as work:
            return work.db.get_one(Delivery, delivery_id)

    def states(self) -> list[str]:
        with self.store.read() as work:
            return [str(state) for state in work.db.scalars(select(Delivery.state).order_by(Delivery.id))]

    def channel(self, name: str = "email") -> Channel | None:
        with self.store.read() as work:
            return work.db.get(Channel, name)

    def due_now(self, *delivery_ids: int) -> None:
        """Whatever they wait for is over."""
        for one in delivery_ids:
            self.change(Delivery, one, due_at=clock.now(), held_until=None)

    def send(self, settings: Settings, run: Callable[..., int] = sender.send_mails, as_: str = "one") -> int:
        """Sends what is due."""
        return run(self.store, settings, as_, lambda: False)


def data_of(meeting: Meeting, host: str) -> dict[str, Any]:
    """What a notice about the meeting says."""
    return {
        "meeting": meeting.id, "title": meeting.title, "host": host,
        "opens_at": meeting.opens_at.isoformat(), "closes_at": meeting.closes_at.isoformat(),
        "zone": meeting.zone, "mode": str(meeting.mode), "place": meeting.place, "link": False,
        "attending": "mandatory", "answer_by": None, "reason": "", "changes": [], "ask": False,
        "office": False,
    }  # fmt: skip
