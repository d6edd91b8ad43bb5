"""The pages of units, people and accounts over HTTP: journeys, who sees what, all kinds of bad input."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from consult.app import create_app
from consult.config import load
from consult.core.store import Store, Work, open_store
from consult.members import passwords, sign_in_links, sign_ins
from consult.members.access import CONSOLE
from consult.members.models import AuditEntry, Membership, Person, RoleGrant, SignIn, SignInLink, Unit
from consult.members.roster_sample import make_sheet
from tests.members.cast import LASTING, Cast, assemble

PASSWORD = "lanzhou-cha-88"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile MicroMessenger/8.0"


Enter = Callable[[int], "Visitor"]


class Visitor:
    """A browser: keeps its cookies, and sends each form with the token of the page it read before."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: object) -> TestResponse:
        return self.client.get(path, **more)  # type: ignore[arg-type]

    def post(self, path: str, data: dict[str, object] | None = None, **more: object) -> TestResponse:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/s").text)
        assert token is not None
        sent = {"csrf_token": token[1], **(data or {})}
        return self.client.post(path, data=sent, **more)  # type: ignore[arg-type]


@pytest.fixture
def people(sqlite_store: Store) -> Cast:
    """The cast, on SQLite alone."""
    return assemble(sqlite_store)


@pytest.fixture(scope="module")
def one_app(sqlite_template: Path) -> Flask:
    """The application, made once; `app` gives it each test's own database."""
    return create_app(
        load({"DEFAULT_LANGUAGE": "en", "SECRET_KEY": "k" * 40}), open_store(f"sqlite:///{sqlite_template}")
    )


@pytest.fixture
def app(one_app: Flask, sqlite_store: Store) -> Flask:
    """The application on the test's database."""
    one_app.extensions["consult.store"] = sqlite_store
    return one_app


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def enter(app: Flask, sqlite_store: Store) -> Enter:
    """`enter(person_id)`: a browser in which that person is signed in."""

    def enter(person_id: int) -> Visitor:
        visitor = Visitor(app.test_client())
        code = sign_in_links.mint()
        sqlite_store.write(sign_in_links.make, CONSOLE, [person_id], [code], LASTING)
        assert visitor.post(f"/s/{code.text}", {"press": "x"}).status_code == 302
        return visitor

    return enter


def link_of(store: Store, person_id: int) -> str:
    code = sign_in_links.mint()
    store.write(sign_in_links.make, CONSOLE, [person_id], [code], LASTING)
    return f"/s/{code.text}"


def count(store: Store, of: type) -> int:
    with store.read() as work:
        return work.db.scalar(select(func.count()).select_from(of)) or 0


def give_password(store: Store, person_id: int) -> None:
    def give(work: Work) -> None:
        work.db.get_one(Person, person_id).password_hash = passwords.hashed(PASSWORD)

    store.write(give)


# Signing in


def test_a_link_is_looked_at_pressed_and_leads_to_a_password(
    sqlite_store: Store, people: Cast, visitor: Visitor
) -> None:
    link = link_of(sqlite_store, people.member)
    for _ in range(2):
        page = visitor.get(link)
        assert page.status_code == 200
        assert "赵秀英" in page.text
        assert "13800000001" not in page.text  # only its end
        assert "0001" in page.text
    assert count(sqlite_store, SignIn) == 0
    press = re.search(r'name="press"[^>]*value="([^"]+)"', page.text)
    assert press is not None
    pressed = visitor.post(link, {"press": press[1]}, headers={"User-Agent": PHONE})
    assert pressed.location.startswith("/account/password")
    set_password = visitor.post(pressed.location, {"password": PASSWORD, "again": PASSWORD})
    assert set_password.status_code == 302
    assert visitor.get("/account").status_code == 200
    with sqlite_store.read() as work:
        row = work.db.scalars(select(SignIn)).one()
        person = work.db.get_one(Person, people.member)
    assert (row.person_id, row.device, row.by_link) == (people.member, "wechat", False)
    assert passwords.matches(person.password_hash, PASSWORD)
    assert visitor.get(link).status_code == 410


def test_a_double_press_signs_in_once(sqlite_store: Store, people: Cast, visitor: Visitor) -> None:
    link = link_of(sqlite_store, people.member)
    first = visitor.post(link, {"press": "same"})
    second = visitor.post(link, {"press": "same"})
    assert first.status_code == second.status_code == 302
    assert count(sqlite_store, SignIn) == 1
    assert visitor.get("/account").status_code == 200


