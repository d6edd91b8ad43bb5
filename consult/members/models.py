"""The tables of units, people and their accounts."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class Level(enum.StrEnum):
    """The tier of a unit."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


class Role(enum.StrEnum):
    """What a person may do in a unit and in what is below it. Being a member is a Membership, not a role."""

    ORGANIZER = "organizer"
    ADMINISTRATOR = "administrator"
    READER = "reader"


class Unit(Base):
    """A consultative body. `path` is `/1/4/9/`: the ids from the root down to itself, below = startswith."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    path: Mapped[str] = mapped_column(String(200), index=True)
    name: Mapped[str] = mapped_column(String(80))
    level: Mapped[Level] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Person(Base):
    """One account: one human being, however many memberships and devices."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    sex: Mapped[str] = mapped_column(String(10), default="")  # 男, 女 or empty
    ethnic_group: Mapped[str] = mapped_column(String(30), default="")
    phone: Mapped[str] = mapped_column(String(20), default="", index=True)
    email: Mapped[str] = mapped_column(String(120), default="")
    account: Mapped[str | None] = mapped_column(
        String(60), unique=True
    )  # staff sign in by it; members by phone
    password_hash: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(10))
    consented_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    nameless_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the name was dropped (retention)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Membership(Base):
    """A person's seat in a unit for a term (届). A number whose term has been ended may be given anew."""

    __tablename__ = "membership"
    __table_args__ = (
        Index(None, "unit_id", "to_day"),
        Index(
            "uq_membership_unit_id_number",
            "unit_id",
            "number",
            unique=True,
            sqlite_where=text("to_day IS NULL"),
            postgresql_where=text("to_day IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    number: Mapped[str] = mapped_column(String(40))
    sector: Mapped[str] = mapped_column(String(40), default="")
    committees: Mapped[list[str]] = mapped_column(JSON, default=list)
    party: Mapped[str] = mapped_column(String(40), default="")
    post: Mapped[str] = mapped_column(String(120), default="")
    from_day: Mapped[date]
    to_day: Mapped[date | None]  # the day after the last one; None while it lasts


class RoleGrant(Base):
    """A role given to a person in a unit."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("person_id", "unit_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    role: Mapped[Role] = mapped_column(String(20))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Charge(Base):
    """Who convenes a sector (界别召集人) or heads a committee (专委会主任) of a unit, by its name."""

    __tablename__ = "charge"
    __table_args__ = (UniqueConstraint("unit_id", "kind", "name", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # sector or committee
    name: Mapped[str] = mapped_column(String(40))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInLink(Base):
    """A personal one-time link or code. Only its hash is kept.

    One that an office hands out voids the earlier ones; one that a notice carries has a `destination` and
    stands beside the others, but falls with them.
    """

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    destination: Mapped[str] = mapped_column(String(200), default="")  # a path of ours; empty: the first page


class SignIn(Base):
    """One signed-in browser. Ended by signing out, by a new password, or by the office."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(40), default="")  # wechat, phone or computer
    by_link: Mapped[bool] = mapped_column(default=False)  # begun by a one-time link, so without a password
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The first sign-in in this browser; None: itself.
    browser_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))


class SignInFailure(Base):
    """Wrong passwords or codes for one account or address, for throttling."""

    __tablename__ = "sign_in_failure"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RosterImport(Base):
    """An uploaded roster between its preview and its import. `rows` is what the sheet said, parsed."""

    __tablename__ = "roster_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    filename: Mapped[str] = mapped_column(String(200))
    sheet: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class AuditEntry(Base):
    """Who did what, when: never changed, never deleted. `details` has no phone numbers, no comments."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "unit_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
