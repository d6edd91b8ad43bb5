"""Whatever happened, all figures agree: with each other, with their rows, and with a recount by hand."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult.attendance import settle
from consult.attendance.models import Presence
from consult.core.store import Work, open_store
from consult.meetings.lifecycle import State
from consult.meetings.models import Meeting
from consult.members.models import Membership
from consult.reports import facts, queries
from consult.reports.dimensions import Dimension
from consult.reports.facts import Table
from consult.reports.scope import Scope
from tests.reports.settled import LATER, YEAR, ZONE, held_meeting, staff
from tests.support.cast import NINE, Cast, at, cast

COMMITTEES = ("提案委", "经济委", "文史委")
PARTIES = ("中共党员", "民盟盟员", "")
SPANS = ((0, 60), (12, 60), (0, 40), (0, 30), (0, 5))


@dataclass(frozen=True)
class Was:
    """What happened at one meeting: to whom it belonged, who was called, had leave, came; and what then."""

    host: int
    day: int
    form: str
    called: frozenset[int]
    excused: int | None
    came: dict[int, tuple[int, int]]
    then: str


people_of = st.integers(0, 3)
meetings = st.builds(
    Was,
    host=st.integers(0, 2),
    day=st.integers(0, 250),
    form=st.sampled_from(("remote", "sector")),
    called=st.frozensets(people_of),
    excused=st.none() | people_of,
    came=st.dictionaries(people_of, st.sampled_from(SPANS)),
    then=st.sampled_from(("stands", "stands", "counted again", "somebody more", "called off", "put off")),
)
histories = st.lists(meetings, max_size=5, unique_by=lambda was: was.day)
seats = st.lists(
    st.tuples(st.lists(st.sampled_from(COMMITTEES), max_size=3, unique=True), st.sampled_from(PARTIES)),
    min_size=4,
    max_size=4,
)


@given(history=histories, seated=seats)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_figures_agree(
    sqlite_template: Path, tmp_path: Path, history: list[Was], seated: list[tuple[list[str], str]]
) -> None:
    file = tmp_path / "history.sqlite"
    for old in tmp_path.glob("history.sqlite*"):
        old.unlink()
    shutil.copyfile(sqlite_template, file)
    store = open_store(f"sqlite:///{file}")
    try:
        people = cast(store)
        store.write(_seat, people, seated)
        meetings = {_happen(people, was): was for was in history}
        for unit in (people.county, people.province):
            _agree(people, unit, _recount(people, meetings, seated, unit))
    finally:
        store.close()


@dataclass(frozen=True)
class One:
    """A person at a meeting, as it is counted by hand."""

    meeting: int
    person: int
    outcome: str
    keys: dict[Dimension, tuple[str, ...]]


def _everybody(people: Cast) -> tuple[int, ...]:
    return (people.wang, people.li, people.zhao, people.outsider)


def _seat(work: Work, people: Cast, seated: list[tuple[list[str], str]]) -> None:
    for person, (committees, party) in zip(_everybody(people), seated, strict=True):
        seat = work.db.get_one(Membership, people.seats[person])
        seat.committees, seat.party = committees, party


def _happen(people: Cast, was: Was) -> int:
    everybody = _everybody(people)
    meeting_id = held_meeting(
        people,
        {everybody[one]: span for one, span in was.came.items()},
        host=_hosts(people)[was.host],
        expected=[everybody[one] for one in sorted(was.called)],
        days=was.day,
        excused=everybody[was.excused] if was.excused in was.called and was.excused is not None else None,
        form=was.form,
    )
    people.store.write_at(at(200) + timedelta(days=was.day), _then, people, meeting_id, was)
    return meeting_id


def _then(work: Work, people: Cast, meeting_id: int, was: Was) -> None:
    meeting = work.db.get_one(Meeting, meeting_id)
    if was.then == "called off":
        meeting.state = State.CANCELLED
    elif was.then == "put off":
        meeting.state = State.POSTPONED
    elif was.then != "stands":
        if was.then == "somebody more":
            start = NINE + timedelta(days=was.day)
            end = start + timedelta(hours=1)
            work.db.add(
                Presence(
                    meeting_id=meeting_id, person_id=people.wang, membership_id=people.seats[people.wang],
                    channel="staff", joined_at=start, seen_at=end, left_at=end, ended="left", process="gone",
                )
            )  # fmt: skip
            work.db.flush()
        settle.settle(work, meeting, reason=was.then)


def _hosts(people: Cast) -> tuple[int, int, int]:
    return people.province, people.county, people.other_county


def _recount(
    people: Cast, meetings: dict[int, Was], seated: list[tuple[list[str], str]], unit: int
) -> list[One]:
    """What counts for the unit, worked out by hand from what happened."""
    everybody = _everybody(people)
    home = dict.fromkeys(everybody[:3], people.county) | {people.outsider: people.other_county}
    ours = [one for one in everybody if unit in (people.province, home[one])]
    found = []
    for meeting_id, was in meetings.items():
        host = _hosts(people)[was.host]
        called = {everybody[one] for one in was.called}
        seen = unit == people.province or host == unit or any(one in ours for one in called)
        if was.then in ("called off", "put off") or not seen:
            continue
        for person in ours:
            came = was.came.get(everybody.index(person))
            if was.then == "somebody more" and person == people.wang:
                came = (0, 60)
            excused = was.excused is not None and everybody[was.excused] == person
            outcome = _outcome(person in called, excused, came)
            if person not in called and (came is None or host not in (people.province, home[person])):
                continue
            committees, party = seated[everybody.index(person)]
            month = NINE + timedelta(days=was.day)
            keys = {
                Dimension.MEETING: (str(meeting_id),),
                Dimension.MEMBER: (str(person),),
                Dimension.UNIT: (str(home[person]),),
                Dimension.SECTOR: (SECTORS[everybody.index(person)],),
                Dimension.COMMITTEE: tuple(committees) or ("",),
                Dimension.STANDING: ({"中共党员": "party", "民盟盟员": "non_party", "": "unknown"}[party],),
                Dimension.FORM: (was.form,),
                Dimension.HOST: (str(host),),
                Dimension.MONTH: (f"{month:%Y-%m}",),
                Dimension.YEAR: ("2026",),
            }
            found.append(One(meeting_id, person, outcome, keys))
    return found


def _outcome(called: bool, excused: bool, came: tuple[int, int] | None) -> str:
    """The rule, said once more: forty of sixty minutes make present, late is from the eleventh minute on,
    early before the forty-fifth."""
    present = came is not None and came[1] - came[0] >= 40
    if not called:
        return "walk_in" if present else "looked_in"
    if present and came is not None:
        late, early = came[0] > 10, came[1] < 45
        return {(0, 0): "on_time", (1, 0): "late", (0, 1): "left_early", (1, 1): "late_and_left"}[late, early]
    if excused:
        return "excused"
    return "partial" if came is not None else "absent"


def _agree(people: Cast, unit: int, counted: list[One]) -> None:
    reader = staff(people, unit)
    scope = Scope(unit, *YEAR, ZONE)
    with people.store.read(LATER) as work:
        for by in ((), (Dimension.COMMITTEE,), *CROSSES):
            table = facts.count(work, reader, scope, by)
            for keys in _cells(counted, by):
                inside = [one for one in counted if _stands(one, by, keys)]
                _same(table, keys, inside)
                cell = scope.within(*((d, k) for d, k in zip(by, keys, strict=True) if k is not None))
                rows = list(facts.rows(work, reader, cell).rows)
                assert sorted((row.meeting_id, row.person_id, row.outcome) for row in rows) == sorted(
                    (one.meeting, one.person, one.outcome) for one in inside
                )
        for held in queries.held(work, reader, *YEAR, ZONE):
            report = queries.report(work, reader, held.meeting.id)
            assert report is not None
            assert report.tally == held.tally
        attended = {one.meeting for one in counted if one.outcome in CAME}
        met = facts.meetings(work, reader, scope)
        assert {one.meeting_id for one in met if one.attending} == attended


def _same(table: Table, keys: tuple[str | None, ...], inside: list[One]) -> None:
    figures = table.at(*keys)
    for figure, outcomes in BY_HAND.items():
        assert getattr(figures.tally, figure) == sum(one.outcome in outcomes for one in inside), (
            keys,
            figure,
        )
    assert figures.times == len({(one.meeting, one.person) for one in inside if one.outcome in CAME})
    assert figures.people == len({one.person for one in inside if one.outcome in CAME})


def _stands(one: One, by: tuple[Dimension, ...], keys: tuple[str | None, ...]) -> bool:
    return all(key is None or key in one.keys[dimension] for dimension, key in zip(by, keys, strict=True))


def _cells(counted: list[One], by: tuple[Dimension, ...]) -> set[tuple[str | None, ...]]:
    """The cells of a table and its margins, and one where nobody stands."""
    found: set[tuple[str | None, ...]] = {(None,) * len(by)}
    for one in counted:
        found |= set(product(*((None, *one.keys[dimension]) for dimension in by)))
    return found


SECTORS = ("医药卫生界", "农业界", "农业界", "教育界")
PRESENT = {"on_time", "late", "left_early", "late_and_left"}
CAME = PRESENT | {"walk_in"}
BY_HAND = {
    "expected": PRESENT | {"partial", "absent", "excused"},
    "present": PRESENT,
    "excused": {"excused"},
    "absent": {"absent", "partial"},
    "late": {"late", "late_and_left"},
    "left_early": {"left_early", "late_and_left"},
    "walk_ins": {"walk_in"},
    "attending": CAME,
}
CROSSES = (
    (Dimension.SECTOR, Dimension.MONTH),
    (Dimension.COMMITTEE, Dimension.STANDING),
    (Dimension.UNIT, Dimension.FORM),
    (Dimension.MEMBER, Dimension.HOST),
    (Dimension.MEETING, Dimension.YEAR),
)