def test_a_typed_code_leads_to_its_link(sqlite_store: Store, people: Cast, visitor: Visitor) -> None:
    link = link_of(sqlite_store, people.member)
    typed = link.removeprefix("/s/").lower().replace("-", " ")
    assert visitor.get("/s", query_string={"code": typed}).location == link
    assert visitor.get("/s?code=ABCDE-FGHJK").status_code == 404
    assert visitor.get("/s?code=").status_code == 404


@pytest.mark.parametrize("code", ["ABCDE-FGHJK", "x", "%00", "%ED%A0%80", "a" * 5000, "{{7*7}}", "' OR 1=1"])
def test_a_bad_link_says_so_and_does_nothing(
    sqlite_store: Store, people: Cast, visitor: Visitor, code: str
) -> None:
    for answer in (visitor.get(f"/s/{code}"), visitor.post(f"/s/{code}")):
        assert answer.status_code == 404
        assert "49" not in re.sub(r"[\w-]*49[\w-]+", "", answer.text) or "{{" not in code
    assert count(sqlite_store, SignIn) == 0


def test_a_password_signs_in_and_a_wrong_one_is_explained_at_the_field(
    sqlite_store: Store, people: Cast, visitor: Visitor
) -> None:
    give_password(sqlite_store, people.member)
    wrong = visitor.post("/sign-in", {"account": "13800000001", "password": "wrong-wrong"})
    assert wrong.status_code == 400
    assert "Account or password is wrong." in wrong.text
    assert "13800000001" in wrong.text  # what was typed stays
    assert "wrong-wrong" not in wrong.text
    right = visitor.post("/sign-in", {"account": "13800000001", "password": PASSWORD})
    assert right.location == "/"


def test_too_many_tries_are_told_to_wait(sqlite_store: Store, people: Cast, visitor: Visitor) -> None:
    for _ in range(5):
        visitor.post("/sign-in", {"account": "orga", "password": "wrong-wrong"})
    answer = visitor.post("/sign-in", {"account": "orga", "password": "wrong-wrong"})
    assert answer.status_code == 429
    assert "Please wait" in answer.text


def test_a_page_asks_to_sign_in_and_comes_back(sqlite_store: Store, people: Cast, visitor: Visitor) -> None:
    give_password(sqlite_store, people.organizer_a)
    sent = visitor.get("/members?text=a")
    assert sent.status_code == 302
    assert sent.location == "/sign-in?next=/members?text%3Da"
    back = visitor.post(sent.location, {"account": "orga", "password": PASSWORD})
    assert back.location == "/members?text=a"
    assert visitor.get("/account", headers={"Accept": "application/json"}).status_code == 200


def test_a_program_is_told_to_sign_in(people: Cast, visitor: Visitor) -> None:
    answer = visitor.get("/members", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["error"]["code"] == "sign_in_required"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "javascript:alert(1)", "/\\evil.example", "\t//evil", ""],
)
def test_nobody_is_sent_elsewhere(sqlite_store: Store, people: Cast, visitor: Visitor, target: str) -> None:
    give_password(sqlite_store, people.member)
    data = {"account": "13800000001", "password": PASSWORD}
    for path in ("/sign-in", "/consent", "/language", "/account/password"):
        if path == "/account/password":
            data = {"present": PASSWORD, "password": PASSWORD + "x", "again": PASSWORD + "x"}
        sent = {**data, "next": target, "language": "en"}
        answer = visitor.post(path, sent, query_string={"next": target})
        assert answer.location in ("/", "/account")


def test_signing_out_ends_the_sign_in_for_good(sqlite_store: Store, people: Cast, enter: Enter) -> None:
    told: list[int] = []
    sqlite_store.on(sign_ins.SignedOut, lambda happened: told.extend(happened.sign_in_ids))
    visitor = enter(people.member)
    cookie = visitor.client.get_cookie("consult")
    assert visitor.post("/sign-out").status_code == 302
    assert len(told) == 1
    assert visitor.get("/account").status_code == 302
    visitor.client.set_cookie("consult", cookie.value)  # replayed
    assert visitor.get("/account").status_code == 302


