"""What is done in the background: large rosters, links for many, a year's attendance; and their pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from consult.background import links, rosters, runner
from consult.background.models import Status, Task
from consult.config import Settings, load
from consult.core.errors import Missing, NotAllowed
from consult.core.store import Store, Work
from consult.kinds import KINDS
from consult.members import imports, sign_in_links
from consult.members.access import Actor, actor_of
from consult.members.models import AuditEntry, Membership, RoleGrant, SignInLink
from consult.members.roster_sample import make_sheet
from consult.members.sheet import read_sheet
from tests.members.cast import Cast, assemble
from tests.support.visitor import Enter, app, enter, one_app

__all__ = ["app", "enter", "one_app"]

SETTINGS = load({"SECRET_KEY": "k" * 40})
LASTING = timedelta(days=14)
ROWS = 320


@pytest.fixture
def cast(store: Store) -> Cast:
    return assemble(store)


def actor(store: Store, person_id: int) -> Actor:
    with store.read() as work:
        return actor_of(work, person_id)


def run(store: Store, settings: Settings = SETTINGS) -> int:
    return runner.run(KINDS, store, settings, "test", lambda: False)


def row(store: Store, task: Task) -> Task:
    with store.read() as work:
        return work.db.get_one(Task, task.id)


def previewed(store: Store, cast: Cast) -> imports.Preview:
    sheet = read_sheet(make_sheet(ROWS, seed=1), "r.xlsx")
    organizer = actor(store, cast.organizer_a)
    kept = store.write(imports.preview, organizer, cast.a, "r.xlsx", sheet)
    with store.read() as work:
        return imports.look(work, organizer, kept.id)


def members(store: Store, unit_id: int) -> list[int]:
    with store.read() as work:
        return list(work.db.scalars(select(Membership.person_id).where(Membership.unit_id == unit_id)))


def test_a_large_roster_is_imported_whole(store: Store, cast: Cast) -> None:
    shown, organizer = previewed(store, cast), actor(store, cast.organizer_a)
    before = len(members(store, cast.a))
    import_id = shown.roster_import.id
    task = store.write(rosters.ask, organizer, import_id, shown.mark, set(), "zh_CN", "k" * 20)
    assert run(store) == 2
    found = row(store, task)
    assert (found.status, found.error, found.result) == (Status.DONE, "", {"import": import_id})
    assert len(members(store, cast.a)) == before + ROWS
    with store.read() as work:
        assert imports.found(work, organizer, import_id)[0].result["new"] == ROWS


def test_a_roster_whose_members_were_changed_meanwhile_is_not_imported_at_all(
    store: Store, cast: Cast
) -> None:
    shown, organizer = previewed(store, cast), actor(store, cast.organizer_a)
    before = len(members(store, cast.a))
    task = store.write(rosters.ask, organizer, shown.roster_import.id, "another mark", set(), "en", "k" * 20)
    run(store)
    assert row(store, task).status == Status.FAILED
    assert "Members have been changed" in row(store, task).error
    assert len(members(store, cast.a)) == before


def test_a_roster_is_imported_only_by_its_unit_s_office(store: Store, cast: Cast) -> None:
    shown = previewed(store, cast)
    for who in (cast.organizer_b, cast.reader_a, cast.member):
        with pytest.raises(Missing):
            store.write(
                rosters.ask, actor(store, who), shown.roster_import.id, shown.mark, set(), "en", f"{who}"
            )


def test_links_for_many_sign_in_those_they_were_made_for(store: Store, cast: Cast) -> None:
    shown, organizer = previewed(store, cast), actor(store, cast.organizer_a)
    store.write(imports.apply, organizer, shown.roster_import.id, shown.mark)
    people = [one for one in members(store, cast.a) if one != cast.both][:120]
    task = store.write(links.ask, organizer, cast.a, people, LASTING, "zh_CN", "k" * 20)
    assert run(store) == 3
    assert row(store, task).status == Status.DONE
    made = {}
    with store.read() as work:
        for start in (0, 100):
            made |= dict(links.sheet(work, organizer, task.id, SETTINGS.secret_key, start, 100)[2])
        for person_id, code in made.items():
            assert sign_in_links.look(work, code).person.id == person_id
        assert work.db.scalar(select(func.count()).select_from(SignInLink)) == 120
        with pytest.raises(Missing):  # another key makes other codes
            links.sheet(work, organizer, task.id, "another key", 0, 100)
        with pytest.raises(Missing):
            links.sheet(work, actor(store, cast.admin_a), task.id, SETTINGS.secret_key, 0, 100)
    assert set(made) == set(people)
    stored = str(row(store, task).__dict__)
    assert not any(code.text in stored or code.text.replace("-", "") in stored for code in made.values())


def test_links_are_made_only_for_those_in_one_s_hands(store: Store, cast: Cast) -> None:
    for who, people, refused in (
        (cast.organizer_b, [cast.member], Missing),
        (cast.reader_a, [cast.member], Missing),
        (cast.organizer_a, [cast.both], NotAllowed),
        (cast.organizer_a, [cast.outsider], NotAllowed),
    ):
        with pytest.raises(refused):
            store.write(links.ask, actor(store, who), cast.a, people, LASTING, "en", None)


def test_the_page_of_a_task_is_for_who_asked(sqlite_store: Store, enter: Enter, app: Flask) -> None:
    cast = assemble(sqlite_store)
    organizer = actor(sqlite_store, cast.organizer_a)
    task = sqlite_store.write(links.ask, organizer, cast.a, [cast.member], LASTING, "en", None)
    own, colleague, stranger = (enter(who) for who in (cast.organizer_a, cast.admin_a, cast.organizer_b))
    assert "0 of 1" in own.get(f"/tasks/{task.id}").text
    said = own.get(f"/tasks/{task.id}/progress").json
    assert said == {"ok": True, "ended": False, "done": 0, "total": 1, "words": "0 of 1"}
    for other in (colleague, stranger):
        for path in ("", "/progress", "/file", "/links"):
            assert other.get(f"/tasks/{task.id}{path}").status_code == 404
        assert other.post(f"/tasks/{task.id}/cancel").status_code == 404
        assert "Sign-in links" not in other.get("/tasks").text.partition("<main")[2]
    run(sqlite_store, app.extensions["consult.settings"])
    assert f"/tasks/{task.id}/links" in own.get(f"/tasks/{task.id}").text
    sheet = own.get(f"/tasks/{task.id}/links")
    assert len(re.findall(r"<code>[0-9A-Z]{5}-[0-9A-Z]{5}</code>", sheet.text)) == 1
    assert "Sign-in links" in own.get("/tasks").text
    assert own.post(f"/tasks/{task.id}/cancel").status_code == 409


def lose_role(work: Work, person_id: int) -> None:
    work.db.execute(delete(RoleGrant).where(RoleGrant.person_id == person_id))


def test_who_has_lost_his_role_sees_nothing_of_what_was_made_for_him(
    sqlite_store: Store, enter: Enter, app: Flask
) -> None:
    cast = assemble(sqlite_store)
    shown, organizer = previewed(sqlite_store, cast), actor(sqlite_store, cast.organizer_a)
    made = [
        sqlite_store.write(links.ask, organizer, cast.a, [cast.member], LASTING, "en", None),
        sqlite_store.write(rosters.ask, organizer, shown.roster_import.id, shown.mark, set(), "en", None),
    ]
    run(sqlite_store, app.extensions["consult.settings"])
    own = enter(cast.organizer_a)
    assert all(own.get(f"/tasks/{task.id}").status_code == 200 for task in made)
    sqlite_store.write(lose_role, cast.organizer_a)
    for task in made:
        for path in ("", "/progress", "/file", "/links"):
            assert own.get(f"/tasks/{task.id}{path}").status_code == 404
    assert "Sign-in links" not in own.get("/tasks").text.partition("<main")[2]


def test_the_sheet_of_links_leaves_out_whose_account_is_another_s_by_now_and_each_look_is_written_down(
    sqlite_store: Store, enter: Enter, app: Flask
) -> None:
    cast = assemble(sqlite_store)
    shown, organizer = previewed(sqlite_store, cast), actor(sqlite_store, cast.organizer_a)
    sqlite_store.write(imports.apply, organizer, shown.roster_import.id, shown.mark)
    people = [one for one in members(sqlite_store, cast.a) if one != cast.both][:3]
    task = sqlite_store.write(links.ask, organizer, cast.a, people, LASTING, "en", None)
    run(sqlite_store, app.extensions["consult.settings"])
    own = enter(cast.organizer_a)
    assert own.get(f"/tasks/{task.id}/links").text.count('class="slip"') == 3
    sqlite_store.write(take_seat, people[1], cast.city)
    page = own.get(f"/tasks/{task.id}/links").text
    assert page.count('class="slip"') == 2
    assert "1 card is left out" in page
    with sqlite_store.read() as work:
        looks = work.db.scalars(select(AuditEntry).where(AuditEntry.action == "links.shown")).all()
        assert [(one.by_id, one.subject, one.details["cards"]) for one in looks] == [
            (cast.organizer_a, f"task:{task.id}", 3),
            (cast.organizer_a, f"task:{task.id}", 2),
        ]


def take_seat(work: Work, person_id: int, unit_id: int) -> None:
    day = work.now.date()
    work.db.add(Membership(unit_id=unit_id, person_id=person_id, number="S1", committees=[], from_day=day))


def test_what_is_asked_of_many_goes_on_to_its_progress(sqlite_store: Store, enter: Enter) -> None:
    cast = assemble(sqlite_store)
    shown, organizer = previewed(sqlite_store, cast), enter(cast.organizer_a)
    preview = organizer.get(f"/imports/{shown.roster_import.id}").text
    assert f"/imports/{shown.roster_import.id}/apply-in-background" in preview
    sent = organizer.post(f"/imports/{shown.roster_import.id}/apply-in-background", {"mark": shown.mark})
    assert sent.status_code == 302
    assert "Importing a roster" in organizer.get(sent.location).text
    run(sqlite_store)
    assert f"/imports/{shown.roster_import.id}" in organizer.get(sent.location).text
    people = [one for one in members(sqlite_store, cast.a) if one != cast.both]
    first = organizer.post(f"/units/{cast.a}/links", {"person": people})
    assert first.status_code == 307
    asked = organizer.post(first.location, {"person": people})
    assert "Sign-in links" in organizer.get(asked.location).text
