"""Bringing, opening and taking away files: who may, how many, once; and who has read them."""

from __future__ import annotations

import pytest
from sqlalchemy import event, func, select

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal
from consult.core.store import Store, Work
from consult.files import files, owners
from consult.files.files import Brought, Count, Listed, brought
from consult.files.models import FileContent, FileReading, Purpose, StoredFile
from consult.meetings import materials
from consult.meetings.lifecycle import State
from consult.members.access import Actor
from consult.members.models import AuditEntry
from consult.topics import attachments, topics
from tests.files.samples import DOCX, PDF, PNG
from tests.meetings.people import People, gather
from tests.support.cast import NINE, at

MANY = 20


@pytest.fixture
def people(store: Store) -> People:
    return gather(store)


def pdf(text: str = "") -> Brought:
    return brought("材料.pdf", PDF + text.encode(), 20)


def bring(
    people: People, meeting: int, sent: Brought | None = None, who: str = "office",
    purpose: Purpose = Purpose.MATERIAL, key: str | None = None, most: int = MANY,
) -> StoredFile:  # fmt: skip
    return people.store.write_at(
        NINE, files.add, people.actor(who), materials.KIND, meeting, purpose, sent or pdf(), most, key
    )


def shown(work: Work, actor: Actor, meeting: int) -> list[Listed]:
    return files.listed(work, actor, materials.KIND, meeting, Purpose.MATERIAL)


def topic_of(people: People) -> int:
    said = topics.matter("供水", "", "remote", [])
    return people.store.write_at(NINE, topics.create, people.office, people.cast.county, said).id


def test_materials_are_opened_by_who_is_expected_and_by_the_offices_that_see_them(people: People) -> None:
    meeting = people.cast.meeting([people.cast.wang, people.cast.outsider])
    file = bring(people, meeting)
    with people.store.read(NINE) as work:
        for role in (
            "wang",
            "outsider",
            "office",
            "reader",
            "administrator",
            "other_office",
            "province_office",
        ):
            kept, owner = files.seen_by(work, people.actor(role), file.id)
            assert files.content(work, kept) == PDF
            assert owner.key == f"meeting:{meeting}"
        for role in ("li", "both"):  # of the host's unit, but not called
            with pytest.raises(Missing):
                files.seen_by(work, people.actor(role), file.id)


def test_an_office_of_which_nobody_is_called_opens_nothing(people: People) -> None:
    file = bring(people, people.cast.meeting([people.cast.wang]))
    with people.store.read(NINE) as work, pytest.raises(Missing):
        files.seen_by(work, people.actor("other_office"), file.id)


@pytest.mark.parametrize(
    ("who", "refused"),
    [("wang", NotAllowed), ("reader", NotAllowed), ("other_office", Missing), ("outsider", Missing)],
)
def test_only_the_host_s_office_brings_and_takes_away(
    people: People, who: str, refused: type[Refusal]
) -> None:
    meeting = people.cast.meeting([people.cast.wang])
    file = bring(people, meeting)
    with pytest.raises(refused):
        bring(people, meeting, pdf("more"), who)
    with pytest.raises(refused):
        people.store.write_at(NINE, files.remove, people.actor(who), file.id)
    with people.store.read(NINE) as work, pytest.raises(refused):
        files.readers(work, people.actor(who), file.id)
    with people.store.read() as work:
        assert work.db.scalar(select(func.count()).select_from(FileContent)) == 1


def test_the_same_file_twice_is_refused_kindly_and_the_same_form_twice_is_one(people: People) -> None:
    meeting = people.cast.meeting()
    first = bring(people, meeting, key="k" * 20)
    assert bring(people, meeting, key="k" * 20).id == first.id
    with pytest.raises(Invalid, match="here already"):
        bring(people, meeting, key="other" * 5)
    with pytest.raises(Invalid, match="here already"):
        bring(people, meeting)
    elsewhere = people.cast.meeting()
    assert bring(people, elsewhere).id != first.id


def test_no_more_files_than_the_setting_says(people: People) -> None:
    meeting = people.cast.meeting()
    for number in range(3):
        bring(people, meeting, pdf(str(number)), most=3)
    with pytest.raises(Invalid, match="at most 3"):
        bring(people, meeting, pdf("one more"), most=3)


