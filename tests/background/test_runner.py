"""The runner: steps prepared outside the writer, kept once, by one of several; failures told in words."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from flask_babel import gettext as _
from sqlalchemy import func, select, update

from consult.background import runner, tasks
from consult.background.models import Status, Task
from consult.background.runner import Kind, Running
from consult.background.tasks import Commit, File
from consult.config import load
from consult.core.errors import Busy, Invalid
from consult.core.store import Store, Work
from consult.members.models import AuditEntry
from tests.support.cast import Cast, cast

SETTINGS = load({})
Step = Callable[[Running], Commit]


@pytest.fixture
def people(store: Store) -> Cast:
    return cast(store)


def counting(running: Running) -> Commit:
    """Each step notes its own number."""
    number = running.task.done + 1

    def commit(work: Work, task: Task) -> None:
        subject = f"{task.id}:{number}"
        work.db.add(AuditEntry(at=work.now, action="counted", subject=subject, details={}))
        task.done = number
        if number == task.total:
            tasks.finish(work, task)

    return commit


def ask(people: Cast, total: int = 5, language: str = "zh_CN") -> Task:
    office = people.actor(people.office)
    return people.store.write(tasks.start, office, "it", {}, total=total, language=language)


def run(people: Cast, step: Step, process: str = "one", stopping: Callable[[], bool] = lambda: False) -> int:
    return runner.run({"it": Kind("it", step, lambda *_: None)}, people.store, SETTINGS, process, stopping)


def row(people: Cast, task: Task) -> Task:
    with people.store.read() as work:
        return work.db.get_one(Task, task.id)


def counted(people: Cast) -> Counter[str]:
    with people.store.read() as work:
        return Counter(work.db.scalars(select(AuditEntry.subject).where(AuditEntry.action == "counted")))


def test_all_that_waits_is_done(people: Cast) -> None:
    asked = [ask(people), ask(people)]
    assert run(people, counting) == 10
    assert counted(people) == {f"{task.id}:{number}": 1 for task in asked for number in range(1, 6)}
    assert {row(people, task).status for task in asked} == {Status.DONE}
    assert run(people, counting) == 0


def test_two_runners_together_do_each_step_once(people: Cast) -> None:
    asked = [ask(people, 25) for _number in range(4)]
    until = threading.Event()

    def work_on(process: str) -> None:
        while not until.is_set():
            try:
                run(people, counting, process)
            except Busy:
                continue
            if all(row(people, task).status == Status.DONE for task in asked):
                until.set()

    both = [threading.Thread(target=work_on, args=(name,), daemon=True) for name in ("one", "two")]
    for thread in both:
        thread.start()
    assert until.wait(60)
    for thread in both:
        thread.join()
    assert counted(people) == {f"{task.id}:{number}": 1 for task in asked for number in range(1, 26)}


def test_what_is_refused_has_failed_with_its_sentence_in_the_reader_s_language(people: Cast) -> None:
    def refused(_running: Running) -> Commit:
        raise Invalid(_("Please choose a file."))

    chinese, english = ask(people, language="zh_CN"), ask(people, language="en")
    run(people, refused)
    assert row(people, english).error == "Please choose a file."
    assert row(people, chinese).error == "请选择文件。"
    assert row(people, chinese).status == Status.FAILED


def test_a_stumble_is_told_without_what_it_was(people: Cast, caplog: pytest.LogCaptureFixture) -> None:
    def stumbling(_running: Running) -> Commit:
        raise ZeroDivisionError("secret")

    task = ask(people, language="en")
    run(people, stumbling)
    assert row(people, task).status == Status.FAILED
    assert "secret" not in row(people, task).error
    assert "ZeroDivisionError" in caplog.text


def test_a_step_that_only_kills_whoever_makes_it_has_failed_at_last(people: Cast) -> None:
    task = ask(people)
    people.store.write(lambda work: work.db.execute(update(Task).values(tries=tasks.MOST_TRIES)))
    run(people, counting)
    assert row(people, task).status == Status.FAILED


def test_a_busy_database_is_tried_again_later(people: Cast) -> None:
    def busy(_running: Running) -> Commit:
        raise Busy

    task = ask(people)
    assert run(people, busy) == 1
    found = row(people, task)
    assert (found.status, found.tries, found.held_by) == (Status.WAITING, 1, None)
    assert found.due_at > found.made_at


def test_a_long_step_that_is_told_to_end_is_another_s_to_make(people: Cast) -> None:
    ending = threading.Event()

    def long(running: Running) -> Commit:
        ending.set()
        running.report(1, 5)
        raise AssertionError("it went on")

    task = ask(people)
    run(people, long, stopping=ending.is_set)
    found = row(people, task)
    assert (found.status, found.held_by, found.tries) == (Status.WAITING, None, 0)
    assert run(people, counting, "two") == 5


def test_a_step_cancelled_while_it_is_prepared_leaves_nothing(people: Cast) -> None:
    office = people.actor(people.office)

    def cancelled(running: Running) -> Commit:
        people.store.write(tasks.cancel, office, running.task.id)
        return lambda work, task: tasks.finish(work, task, made=File("a", "text/plain", b"a"))

    task = ask(people)
    assert run(people, cancelled) == 1
    with people.store.read() as work:
        assert work.db.get_one(Task, task.id).status == Status.CANCELLED
        assert not tasks.has_output(work, task)
        assert work.db.scalar(select(func.count()).select_from(Task)) == 1