@pytest.mark.parametrize(
    "cookie", ["nonsense", "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbb", "\x7f" * 50, "a" * 4000]
)
def test_a_tampered_cookie_is_nobodys(people: Cast, visitor: Visitor, cookie: str) -> None:
    visitor.client.set_cookie("consult", cookie)
    assert visitor.get("/account").status_code == 302


def test_who_signs_in_here_signs_the_one_before_out(sqlite_store: Store, people: Cast, enter: Enter) -> None:
    visitor = enter(people.member)
    visitor.post(link_of(sqlite_store, people.outsider), {"press": "y"})
    with sqlite_store.read() as work:
        open_rows = work.db.scalars(select(SignIn.person_id).where(SignIn.ended_at.is_(None))).all()
    assert open_rows == [people.outsider]


def test_what_a_browser_held_before_signing_in_is_worth_nothing_after(
    sqlite_store: Store, people: Cast, visitor: Visitor
) -> None:
    before = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', visitor.get("/s").text)
    assert before is not None
    visitor.post(link_of(sqlite_store, people.member), {"press": "z"})
    assert visitor.client.post("/sign-out", data={"csrf_token": before[1]}).status_code == 400
    assert visitor.post("/sign-out").status_code == 302


# One's own account


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"password": "short", "again": "short"}, "Too short"),
        ({"password": "12345678", "again": "12345678"}, "first that others try"),
        ({"password": PASSWORD, "again": PASSWORD + "x"}, "not the same"),
        ({"password": PASSWORD + "x" * 64 + "a", "again": PASSWORD + "x" * 64 + "b"}, "not the same"),
        ({"password": "x" * 5000, "again": "x" * 5000}, "Too long"),
        ({}, "Too short"),
    ],
)
def test_a_password_that_will_not_do(
    sqlite_store: Store, people: Cast, enter: Enter, sent: dict[str, str], said: str
) -> None:
    answer = enter(people.member).post("/account/password", sent)
    assert answer.status_code == 400
    assert said in answer.text
    with sqlite_store.read() as work:
        assert work.db.get_one(Person, people.member).password_hash is None


def test_the_present_password_is_asked_for_unless_one_came_by_link(
    sqlite_store: Store, people: Cast, visitor: Visitor, enter: Enter
) -> None:
    give_password(sqlite_store, people.member)
    new = {"password": "new-password-7", "again": "new-password-7"}
    assert enter(people.member).post("/account/password", new).status_code == 302  # forgotten, came by link
    visitor.post("/sign-in", {"account": "13800000001", "password": "new-password-7"})
    again = {"password": "newer-password-8", "again": "newer-password-8"}
    refused = visitor.post("/account/password", {**again, "present": PASSWORD})
    assert refused.status_code == 400
    assert "not your present password" in refused.text
    assert visitor.post("/account/password", {**again, "present": "new-password-7"}).status_code == 302


def test_consent_is_given_once_and_leads_on(sqlite_store: Store, people: Cast, enter: Enter) -> None:
    visitor = enter(people.member)
    page = visitor.get("/consent?next=/meetings/7")
    assert page.status_code == 200
    assert "10 years" in page.text
    assert visitor.post("/consent?next=/meetings/7").location == "/meetings/7"
    with sqlite_store.read() as work:
        assert work.db.get_one(Person, people.member).consented_at is not None


def test_the_language_is_kept_with_the_browser_and_the_person(
    sqlite_store: Store, people: Cast, enter: Enter
) -> None:
    visitor = enter(people.member)
    answer = visitor.post("/language", {"language": "zh_CN", "next": "/account"})
    assert answer.location == "/account"
    assert 'lang="zh' in visitor.get("/account").text
    with sqlite_store.read() as work:
        assert work.db.get_one(Person, people.member).language == "zh_CN"
    assert visitor.post("/language", {"language": "../../x"}).status_code == 400


# Who may do what


ORGANIZERS_PAGES = [
    "/units/{a}/import",
    "/units/{a}/links",
    "/members/{membership}/edit",
]
READERS_PAGES = ["/members?unit={a}", "/members/{membership}", "/units/{a}", "/units"]


