"""What the tests of calls and proposals share: a call of the county, and what is proposed on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from consult.topics import calls, proposals, topics
from consult.topics.calls import Terms, Within
from consult.topics.models import Call, Topic
from tests.meetings.people import BEFORE, People
from tests.support.cast import at

OPENS, CLOSES = at(0), at(60)


def terms(**given: Any) -> Terms:
    """The terms of a call for next year's topics, open from nine to ten."""
    usual: dict[str, Any] = {
        "title": "征集2027年度协商议题", "text": "请结合调研提出。", "year": 2027, "within": Within.UNIT,
        "opens_at": OPENS, "closes_at": CLOSES,
    }  # fmt: skip
    return calls.terms(**{**usual, **given})


def called(people: People, unit_id: int | None = None, who: str = "office", **given: Any) -> Call:
    """A call that was written the day before."""
    return people.store.write_at(
        BEFORE, calls.create, people.actor(who), unit_id or people.cast.county, terms(**given)
    )


def matter(title: str = "农村饮水安全", **given: Any) -> topics.Matter:
    """What a member proposes."""
    return topics.matter(
        **{"title": title, "background": "管网老化", "form": "remote", "departments": [], **given}
    )


def proposed(
    people: People, call: Call, who: str = "wang", title: str = "农村饮水安全", now: datetime | None = None
) -> Topic:
    """A topic that this member proposes, a minute after the call has opened."""
    return people.store.write_at(now or at(1), proposals.propose, people.actor(who), call.id, matter(title))


def kept(people: People, topic_id: int) -> Topic:
    """The topic as it is now."""
    with people.store.read() as work:
        return work.db.get_one(Topic, topic_id)
