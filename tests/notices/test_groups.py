"""The pages of groups' robots: who may, what is checked, what is never shown again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal, Stale
from consult.members.models import AuditEntry
from consult.notices import groups
from consult.notices.groups import Draft
from consult.notices.models import Robot
from consult.notices.outgoing import Reach
from tests.meetings.people import People
from tests.support.receiver import Answer, Receiver, receiver
from tests.support.visitor import Enter

HERE, OUTSIDE = Reach(here=True), Reach()
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=11111111-2222"
SECRET = "between the two of us"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as hook:
        yield hook


def said(
    kind: str = "wecom", url: str = WECOM, secret: str = "", kinds: tuple[str, ...] = ("invitation",)
) -> Draft:
    return groups.draft(kind, "委员群", url, secret, kinds, OUTSIDE)


def added(people: People, key: str | None = None) -> Robot:
    return people.store.write(groups.add, people.office, people.cast.county, said(), key)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "fax"}, "kind"),
        ({"url": ""}, "url"),
        ({"url": "http://qyapi.weixin.qq.com/x"}, "url"),
        ({"url": "https://evil.example/x"}, "url"),
        ({"url": "https://qyapi.weixin.qq.com.evil.example/x"}, "url"),
        ({"url": "https://oapi.dingtalk.com/x"}, "url"),
        ({"kind": "generic", "url": "https://x.example/", "secret": "short"}, "secret"),
        ({"url": WECOM + "x" * 600}, "url"),
        ({"kinds": ()}, "kinds"),
        ({"kinds": ("leave_decided", "nonsense")}, "kinds"),
    ],
)
def test_what_is_no_robot_is_refused_at_its_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        said(**given)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_development_may_try_a_robot_on_this_machine() -> None:
    assert (
        groups.draft("wecom", "x", "http://127.0.0.1:9/x", "", ["open"], HERE).url == "http://127.0.0.1:9/x"
    )
    with pytest.raises(Invalid):
        groups.draft("wecom", "x", "http://127.0.0.1:9/x", "", ["open"], OUTSIDE)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("office", None), ("province_office", None), ("administrator", None),
        ("reader", NotAllowed), ("other_office", Missing), ("wang", Missing), ("outsider", Missing),
    ],
)  # fmt: skip
def test_who_may_add_a_robot(people: People, who: str, refusal: type[Refusal] | None) -> None:
    def add() -> Robot:
        return people.store.write(groups.add, people.actor(who), people.cast.county, said())

    if refusal is None:
        assert add().name == "委员群"
        return
    with pytest.raises(refusal):
        add()


@pytest.mark.parametrize("who", ["reader", "other_office", "wang", "outsider"])
def test_others_have_no_way_to_a_robot(people: People, who: str) -> None:
    robot, actor = added(people), people.actor(who)
    with people.store.read() as work:
        assert groups.listed(work, actor) == []
    for verb in (
        (groups.edit, actor, robot.id, 1, "x", ["open"]), (groups.remove, actor, robot.id, 1),
    ):  # fmt: skip
        with pytest.raises(Missing):
            people.store.write(*verb)


def test_the_same_form_twice_is_one_robot(people: People) -> None:
    assert added(people, "k" * 20).id == added(people, "k" * 20).id
    with people.store.read() as work:
        assert len(groups.listed(work, people.office)) == 1


def test_there_is_an_end_of_robots(people: People) -> None:
    for _each in range(groups.MOST_ROBOTS):
        added(people)
    with pytest.raises(NotNow):
        added(people)


def test_an_edit_of_what_another_has_changed_is_stale(people: People) -> None:
    robot = added(people)
    people.store.write(groups.edit, people.office, robot.id, 1, "新群", ["open"])
    with pytest.raises(Stale):
        people.store.write(groups.edit, people.office, robot.id, 1, "旧群", ["open"])
    with people.store.read() as work:
        now = groups.owned(work, people.office, robot.id).robot
    assert (now.name, now.kinds, now.version) == ("新群", ["open"], 2)


def test_a_removed_robot_is_gone_and_its_secrets_too(people: People) -> None:
    robot = added(people)
    people.store.write(groups.remove, people.office, robot.id, 1)
    with people.store.read() as work:
        assert groups.listed(work, people.office) == []
        row = work.db.get_one(Robot, robot.id)
        trail = work.db.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"robot:{robot.id}"))
        assert list(trail) == ["robot.added", "robot.removed"]
    assert (row.secret, row.url) == ("", "qyapi.weixin.qq.com")


def fields(hook: Receiver, **given: object) -> dict[str, object]:
    return {
        "kind": "generic", "name": "值班群", "url": hook.url("/in?key=abcd1234"), "secret": SECRET,
        "kinds": ["invitation", "open"], "form_key": "k" * 20, **given,
    }  # fmt: skip


def test_a_robot_is_added_tried_edited_and_removed(
    sqlite_people: People, enter: Enter, hook: Receiver
) -> None:
    visitor = enter(sqlite_people.cast.office)
    made = visitor.post("/notices/robots/new", fields(hook))
    assert made.status_code == 302
    page = visitor.get(made.location).text
    assert "值班群" in page
    for secret in (SECRET, "abcd1234", "/in"):
        assert secret not in page + visitor.get("/notices/robots").text
    visitor.post(f"{made.location}/test")
    assert hook.received[0].json["link"].endswith("/meetings")
    assert "took the test message" in visitor.get("/notices/robots").text
    hook.answer = lambda _received: Answer(status=404)
    visitor.post(f"{made.location}/test")
    assert "did not arrive" in visitor.get("/notices/robots").text
    assert visitor.post(made.location, {"version": 1, "name": "新名", "kinds": ["open"]}).status_code == 302
    assert visitor.post(made.location, {"version": 1, "name": "旧名", "kinds": ["open"]}).status_code == 409
    visitor.post(f"{made.location}/remove", {"version": 2})
    assert visitor.get(made.location).status_code == 404


def test_a_wrong_robot_is_told_at_the_field_and_nothing_typed_is_lost(
    sqlite_people: People, enter: Enter, hook: Receiver
) -> None:
    answer = enter(sqlite_people.cast.office).post("/notices/robots/new", fields(hook, secret="tooshort1"))
    assert answer.status_code == 400
    assert "at least 16 characters" in answer.text
    assert "值班群" in answer.text
    assert "tooshort1" not in answer.text


@pytest.mark.parametrize("who", ["wang", "reader", "outsider"])
def test_the_pages_are_organizers(sqlite_people: People, enter: Enter, who: str, app: Flask) -> None:
    robot = added(sqlite_people)
    visitor = enter(getattr(sqlite_people.cast, who, None) or getattr(sqlite_people, who))
    for path in (
        "/notices/robots",
        "/notices/robots/new",
        f"/notices/robots/{robot.id}",
        "/notices/failures",
    ):
        assert visitor.get(path).status_code == 404, path
    for path in (f"/notices/robots/{robot.id}/test", f"/notices/robots/{robot.id}/remove"):
        assert visitor.post(path, {"version": 1}).status_code == 404, path
    assert app.test_client().get("/notices/robots").status_code == 302