@pytest.mark.parametrize(
    ("by", "reads", "organizes"),
    [
        ("city_organizer", 200, 200),
        ("organizer_a", 200, 200),
        ("admin_a", 200, 200),
        ("reader_a", 200, 403),
        ("organizer_b", 404, 404),
        ("member", 404, 404),
        ("outsider", 404, 404),
    ],
)
def test_who_sees_which_page(people: Cast, enter: Enter, by: str, reads: int, organizes: int) -> None:
    visitor = enter(getattr(people, by))
    pages = dict.fromkeys(READERS_PAGES, reads) | dict.fromkeys(ORGANIZERS_PAGES, organizes)
    if by == "organizer_b":
        pages["/units"] = 200  # his own tree
    got = {path: visitor.get(path.format(**vars(people))).status_code for path in pages}
    assert got == pages


def test_a_reader_sees_no_phone_and_nothing_to_press(people: Cast, enter: Enter) -> None:
    visitor = enter(people.reader_a)
    for path in ("/members", f"/members/{people.membership}", f"/units/{people.a}", "/units"):
        page = visitor.get(path).text
        assert "1380000" not in page
        assert "民盟" not in page
        assert set(re.findall(r'method="post" action="([^"]+)"', page)) == {"/language", "/sign-out"}
    assert "A001" in visitor.get("/members").text
    assert "A001" not in visitor.get("/members?text=13800000001").text


POSTS = [
    "/members/{membership}/edit",
    "/members/{membership}/end",
    "/members/{membership}/close",
    "/members/{membership}/open",
    "/members/{membership}/link",
    "/members/{membership}/grant",
    "/units/{a}/links",
    "/units/{a}/import",
    "/units/{a}/rename",
    "/units/{a}/add",
    "/units/{a}/staff",
    "/units/{a}/grants",
    "/units/{a}/staff/{reader_a}/link",
    "/grants/1/revoke",
]
WELL_FORMED = {
    "name": "新名",
    "level": "county",
    "role": "administrator",
    "account": "reada",
    "person": "1",
    "day": "2030-01-01",
    "number": "A001",
    "seen": "x",
}


@pytest.mark.parametrize("by", ["organizer_b", "reader_a", "member", "outsider"])
@pytest.mark.parametrize("path", POSTS)
def test_who_has_no_say_changes_nothing(
    sqlite_store: Store, people: Cast, enter: Enter, by: str, path: str
) -> None:
    visitor = enter(getattr(people, by))
    before = snapshot(sqlite_store)
    answer = visitor.post(path.format(**vars(people)), WELL_FORMED)
    assert answer.status_code in (403, 404)
    assert snapshot(sqlite_store) == before


def snapshot(store: Store) -> list[object]:
    """All that these pages may change, but for sign-ins."""
    with store.read() as work:
        return [
            [
                tuple(getattr(row, column.key) for column in of.__table__.columns if column.key != "seen_at")
                for row in work.db.scalars(select(of).order_by(of.id))  # type: ignore[attr-defined]
            ]
            for of in (Person, Membership, RoleGrant, Unit, SignInLink, AuditEntry)
        ]


@pytest.mark.parametrize(
    "path", [*POSTS, "/sign-in", "/sign-out", "/consent", "/language", "/account/password"]
)
def test_no_form_is_taken_without_its_token(
    sqlite_store: Store, people: Cast, enter: Enter, path: str
) -> None:
    visitor = enter(people.admin_a)
    before = snapshot(sqlite_store)
    path = path.format(**vars(people))
    for token in (None, "old", "x" * 5000):
        data = WELL_FORMED if token is None else {**WELL_FORMED, "csrf_token": token}
        assert visitor.client.post(path, data=data).status_code == 400
    assert snapshot(sqlite_store) == before


@pytest.mark.parametrize("path", [path for path in POSTS if not path.endswith(("edit", "links", "import"))])
def test_a_change_is_never_made_by_a_link(people: Cast, enter: Enter, path: str) -> None:
    assert enter(people.admin_a).get(path.format(**vars(people))).status_code == 405


# The office at work


def test_an_organizer_edits_a_member(sqlite_store: Store, people: Cast, enter: Enter) -> None:
    visitor = enter(people.organizer_a)
    path = f"/members/{people.membership}/edit"
    form = fields(visitor.get(path).text)
    assert (form["phone"], form["committees"]) == ("13800000001", "提案委、文史委")
    answer = visitor.post(path, {**form, "phone": "139 1111 2222", "committees": "提案委"})
    assert answer.location == f"/members/{people.membership}"
    with sqlite_store.read() as work:
        assert work.db.get_one(Person, people.member).phone == "13911112222"
        assert work.db.get_one(Membership, people.membership).committees == ["提案委"]


