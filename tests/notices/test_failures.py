"""What could not be delivered: who sees it, what helps, when it is no longer anybody's business."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from consult.core import clock
from consult.core.errors import Missing
from consult.core.store import Store
from consult.members.models import AuditEntry, Person
from consult.notices import failures, queue
from consult.notices.carrying import Away, Reason, Refused
from consult.notices.kinds import Kind
from consult.notices.models import Delivery, DeliveryState, Notice
from tests.meetings.people import gather
from tests.notices.post import Post
from tests.support.visitor import Enter


class Failed(Post):
    """A mail to 王秀兰 that her server refused, and who may see it."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.one = self.fail(self.people.wang)

    def fail(self, person: int, version: int = 1) -> int:
        one = self.tell(person, version=version)
        self.store.write(queue.take, "email", "one", 100, timedelta(minutes=1))
        self.store.write(queue.failed, one, "one", Refused(Reason.ADDRESS, "550 no such user"), 0.5)
        return one

    def seen(self, person: int) -> list[int]:
        with self.store.read() as work:
            actor = self.people.actor(person)
            found = [one.delivery.id for one in failures.listed(work, actor)]
            assert failures.count(work, actor) == len(found)
            return found


@pytest.fixture
def failed(store: Store) -> Failed:
    return Failed(store)


@pytest.fixture
def here(sqlite_store: Store) -> Failed:
    return Failed(sqlite_store)


def test_the_office_sees_whom_it_concerns_and_why(here: Failed, enter: Enter) -> None:
    visitor = enter(here.people.office)
    page = visitor.get("/notices/failures").text
    for said in (
        "王秀兰",
        "wang@example.com",
        "13800000001",
        "The address does not exist",
        "550 no such user",
    ):
        assert said in page
    assert "1 notice reached nobody" in visitor.get("/").text


def test_members_and_other_units_do_not_see_it(failed: Failed) -> None:
    assert failed.seen(failed.people.office) == [failed.one]
    for stranger in (failed.people.wang, failed.people.li, failed.people.outsider):
        assert failed.seen(stranger) == []
        for verb in (failures.try_again, failures.told_by_phone):
            with pytest.raises(Missing):
                failed.store.write(verb, failed.people.actor(stranger), failed.one)
    assert failed.delivery(failed.one).state == DeliveryState.FAILED


def test_who_organizes_above_or_beside(store: Store) -> None:
    people = gather(store)
    post = Failed.__new__(Failed)
    post.store, post.people = store, people.cast
    post.meeting = people.cast.meeting(
        opens_at=clock.now() + timedelta(hours=1), closes_at=clock.now() + timedelta(hours=2)
    )
    one = post.fail(people.cast.wang)
    assert post.seen(people.province_office) == [one]
    for stranger in (people.other_office, people.reader, people.cast.outsider):
        assert post.seen(stranger) == []


def test_an_address_is_shown_to_his_own_unit_only(store: Store) -> None:
    post = Failed(store)
    post.change(Person, post.people.outsider, email="qian@example.com", phone="13900000009")
    post.fail(post.people.outsider)
    with store.read() as work:
        found = {
            one.person.name: one
            for one in failures.listed(work, post.people.actor(post.people.office))
            if one.person
        }
    assert found["王秀兰"].address == "wang@example.com"
    assert (found["钱进"].address, found["钱进"].membership_id) == ("", None)


def test_trying_again_is_a_new_beginning_once(failed: Failed) -> None:
    office = failed.people.actor(failed.people.office)
    for _press in range(2):
        failed.store.write(failures.try_again, office, failed.one)
    row = failed.delivery(failed.one)
    assert (row.state, row.tries) == (DeliveryState.WAITING, 0)
    assert row.due_at <= clock.now()
    assert failed.seen(failed.people.office) == []
    with failed.store.read() as work:
        trail = work.db.scalars(select(AuditEntry).where(AuditEntry.action == "notice.tried_again")).all()
    assert [(one.subject, one.by_id) for one in trail] == [
        (f"person:{failed.people.wang}", failed.people.office)
    ]


def test_told_by_phone_is_noted_once_and_by_whom(failed: Failed) -> None:
    office = failed.people.actor(failed.people.office)
    for _press in range(2):
        failed.store.write(failures.told_by_phone, office, failed.one)
    row = failed.delivery(failed.one)
    assert (row.state, row.told_by) == (DeliveryState.FAILED, failed.people.office)
    assert failed.seen(failed.people.office) == []
    with failed.store.read() as work:
        trail = work.db.scalars(select(AuditEntry).where(AuditEntry.action == "notice.told_by_phone")).all()
    assert len(trail) == 1


@pytest.mark.parametrize("over", ["read_at", "voided_at", "useful_until"])
def test_what_is_no_longer_of_use_is_nobodys_business(failed: Failed, over: str) -> None:
    failed.change(Notice, failed.delivery(failed.one).notice_id, **{over: clock.now()})
    assert failed.seen(failed.people.office) == []


def test_the_page_takes_a_constant_number_of_statements(here: Failed) -> None:
    def statements() -> int:
        seen: list[str] = []
        listen = lambda *given: seen.append(given[2])  # noqa: E731
        event.listen(here.store.engine, "before_cursor_execute", listen)
        here.seen(here.people.office)
        event.remove(here.store.engine, "before_cursor_execute", listen)
        return len(seen)

    before = statements()
    for version in range(2, 30):
        here.fail(here.people.wang, version)
    assert statements() == before


def test_the_buttons_of_the_page(here: Failed, enter: Enter) -> None:
    visitor = enter(here.people.office)
    visitor.post(f"/notices/failures/{here.one}/told")
    assert "Everything was delivered" in visitor.get("/notices/failures").text
    here.change(Delivery, here.one, told_at=None)
    visitor.post(f"/notices/failures/{here.one}/again")
    assert here.delivery(here.one).state == DeliveryState.WAITING
    assert enter(here.people.li).post(f"/notices/failures/{here.one}/told").status_code == 404


def test_a_mail_server_that_is_away_for_long_is_told_of(here: Failed, enter: Enter) -> None:
    visitor = enter(here.people.office)

    def fail_at(minutes_ago: int) -> None:
        here.store.write_at(
            clock.now() - timedelta(minutes=minutes_ago), queue.down, "email", Away(Reason.UNREACHABLE), 0.5
        )

    fail_at(14)
    assert "has not been reached" not in visitor.get("/").text
    here.store.write(queue.up, "email")
    fail_at(16)
    fail_at(1)
    for path in ("/", "/notices/failures"):
        assert "The mail server has not been reached since" in visitor.get(path).text
    assert visitor.get("/readyz").json["messages"] is False  # type: ignore[index]
    here.store.write(queue.up, "email")
    assert "has not been reached" not in visitor.get("/").text
    assert visitor.get("/readyz").json["messages"] is True  # type: ignore[index]


def test_a_failure_of_a_group_leads_to_its_robot(here: Failed, enter: Enter) -> None:
    robot = here.robot("http://127.0.0.1:9/")
    one = here.tell(robot=robot, channel="robot", kind=Kind.OPEN)
    here.change(Delivery, one, state=DeliveryState.FAILED, reason=Reason.REFUSED)
    page = enter(here.people.office).get("/notices/failures").text
    assert f"/notices/robots/{robot}" in page
