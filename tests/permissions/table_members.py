"""Who may what with units, people and accounts, background work and files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from consult.background import links, rosters, tasks
from consult.core.errors import NotAllowed
from consult.core.export import Sheet
from consult.files import files, owners
from consult.files.models import Purpose
from consult.members import (
    access,
    accounts,
    audit,
    charges,
    directory,
    edits,
    imports,
    roles,
    seats,
    sign_in_links,
    units,
)
from consult.members.access import ORGANIZING
from consult.members.models import Level, Membership, Person, Role
from consult.members.sheet import read_sheet
from consult.members.sign_in_links import Code
from consult.retention import own_data
from tests.files.samples import PNG
from tests.members.sheets import HEADINGS, LI, text_table
from tests.permissions.lines import EVERYBODY, NOTHING, ORGANIZERS, READERS, let, line, piece, some
from tests.permissions.scene import SECRET, Scene

KEEPING = let(ORGANIZERS, known="reader")
ADMINISTERING = let("administrator", known="office colleague above reader")


def seen(s: Scene) -> str:
    """The mark of the member's values as an editor has just read them."""
    return seats.version_of(seats.values_of(s.row(Person, "member"), s.row(Membership, "seat")))


def says_of_member(found: Iterable[Sheet], _scene: Scene) -> bool:
    """Whether anything in these sheets is the member's own."""
    cells = [str(cell) for sheet in found for row in sheet.rows for cell in row]
    return "member@example.org" in cells or "水费太高" in cells


# Units, roles, accounts

line(access.unit_for, lambda s: (s.city, *ORGANIZING), let(ORGANIZERS))
line(access.units_under, lambda _s: ORGANIZING, let(ORGANIZERS, others=NOTHING),
     finds=lambda found, s: s.city in [unit.id for unit in found])  # fmt: skip
line(access.governed, lambda s: ([s.member],), let(ORGANIZERS, others=NOTHING), finds=some)
line(accounts.in_hand, lambda s: (s.member,), KEEPING)
line(accounts.disable, lambda s: (s.member,), {**KEEPING, "member": NotAllowed})
line(accounts.enable, lambda s: (s.member,), KEEPING)
line(roles.create_staff, lambda s: (s.city, "new.account", "新人", Role.READER), ADMINISTERING)
line(roles.grant, lambda s: (s.city, s.fellow, Role.READER), ADMINISTERING)
line(roles.revoke, lambda s: (s.reader_grant,), ADMINISTERING)
line(sign_in_links.make, lambda s: ([s.member], [Code("ABCDE-FGHJK", "k")], timedelta(days=1)),
     let(ORGANIZERS, others=NotAllowed))  # the same for a person that is not there  # fmt: skip
line(units.tree, lambda _s: (), let(READERS, others=NOTHING),
     finds=lambda found, s: s.city in [branch.unit.id for branch in found])  # fmt: skip
line(units.administered, lambda s: (s.city,), ADMINISTERING)
line(units.add, lambda s: (s.city, "新县政协", Level.COUNTY), ADMINISTERING)
line(units.rename, lambda s: (s.city, "新名"), ADMINISTERING)
piece(audit.note, "writes down what a verb has done")
piece(edits.note, "writes down what a verb has done")

# Members

line(charges.give, lambda s: (s.city, "sector", "农业界", "member"), KEEPING)
line(charges.take, lambda s: (s.charge,), KEEPING)
line(directory.members_of, lambda s: (s.city,), let(READERS))
line(directory.member, lambda s: (s.seat,), let(READERS))
line(directory.member, lambda s: (s.seat,), let(ORGANIZERS, reader=NOTHING),
     finds=lambda found, _s: found[0].private)  # telephone and address  # fmt: skip
line(imports.preview, lambda s: (s.city, "名单.csv", read_sheet(text_table(HEADINGS, LI), "名单.csv")),
     let(ORGANIZERS))  # fmt: skip
line(imports.found, lambda s: (s.ids["import"],), let(ORGANIZERS))
line(imports.look, lambda s: (s.ids["import"],), let(ORGANIZERS))
line(imports.apply, lambda s: (s.ids["import"], s.texts["mark"]), let(ORGANIZERS))
line(seats.seat_for, lambda s: (s.seat,), KEEPING)
line(seats.edit, lambda s: (s.seat, seen(s), {"post": "教师"}), KEEPING)
line(seats.end_term, lambda s: (s.seat, date(2026, 12, 31)), KEEPING)

# Background work: his who asked for it

line(links.ask, lambda s: (s.city, [s.fellow], timedelta(days=1), "zh_CN", None), let(ORGANIZERS))
line(links.sheet, lambda s: (s.task, SECRET, 0, 100), let("office"))
line(links.note_shown, lambda s: (s.task, 0, 1), let("office"))
line(rosters.ask, lambda s: (s.ids["import"], s.texts["mark"], set[int](), "zh_CN", "roster-key-00000001"),
     let(ORGANIZERS))  # fmt: skip
line(tasks.seen_by, lambda s: (s.task,), let("office"))
line(tasks.recent, lambda _s: (), let("office", others=NOTHING), finds=some)
line(tasks.cancel, lambda s: (s.task,), let("office"))
piece(tasks.start, "the verb of each kind of task has asked before, and its steps ask again")

# One's own data: everybody's his own

line(own_data.ask, lambda _s: (), let(EVERYBODY))
line(own_data.sheets, lambda _s: (), let("member", others=NOTHING), finds=says_of_member)

# Files: of a topic that only the office has so far, and of a meeting that the member is called to

CALLED = let(f"{READERS} member")
line(files.add, lambda s: ("topic", s.topic, Purpose.ATTACHMENT, files.brought("图.png", PNG, 1), 9), KEEPING)
line(files.add, lambda s: ("meeting", s.meeting, Purpose.MATERIAL, files.brought("图.png", PNG, 1), 9),
     let(ORGANIZERS, known="reader member fellow"))  # fmt: skip
line(files.remove, lambda s: (s.material,), let(ORGANIZERS, known="reader member"))
line(files.remove, lambda s: (s.attachment,), KEEPING)
line(files.managed, lambda s: (s.material,), let(ORGANIZERS, known="reader member"))
line(files.seen_by, lambda s: (s.material,), CALLED)
line(files.seen_by, lambda s: (s.attachment,), let(READERS))
line(files.opened, lambda s: (s.material,), CALLED)
line(files.has_opened, lambda s: (s.material,), let("office", others=NOTHING), finds=some)
line(files.listed, lambda s: ("meeting", s.meeting, Purpose.MATERIAL), CALLED)
line(files.readers, lambda s: (s.material,), let(ORGANIZERS, known="reader member"))
line(owners.seen_by, lambda s: ("meeting", s.meeting, Purpose.MATERIAL), CALLED)
line(owners.seen_by, lambda s: ("nonsense", s.meeting, Purpose.MATERIAL), let(""))
line(owners.managed_by, lambda s: ("meeting", s.meeting, Purpose.MATERIAL),
     let(ORGANIZERS, known="reader member fellow"))  # fmt: skip
