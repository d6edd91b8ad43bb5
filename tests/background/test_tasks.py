"""Background work as rows: who asks and sees it, leases, steps that happen once, ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from consult.background import tasks
from consult.background.models import Status, Task, TaskFile
from consult.background.tasks import LEASE, MOST_TRIES, MOST_WAITING, File, Lost
from consult.core.errors import Missing, NotNow, SignInRequired, Stale
from consult.core.store import Store, Work
from consult.members.access import CONSOLE, Actor
from consult.members.models import AuditEntry
from tests.support.cast import NINE, Cast, at, cast


@pytest.fixture
def people(store: Store) -> Cast:
    return cast(store)


def ask(people: Cast, key: str | None = None, who: int | None = None, given: File | None = None) -> Task:
    actor = people.actor(who or people.office)
    return people.store.write_at(
        NINE, tasks.start, actor, "count", {"to": 3}, total=3, form_key=key, given=given
    )


def one_more(work: Work, task: Task) -> None:
    """A step with an effect that can be counted."""
    work.db.add(AuditEntry(at=work.now, action="counted", subject=str(task.id), details={}))
    task.done += 1
    if task.done == task.total:
        tasks.finish(work, task, {"counted": task.done}, File("数.txt", "text/plain", b"3"))


def output(work: Work, actor: Actor, task_id: int) -> File:
    return tasks.file_of(work, tasks.seen_by(work, actor, task_id), "output")


def effects(people: Cast) -> int:
    with people.store.read() as work:
        counted = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "counted")
        return work.db.scalar(counted) or 0


def row(people: Cast, task: Task) -> Task:
    with people.store.read() as work:
        return work.db.get_one(Task, task.id)


def test_a_task_goes_step_by_step_to_its_end(people: Cast) -> None:
    task = ask(people, given=File("名册.xlsx", "x", b"rows"))
    for minute in range(3):
        held = people.store.write_at(at(minute), tasks.claim, "one")
        assert held is not None
        assert held.id == task.id
        people.store.write_at(at(minute), tasks.keep, task.id, "one", one_more)
    found = row(people, task)
    assert (found.status, found.done, found.result, found.finished_at) == (
        Status.DONE,
        3,
        {"counted": 3},
        at(2),
    )
    assert effects(people) == 3
    assert people.store.write_at(at(3), tasks.claim, "one") is None
    with people.store.read() as work:
        assert output(work, people.actor(people.office), task.id).data == b"3"
        assert work.db.get(TaskFile, (task.id, "input")) is None


def test_only_who_asked_sees_it(people: Cast) -> None:
    task = ask(people)
    for person in (people.wang, people.outsider):
        stranger = people.actor(person)
        with people.store.read() as work:
            for verb in (tasks.seen_by, output):
                with pytest.raises(Missing):
                    verb(work, stranger, task.id)
            assert tasks.recent(work, stranger) == []
        with pytest.raises(Missing):
            people.store.write(tasks.cancel, stranger, task.id)
    with people.store.read() as work:
        office = people.actor(people.office)
        assert tasks.seen_by(work, office, task.id).id == task.id
        assert [one.id for one in tasks.recent(work, office)] == [task.id]
        with pytest.raises(Missing):  # nothing made yet
            output(work, office, task.id)


def test_nobody_holds_what_another_holds_until_its_lease_ends(people: Cast) -> None:
    task = ask(people)
    assert people.store.write_at(NINE, tasks.claim, "one") is not None
    almost = NINE + LEASE - timedelta(seconds=1)
    assert people.store.write_at(almost, tasks.claim, "two") is None
    taken = people.store.write_at(NINE + LEASE, tasks.claim, "two")
    assert taken is not None
    assert taken.tries == 2
    with pytest.raises(Lost):  # the first wakes up and is too late
        people.store.write_at(NINE + LEASE, tasks.keep, task.id, "one", one_more)
    assert effects(people) == 0
    people.store.write_at(NINE + LEASE, tasks.keep, task.id, "two", one_more)
    assert (effects(people), row(people, task).done) == (1, 1)


def test_a_refused_step_leaves_nothing_and_the_task_is_still_held(people: Cast) -> None:
    task = ask(people)
    people.store.write_at(NINE, tasks.claim, "one")

    def refused(work: Work, task: Task) -> None:
        one_more(work, task)
        raise NotNow

    with pytest.raises(NotNow):
        people.store.write_at(NINE, tasks.keep, task.id, "one", refused)
    assert (effects(people), row(people, task).done, row(people, task).held_by) == (0, 0, "one")


def test_the_same_form_twice_asks_once(people: Cast) -> None:
    first = ask(people, "k" * 20)
    assert ask(people, "k" * 20).id == first.id
    with pytest.raises(Stale):
        ask(people, "k" * 20, people.wang)


def test_nobody_heaps_up_work_without_end(people: Cast) -> None:
    for _number in range(MOST_WAITING):
        ask(people)
    with pytest.raises(NotNow):
        ask(people)
    ask(people, who=people.wang)
    with pytest.raises(SignInRequired):
        people.store.write(tasks.start, CONSOLE, "count", {})


def test_what_is_cancelled_takes_no_further_step(people: Cast) -> None:
    task, office = ask(people), people.actor(people.office)
    people.store.write_at(NINE, tasks.claim, "one")
    people.store.write_at(NINE, tasks.keep, task.id, "one", one_more)
    people.store.write_at(NINE, tasks.claim, "one")
    for _twice in range(2):
        people.store.write_at(at(1), tasks.cancel, office, task.id)
    with pytest.raises(Lost):
        people.store.write_at(at(1), tasks.keep, task.id, "one", one_more)
    with pytest.raises(Lost):
        people.store.write_at(at(1), tasks.report, task.id, "one", 2, 3)
    assert people.store.write_at(at(10), tasks.claim, "one") is None
    assert (row(people, task).status, effects(people)) == (Status.CANCELLED, 1)
    ended = ask(people)
    people.store.write_at(at(1), tasks.claim, "one")
    people.store.write_at(at(1), tasks.fail, ended.id, "one", "不行")
    with pytest.raises(NotNow):
        people.store.write_at(at(2), tasks.cancel, office, ended.id)


def test_what_can_t_be_done_now_is_tried_later_and_later_and_at_last_has_failed(people: Cast) -> None:
    task, now, waits = ask(people), NINE, []
    for _try in range(MOST_TRIES):
        assert people.store.write_at(now, tasks.claim, "one") is not None
        people.store.write_at(now, tasks.put_off, task.id, "one", "数据库忙")
        found = row(people, task)
        waits.append((found.due_at - now).total_seconds())
        assert people.store.write_at(now, tasks.claim, "two") is None
        now = found.due_at
    assert waits[:4] == [2, 4, 8, 16]
    assert max(waits) <= 300
    assert (row(people, task).status, row(people, task).error) == (Status.FAILED, "数据库忙")


def test_tasks_take_turns(people: Cast) -> None:
    first, second = ask(people), ask(people)
    order = []
    for second_of_nine in range(1, 5):
        now = NINE + timedelta(seconds=second_of_nine)
        held = people.store.write_at(now, tasks.claim, "one")
        assert held is not None
        order.append(held.id)
        people.store.write_at(now, tasks.keep, held.id, "one", one_more)
    assert order == [first.id, second.id, first.id, second.id]


def test_what_ended_long_ago_is_forgotten_with_its_files(people: Cast) -> None:
    task, waiting = ask(people), ask(people)
    people.store.write_at(NINE, tasks.claim, "one")

    def whole(work: Work, task: Task) -> None:
        tasks.finish(work, task, made=File("a.txt", "text/plain", b"a"))

    people.store.write_at(NINE, tasks.keep, task.id, "one", whole)
    assert people.store.write_at(NINE + tasks.KEPT - timedelta(seconds=1), tasks.forget) == 0
    assert people.store.write_at(NINE + tasks.KEPT, tasks.forget) == 1
    with people.store.read() as work:
        assert list(work.db.scalars(select(Task.id))) == [waiting.id]
        assert work.db.scalar(select(func.count()).select_from(TaskFile)) == 0