def test_an_edit_of_a_stale_page_shows_what_is_there_now(
    sqlite_store: Store, people: Cast, enter: Enter
) -> None:
    visitor = enter(people.organizer_a)
    path = f"/members/{people.membership}/edit"
    form = fields(visitor.get(path).text)
    assert visitor.post(path, {**form, "post": "校长"}).status_code == 302
    refused = visitor.post(path, {**form, "post": "局长"})
    assert refused.status_code == 409
    assert "校长" in refused.text  # what is there
    assert 'value="局长"' in refused.text  # what was typed
    again = visitor.post(path, {**fields(refused.text), "post": "局长"})
    assert again.status_code == 302


def fields(page: str) -> dict[str, str]:
    """The inputs of a page's forms with their values."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and name[1] != "csrf_token":
            found[name[1]] = value[1]
    return found


BAD_TEXTS = {
    "empty": "",
    "nul": "\x00",
    "zero-width only": "\u200b\u200d\u2060",
    "bidi override": "\u202e" * 3,
    "1 MB": "长" * 80_000,
    "template": "{{7*7}}",
    "sql": "'; DROP TABLE person; --",
    "markup": "<img src=x onerror=alert(1)>",
}
BLANK_TEXTS = ("empty", "nul", "zero-width only", "bidi override")  # a phone may be left empty
PLAIN_TEXTS = ("template", "sql", "markup")  # a unit may be called so; it is shown as it was typed


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/members/{membership}/edit", "name"),
        ("/members/{membership}/edit", "number"),
        ("/members/{membership}/edit", "phone"),
        ("/members/{membership}/end", "day"),
        ("/units/{a}/rename", "name"),
        ("/units/{a}/add", "name"),
        ("/units/{a}/add", "level"),
        ("/units/{a}/staff", "account"),
        ("/units/{a}/staff", "name"),
        ("/units/{a}/staff", "role"),
        ("/units/{a}/grants", "account"),
        ("/units/{a}/links", "person"),
        ("/members/{membership}/grant", "role"),
        ("/sign-in", "account"),
        ("/sign-in", "password"),
        ("/account/password", "password"),
    ],
)
def test_bad_text_in_any_field_is_refused_clearly(
    sqlite_store: Store, people: Cast, enter: Enter, path: str, field: str
) -> None:
    visitor = enter(people.admin_a)
    path = path.format(**vars(people))
    people_before = count(sqlite_store, Person)
    for name, text in BAD_TEXTS.items():
        form = fields(visitor.get(path).text) if path.endswith("edit") else {}
        sent = {**form, "level": "county", "role": "reader", "account": "newone", "name": "新人", field: text}
        answer = visitor.post(path, sent)
        taken = name in {"phone": BLANK_TEXTS, "name": PLAIN_TEXTS if path.endswith("rename") else ()}.get(
            field, ()
        )
        assert answer.status_code in ({302} if taken else {400, 404, 413, 429}), name
        assert "<img src=x" not in answer.text
        assert "<img src=x" not in visitor.get("/units").text
    assert count(sqlite_store, Person) == people_before


@pytest.mark.parametrize("number", ["-1", "0", "2147483648", "9223372036854775808", "9" * 400, "1e3", "x"])
@pytest.mark.parametrize(
    "path",
    ["/members/{}", "/members/{}/edit", "/units/{}", "/units/{}/import", "/imports/{}", "/members?unit={}"],
)
def test_an_odd_number_is_no_page(people: Cast, enter: Enter, path: str, number: str) -> None:
    assert enter(people.admin_a).get(path.format(number)).status_code == 404


@pytest.mark.parametrize("page", ["-1", "0", "99999999999999999999", "x", "٣", ""])
def test_an_odd_page_of_the_list_is_the_nearest(people: Cast, enter: Enter, page: str) -> None:
    answer = enter(people.admin_a).get("/members", query_string={"page": page})
    assert answer.status_code == 200
    assert "A001" in answer.text


def test_a_field_too_many_gives_nobody_a_role(sqlite_store: Store, people: Cast, enter: Enter) -> None:
    visitor = enter(people.organizer_a)
    path = f"/members/{people.membership}/edit"
    form = fields(visitor.get(path).text)
    before = count(sqlite_store, RoleGrant)
    sent = {**form, "post": "校长", "role": "administrator", "person_id": "1", "unit_id": str(people.city)}
    assert visitor.post(path, sent).status_code == 302
    assert count(sqlite_store, RoleGrant) == before
    with sqlite_store.read() as work:
        assert work.db.get_one(Membership, people.membership).unit_id == people.a


def test_links_are_made_for_the_ticked_and_shown_once(
    sqlite_store: Store, people: Cast, enter: Enter
) -> None:
    visitor = enter(people.organizer_a)
    chosen = visitor.get(f"/units/{people.a}/links")
    assert f'value="{people.member}" checked' in chosen.text
    sheet = visitor.post(f"/units/{people.a}/links", {"person": [str(people.member)]})
    assert sheet.status_code == 200
    assert "赵秀英" in sheet.text
    assert sheet.text.count('class="qr"') == 1
    assert "style=" not in sheet.text
    code = re.search(r"\b([0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5})\b", sheet.text)
    assert code is not None
    assert visitor.get(f"/s/{code[1]}").status_code == 200
    for person in (people.both, people.outsider, people.city_organizer, 0, "x", 2**70):
        refused = visitor.post(f"/units/{people.a}/links", {"person": [str(people.member), str(person)]})
        assert refused.status_code in (403, 404)
    assert visitor.post(f"/units/{people.a}/links", {}).status_code == 400
    assert (
        count(sqlite_store, AuditEntry) == count_audit_of_assembly(people) + 2
    )  # his own link, and this one


def count_audit_of_assembly(people: Cast) -> int:
    return 2 * 5  # an account and a role for each of the staff


def test_a_member_is_closed_opened_and_ended(sqlite_store: Store, people: Cast, enter: Enter) -> None:
    member, visitor = enter(people.member), enter(people.organizer_a)
    path = f"/members/{people.membership}"
    assert visitor.post(f"{path}/close").location == path
    assert member.get("/account").status_code == 302
    assert visitor.post(f"{path}/link").status_code == 403
    assert visitor.post(f"{path}/open").location == path
    assert visitor.post(f"{path}/end", {"day": "0000-00-00"}).status_code == 400
    assert visitor.post(f"{path}/end", {"day": "2026-01-01"}).status_code == 400
    with sqlite_store.read() as work:
        today = work.now.date()
    assert visitor.post(f"{path}/end", {"day": (today + timedelta(days=1)).isoformat()}).location == path
    assert visitor.get(path).status_code == 200


def test_an_administrator_sets_up_a_unit(sqlite_store: Store, people: Cast, enter: Enter) -> None:
    visitor = enter(people.admin_a)
    unit = f"/units/{people.a}"
    assert visitor.post(f"{unit}/rename", {"name": "禾川区政协"}).location == unit
    assert "禾川区政协" in visitor.get("/units").text
    card = visitor.post(f"{unit}/staff", {"account": "ChenJing", "name": "陈静", "role": "organizer"})
    assert card.status_code == 200
    assert 'class="qr"' in card.text
    taken = visitor.post(f"{unit}/staff", {"account": "chenjing", "name": "陈静", "role": "organizer"})
    assert taken.status_code == 400
    assert "taken" in taken.text
    assert visitor.post(f"{unit}/grants", {"account": "orgb", "role": "reader"}).location == unit
    assert visitor.post(f"{unit}/grants", {"account": "orgb", "role": "king"}).status_code == 400
    page = visitor.get(unit).text
    assert "县组织者乙" in page
    grant = max(int(number) for number in re.findall(r"/grants/(\d+)/revoke", page))
    assert visitor.post(f"/grants/{grant}/revoke").location == unit
    assert "县组织者乙" not in visitor.get(unit).text
    made = visitor.post(f"/members/{people.membership}/grant", {"role": "reader"})
    assert made.location == unit
    with sqlite_store.read() as work:
        mine = work.db.scalars(select(RoleGrant.id).where(RoleGrant.person_id == people.admin_a)).one()
    assert visitor.post(f"/grants/{mine}/revoke").status_code == 403


# Importing


def upload(visitor: Visitor, unit: int, data: bytes, name: str = "roster.xlsx") -> TestResponse:
    return visitor.post(f"/units/{unit}/import", {"file": (io.BytesIO(data), name)})


def test_a_roster_is_uploaded_previewed_and_imported(sqlite_store: Store, people: Cast, enter: Enter) -> None:
    visitor = enter(people.organizer_a)
    sent = upload(visitor, people.a, make_sheet(40, seed=3))
    assert sent.status_code == 302
    page = visitor.get(sent.location).text
    assert count(sqlite_store, Membership) == 4
    mark = fields(page)["mark"]
    done = visitor.post(f"{sent.location}/apply", {"mark": mark})
    assert done.location == sent.location
    assert count(sqlite_store, Membership) == 44
    assert visitor.post(f"{sent.location}/apply", {"mark": mark}).location == sent.location  # pressed twice
    assert count(sqlite_store, Membership) == 44
    result = visitor.get(sent.location)
    assert result.status_code == 200
    assert f"/units/{people.a}/links" in result.text


def test_wrong_rows_are_named_and_nothing_can_be_imported(
    sqlite_store: Store, people: Cast, enter: Enter
) -> None:
    visitor = enter(people.organizer_a)
    roster = "委员证号,姓名,手机\nA9,{{7*7}},13900000009\nA10,<b>张</b>,12\nA11,=HYPERLINK(1),13900000011\n"
    sent = upload(visitor, people.a, roster.encode("gbk"), "../../<b>名册.csv")
    page = visitor.get(sent.location)
    assert page.status_code == 200
    for line in (2, 3, 4):
        assert f"Row {line}, " in page.text
    assert not re.search("<b>[张名]", page.text)
    assert 'name="mark"' not in page.text
    assert visitor.post(f"{sent.location}/apply", {"mark": ""}).status_code == 400
    assert count(sqlite_store, Membership) == 4


def test_a_stale_preview_is_shown_anew(sqlite_store: Store, people: Cast, enter: Enter) -> None:
    visitor = enter(people.organizer_a)
    sent = upload(visitor, people.a, "委员证号,姓名,界别\nA001,赵秀英,工会\n".encode(), "名册.csv")
    mark = fields(visitor.get(sent.location).text)["mark"]

    def somebody_else(work: Work) -> None:
        work.db.get_one(Membership, people.membership).sector = "教育界"

    sqlite_store.write(somebody_else)
    refused = visitor.post(f"{sent.location}/apply", {"mark": mark})
    assert refused.status_code == 409
    assert "教育界" in refused.text
    mark = fields(refused.text)["mark"]
    for same in ("99", "x", "9" * 5000):
        answer = visitor.post(f"{sent.location}/apply", {"mark": mark, "same": same})
        assert answer.status_code in (302, 400)
    with sqlite_store.read() as work:
        assert work.db.get_one(Membership, people.membership).sector == "工会"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "roster.xlsx"),
        (b"", ""),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 500, "roster.csv"),
        (b"PK\x03\x04" + b"\x00" * 500, "roster.xlsx"),
        ("姓名,手机\n张三,13900000000\n".encode(), "no-number.csv"),
        ("委员证号,姓名\n".encode(), "empty.csv"),
        ('委员证号,姓名\n"1,张三\n'.encode(), "quote.csv"),
        (b"x" * 5_500_000, "large.csv"),
        ("委员证号,姓名\n1,张三\n".encode(), "a\r\nSet-Cookie: x=y\r\n.csv"),
    ],
    ids=["empty", "none", "png", "broken zip", "no column", "no row", "quote", "large", "CRLF in its name"],
)
def test_what_is_no_roster_is_refused_at_the_field(
    sqlite_store: Store, people: Cast, enter: Enter, data: bytes, name: str
) -> None:
    visitor = enter(people.organizer_a)
    answer = upload(visitor, people.a, data, name)
    if "CRLF" in str(name) or name.startswith("a\r"):
        assert answer.status_code in (302, 400)
        assert "Set-Cookie: x=y" not in str(answer.headers)
    else:
        assert answer.status_code == 400
    assert count(sqlite_store, Membership) == 4


def test_a_body_too_large_is_refused_unread(people: Cast, enter: Enter) -> None:
    visitor = enter(people.organizer_a)
    assert upload(visitor, people.a, b"x" * 10_000_000).status_code == 413
    assert visitor.post("/sign-in", {"account": "x" * 1_000_000}).status_code == 413


def test_the_example_can_be_imported(sqlite_store: Store, people: Cast, enter: Enter) -> None:
    visitor = enter(people.organizer_a)
    example = visitor.get("/members/sample.xlsx")
    assert example.status_code == 200
    assert upload(visitor, people.a, example.data).status_code == 302
    assert enter(people.member).get("/members/sample.xlsx").status_code == 404