def test_what_is_removed_keeps_its_row_and_loses_its_bytes(people: People) -> None:
    meeting = people.cast.meeting()
    file = bring(people, meeting)
    for _twice in range(2):
        people.store.write_at(at(1), files.remove, people.office, file.id)
    with people.store.read(NINE) as work:
        row = work.db.get_one(StoredFile, file.id)
        assert (row.removed_at, row.removed_by) == (at(1), people.office.person_id)
        assert work.db.get(FileContent, file.id) is None
        with pytest.raises(Missing):
            files.seen_by(work, people.office, file.id)
        assert shown(work, people.office, meeting) == []
        trail = list(
            work.db.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"meeting:{meeting}"))
        )
    assert trail == ["file.added", "file.removed"]
    assert bring(people, meeting).id != file.id


def test_minutes_come_after_the_meeting(people: People) -> None:
    ahead = people.cast.meeting()
    with pytest.raises(NotNow):
        bring(people, ahead, purpose=Purpose.MINUTES)
    over = people.cast.meeting(state=State.CLOSED, opened_at=at(-120), closed_at=at(-60))
    assert bring(people, over, purpose=Purpose.MINUTES).purpose == Purpose.MINUTES
    with pytest.raises(Missing):
        bring(people, over, pdf("x"), purpose=Purpose.ATTACHMENT)


def test_a_file_is_new_until_it_is_opened_and_the_office_sees_who_has(people: People) -> None:
    meeting = people.cast.meeting([people.cast.wang, people.cast.li])
    first, second = bring(people, meeting), bring(people, meeting, brought("图.png", PNG, 20))
    wang = people.actor("wang")
    for minute in (2, 5):
        people.store.write_at(at(minute), files.opened, wang, first.id)
    people.store.write_at(at(3), files.opened, people.actor("reader"), first.id)
    key = owners.key("meeting", meeting)
    with people.store.read(NINE) as work:
        assert [one.unread for one in shown(work, wang, meeting)] == [False, True]
        assert [one.readers for one in shown(work, people.office, meeting)] == [1, 0]
        assert files.unread(work, wang.person_id, [key, "meeting:999"]) == {key: Count(2, 1)}
        assert files.unread(work, people.cast.li, [key]) == {key: Count(2, 2)}
        read = files.readers(work, people.office, first.id)
    assert [(one.name, one.at) for one in read] == [("李建国", None), ("王秀兰", at(2))]
    assert second.media_type == "image/png"


def test_a_reader_with_two_seats_stands_in_the_unit_for_which_he_is_called(people: People) -> None:
    meeting = people.meeting()
    file = bring(people, meeting.id)
    with people.store.read(NINE) as work:
        read = files.readers(work, people.office, file.id)
        units = [one.unit for one in read if one.name == "买买提·艾力"]
    assert units == ["清河县政协"]


def test_attachments_are_the_office_s_and_of_those_called_to_a_meeting_on_the_topic(people: People) -> None:
    topic = topic_of(people)
    sent = brought("调研.docx", DOCX, 20)
    file = people.store.write_at(
        NINE, files.add, people.office, attachments.KIND, topic, Purpose.ATTACHMENT, sent, MANY
    )
    wang, li = people.actor("wang"), people.actor("li")
    with people.store.read(NINE) as work:
        for stranger in (wang, people.actor("other_office")):
            with pytest.raises(Missing):
                files.seen_by(work, stranger, file.id)
        files.seen_by(work, people.actor("reader"), file.id)
    people.cast.meeting([people.cast.wang], topic_id=topic)
    with people.store.read(NINE) as work:
        files.seen_by(work, wang, file.id)
        with pytest.raises(Missing):
            files.seen_by(work, li, file.id)
    with pytest.raises(NotAllowed):
        people.store.write_at(NINE, files.remove, people.actor("reader"), file.id)


def test_a_list_of_many_files_and_readers_is_as_many_queries_as_of_few(people: People) -> None:
    meeting = people.cast.meeting()
    counts = []
    said: list[str] = []
    event.listen(people.store.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    for number in range(6):
        file = bring(people, meeting, pdf(str(number)))
        people.store.write_at(NINE, files.opened, people.actor("wang"), file.id)
        said.clear()
        with people.store.read(NINE) as work:
            shown(work, people.office, meeting)
            files.readers(work, people.office, file.id)
        counts.append(len(said))
    assert len(set(counts)) == 1


def test_a_reading_is_written_once(people: People) -> None:
    file = bring(people, people.cast.meeting())
    wang = people.actor("wang")
    sent = [people.store.submit(files.opened, wang, file.id) for _ in range(8)]
    for one in sent:
        one.result()
    with people.store.read() as work:
        rows = select(func.count()).select_from(FileReading).where(FileReading.person_id == wang.person_id)
        assert work.db.scalar(rows) == 1
