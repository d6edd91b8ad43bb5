"""Signing in by password, throttling, one-time links, closing and opening accounts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from consult.core.errors import Invalid, Missing, NotAllowed, Refusal, Stale, TooFast
from consult.core.store import Store
from consult.members import accounts, passwords, sign_in_links, sign_ins, throttle
from consult.members.access import CONSOLE
from consult.members.models import AuditEntry, Person, SignIn, SignInLink
from consult.members.sign_in_links import BadLink, Code
from tests.members.cast import LASTING, NOON, Cast, acting, at

GOOD = "lanzhou-cha-88"


def give_password(store: Store, person_id: int, password: str = GOOD) -> None:
    def give(work) -> None:  # type: ignore[no-untyped-def]
        work.db.get_one(Person, person_id).password_hash = passwords.hashed(password)

    store.write(give)


def link(store: Store, person_id: int, by: int | None = None) -> Code:
    code = sign_in_links.mint()
    actor = acting(store, by) if by else CONSOLE
    store.write_at(NOON, sign_in_links.make, actor, [person_id], [code], LASTING)
    return code


def rows(store: Store, of: type) -> int:
    with store.read() as work:
        return work.db.scalar(select(func.count()).select_from(of)) or 0


# Passwords


@pytest.mark.parametrize(
    "password",
    [
        "short7!", "12345678", "87654321", "aaaaaaaa", "12121212", "abcabcabc", "19700101", "11223344",
        "qwertyui", "password1", "P@ssw0rd", "Admin123!", "woaini1314", "zhengxie2024",
        "13800000001", "13800000001a", "x" * 201, "        ", "１２３４５６７８",
    ],
)  # fmt: skip
def test_a_password_others_try_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check(password, "13800000001")
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "password", [GOOD, "春江花月夜很美很美", "correcthorse", "x" * 64 + "yz", "tianshui88hua"]
)
def test_a_password_of_ones_own_is_taken(password: str) -> None:
    passwords.check(password, "13800000001", "")


def test_a_password_matches_only_itself_to_the_last_character() -> None:
    long = GOOD + "x" * 64
    kept = passwords.hashed(long)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(kept, long)
    assert not passwords.matches(kept, long[:-1] + "y")
    assert not passwords.matches(kept, long[:-1])
    assert not passwords.matches(None, long)
    assert not passwords.matches("nonsense", long)
    assert not passwords.matches(kept, "\ud800\x00")


def test_full_width_digits_are_the_same_password() -> None:
    assert passwords.matches(passwords.hashed("lanzhou88"), "lanzhou８８")


# Signing in


@pytest.mark.parametrize("typed", ["13800000001", " 138 0000 0001 ", "+86-138-0000-0001", "１３８00000001"])
def test_a_member_signs_in_by_phone_however_it_is_typed(store: Store, cast: Cast, typed: str) -> None:
    give_password(store, cast.member)
    signed_in = accounts.sign_in(store, typed, GOOD, "192.0.2.1", "phone")
    with store.read() as work:
        found = sign_ins.find(work, signed_in.token, timedelta(days=30))
    assert found is not None
    assert (found.person_id, found.device, found.by_link) == (cast.member, "phone", False)


def test_staff_sign_in_by_account_in_any_case(store: Store, cast: Cast) -> None:
    give_password(store, cast.organizer_a)
    assert accounts.sign_in(store, "OrgA ", GOOD, "", "").sign_in.person_id == cast.organizer_a


def test_two_people_with_one_phone_are_told_apart_by_password(store: Store, cast: Cast) -> None:
    def share(work) -> None:  # type: ignore[no-untyped-def]
        work.db.get_one(Person, cast.outsider).phone = "13800000001"

    store.write(share)
    give_password(store, cast.member)
    give_password(store, cast.outsider, "qinghe-xian-7")
    assert accounts.sign_in(store, "13800000001", "qinghe-xian-7", "", "").sign_in.person_id == cast.outsider
    assert accounts.sign_in(store, "13800000001", GOOD, "", "").sign_in.person_id == cast.member


@pytest.mark.parametrize(
    "typed", ["13800000001", "13899999999", "orga", "nobody", "", "' OR 1=1 --", "\x00\ud800"]
)
def test_a_wrong_password_and_an_unknown_account_are_refused_alike(
    store: Store, cast: Cast, typed: str
) -> None:
    give_password(store, cast.member)
    with pytest.raises(Invalid) as refused:
        accounts.sign_in(store, typed, "wrong-wrong", "192.0.2.1", "")
    assert refused.value.field == "password"
    assert str(refused.value).startswith("Account or password is wrong.")
    assert rows(store, SignIn) == 0


def test_a_closed_account_is_told_so_only_with_the_right_password(store: Store, cast: Cast) -> None:
    give_password(store, cast.member)
    store.write(accounts.disable, acting(store, cast.organizer_a), cast.member)
    with pytest.raises(NotAllowed):
        accounts.sign_in(store, "13800000001", GOOD, "", "")
    with pytest.raises(Invalid):
        accounts.sign_in(store, "13800000001", "wrong-wrong", "", "")
    assert rows(store, SignIn) == 0


def test_an_old_hash_is_renewed_at_sign_in(store: Store, cast: Cast) -> None:
    old = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)

    def give(work) -> None:  # type: ignore[no-untyped-def]
        work.db.get_one(Person, cast.member).password_hash = old

    store.write(give)
    accounts.sign_in(store, "13800000001", GOOD, "", "")
    with store.read() as work:
        renewed = work.db.get_one(Person, cast.member).password_hash
    assert renewed is not None
    assert not passwords.outdated(renewed)
    assert passwords.matches(renewed, GOOD)


# Throttling


def tries(store: Store, count: int, limit: throttle.Limit, minutes: float = 0) -> None:
    for _ in range(count):
        store.write_at(at(minutes), throttle.attempt, [limit])


def test_after_five_tries_one_waits_and_the_wait_doubles(store: Store) -> None:
    limit = throttle.for_account("orga")
    tries(store, 5, limit)
    waits = []
    minutes = 0.0
    for _ in range(4):
        with pytest.raises(TooFast) as refused:
            store.write_at(at(minutes), throttle.attempt, [limit])
        assert refused.value.retry_after is not None
        waits.append(refused.value.retry_after)
        minutes += refused.value.retry_after / 60
        tries(store, 1, limit, minutes)
    assert waits == [2, 3, 5, 9]
    assert limit.wait(10_000) == timedelta(minutes=15)


def test_hammering_does_not_prolong_the_wait(store: Store) -> None:
    limit = throttle.for_account("orga")
    tries(store, 5, limit)
    for _ in range(50):
        with pytest.raises(TooFast):
            store.write_at(at(), throttle.attempt, [limit])
    tries(store, 1, limit, minutes=2 / 60)


def test_a_thousand_tries_at_once_are_not_a_thousand_free_ones(store: Store) -> None:
    limit = throttle.for_account("orga")

    def attempt(_: int) -> bool:
        try:
            store.write_at(NOON, throttle.attempt, [limit])
        except TooFast:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(attempt, range(200))) == 5


def test_success_forgets_an_accounts_tries_but_not_an_addresss(store: Store, cast: Cast) -> None:
    account, address = throttle.for_account("orga"), throttle.for_address("192.0.2.7")
    for _ in range(4):
        store.write_at(NOON, throttle.attempt, [account, address])
    store.write_at(NOON, throttle.succeeded, [account, address])
    with store.read() as work:
        counts = {row.key: row.count for row in work.db.scalars(select(throttle.SignInFailure))}
    assert counts == {account.key: 0, address.key: 3}


def test_tries_are_forgotten_after_a_day(store: Store) -> None:
    limit = throttle.for_account("orga")
    tries(store, 5, limit)
    store.write_at(at(days=2), throttle.attempt, [limit])
    with store.read() as work:
        assert work.db.scalars(select(throttle.SignInFailure.count)).all() == [1]


def test_neighbours_on_one_network_share_a_limit_and_no_address_is_kept() -> None:
    assert throttle.for_address("192.0.2.7") == throttle.for_address("192.0.2.200")
    assert throttle.for_address("192.0.2.7") != throttle.for_address("192.0.3.7")
    assert throttle.for_address("2001:db8::1") == throttle.for_address("2001:db8::2")
    assert throttle.for_address("nonsense") != throttle.for_address("192.0.2.7")
    assert "192" not in throttle.for_address("192.0.2.7").key


def test_who_is_throttled_still_gets_in_by_a_link(store: Store, cast: Cast) -> None:
    give_password(store, cast.member)
    code = link(store, cast.member)
    for _ in range(5):
        with pytest.raises(Invalid):
            accounts.sign_in(store, "13800000001", "wrong-wrong", "192.0.2.1", "")
    with pytest.raises(TooFast):
        accounts.sign_in(store, "13800000001", GOOD, "192.0.2.1", "")
    store.write_at(NOON, sign_in_links.use, code, "token", "phone")


# One-time links


def test_looking_at_a_link_does_not_use_it_up_and_using_it_does(store: Store, cast: Cast) -> None:
    code = link(store, cast.member, by=cast.organizer_a)
    for _ in range(3):
        with store.read(at(days=1)) as work:
            assert sign_in_links.look(work, code).person.id == cast.member
    used = store.write_at(at(days=1), sign_in_links.use, code, "token", "wechat")
    assert (used.sign_in.person_id, used.sign_in.by_link, used.sign_in.device) == (
        cast.member,
        True,
        "wechat",
    )
    with store.read(at(days=1)) as work, pytest.raises(BadLink) as refused:
        sign_in_links.look(work, code)
    assert refused.value.standing == "used"


def test_the_code_itself_is_not_kept(store: Store, cast: Cast) -> None:
    code = link(store, cast.member)
    with store.read() as work:
        kept = work.db.scalars(select(SignInLink.token_hash)).all()
    assert kept == [code.kept]
    assert code.text not in code.kept


@pytest.mark.parametrize(
    "change", [str.lower, lambda text: text.replace("-", " "), lambda text: f"  {text}\n"]
)
def test_a_code_is_read_as_people_type_it(change) -> None:  # type: ignore[no-untyped-def]
    code = sign_in_links.mint()
    assert sign_in_links.read(change(code.text)) == code


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert sign_in_links.read("o1li0-23456") == sign_in_links.read("01110-23456")
    assert sign_in_links.read("０１１１０２３４５６") == sign_in_links.read("01110-23456")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "ABCDE",
        "ABCDE-FGHJ!",
        "ABCDE-FGHJKM",
        "ABCDU-FGHJK",
        "甲" * 10,
        "\x00" * 10,
        "9" * 100_000,
        "../../etc",
    ],
)
def test_what_is_no_code_is_refused(raw: str) -> None:
    with pytest.raises(Missing):
        sign_in_links.read(raw)


def test_an_unknown_code_is_missing(store: Store, cast: Cast) -> None:
    with store.read() as work, pytest.raises(Missing):
        sign_in_links.look(work, sign_in_links.mint())


def test_an_expired_link_says_so(store: Store, cast: Cast) -> None:
    code = link(store, cast.member)
    with pytest.raises(BadLink) as refused:
        store.write_at(NOON + LASTING, sign_in_links.use, code, "token", "")
    assert refused.value.standing == "expired"
    store.write_at(NOON + LASTING - timedelta(seconds=1), sign_in_links.use, code, "token", "")


def test_a_new_link_voids_the_older_one(store: Store, cast: Cast) -> None:
    older, newer = link(store, cast.member), link(store, cast.member)
    with pytest.raises(BadLink) as refused:
        store.write_at(NOON, sign_in_links.use, older, "token", "")
    assert refused.value.standing == "replaced"
    store.write_at(NOON, sign_in_links.use, newer, "token", "")


def test_two_presses_are_one_sign_in(store: Store, cast: Cast) -> None:
    code = link(store, cast.member)
    with ThreadPoolExecutor(8) as pool:
        used = list(pool.map(lambda _: store.write_at(NOON, sign_in_links.use, code, "token", ""), range(8)))
    assert len({one.sign_in.id for one in used}) == 1
    assert rows(store, SignIn) == 1


def test_somebody_elses_press_of_a_used_link_is_refused(store: Store, cast: Cast) -> None:
    code = link(store, cast.member)
    store.write_at(NOON, sign_in_links.use, code, "token", "")
    with pytest.raises(BadLink):
        store.write_at(NOON, sign_in_links.use, code, "another token", "")
    with pytest.raises(BadLink):
        store.write_at(at(minutes=3), sign_in_links.use, code, "token", "")
    assert rows(store, SignIn) == 1


def test_a_press_again_does_not_bring_back_who_has_signed_out(store: Store, cast: Cast) -> None:
    code = link(store, cast.member)
    used = store.write_at(NOON, sign_in_links.use, code, "token", "")
    store.write_at(NOON, sign_ins.end, used.sign_in.id)
    with pytest.raises(BadLink):
        store.write_at(NOON, sign_in_links.use, code, "token", "")


def test_a_link_into_a_closed_account_is_not_used_up(store: Store, cast: Cast) -> None:
    code = link(store, cast.member)
    store.write(accounts.disable, CONSOLE, cast.member)
    with pytest.raises(NotAllowed):
        store.write_at(NOON, sign_in_links.use, code, "token", "")
    store.write(accounts.enable, CONSOLE, cast.member)
    store.write_at(NOON, sign_in_links.use, code, "token", "")


@pytest.mark.parametrize(
    ("by", "whose", "allowed"),
    [
        ("organizer_a", "member", True),
        ("city_organizer", "member", True),
        ("admin_a", "member", True),
        ("organizer_b", "member", False),
        ("reader_a", "member", False),
        ("member", "member", False),
        ("outsider", "member", False),
        ("organizer_a", "outsider", False),
        ("organizer_a", "reader_a", True),
        ("organizer_a", "admin_a", False),  # or he would be administrator by its use
        ("organizer_a", "city_organizer", False),
        ("admin_a", "organizer_a", True),
        ("city_organizer", "admin_a", False),
        ("organizer_a", "both", False),  # he is a member of the city, too
        ("city_organizer", "both", True),
    ],
)
def test_who_may_make_whose_link(store: Store, cast: Cast, by: str, whose: str, allowed: bool) -> None:
    actor = acting(store, getattr(cast, by))
    with store.read() as work:
        before = work.db.scalar(select(func.count()).select_from(AuditEntry))
    arguments = (sign_in_links.make, actor, [getattr(cast, whose)], [sign_in_links.mint()], LASTING)
    if allowed:
        store.write(*arguments)
        with store.read() as work:
            entry = work.db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.by_id) == ("sign_in_link.made", actor.person_id)
    else:
        with pytest.raises(NotAllowed):
            store.write(*arguments)
        assert rows(store, SignInLink) == 0
        assert rows(store, AuditEntry) == before


def test_links_for_several_are_made_for_all_or_none(store: Store, cast: Cast) -> None:
    actor = acting(store, cast.organizer_a)
    codes = [sign_in_links.mint(), sign_in_links.mint()]
    with pytest.raises(NotAllowed):
        store.write(sign_in_links.make, actor, [cast.member, cast.outsider], codes, LASTING)
    assert rows(store, SignInLink) == 0


# Closing accounts, changing passwords


def ended(store: Store) -> list[int]:
    told: list[int] = []
    store.on(sign_ins.SignedOut, lambda happened: told.extend(happened.sign_in_ids))
    return told


def test_closing_an_account_ends_its_sign_ins_and_tells(store: Store, cast: Cast) -> None:
    told = ended(store)
    used = store.write_at(NOON, sign_in_links.use, link(store, cast.member), "token", "")
    store.write(accounts.disable, acting(store, cast.organizer_a), cast.member)
    assert told == [used.sign_in.id]
    with store.read(NOON) as work:
        assert sign_ins.find(work, "token", timedelta(days=30)) is None


@pytest.mark.parametrize("verb", [accounts.disable, accounts.enable])
@pytest.mark.parametrize(
    ("by", "whose", "refusal"),
    [
        ("organizer_b", "member", Missing),
        ("reader_a", "member", NotAllowed),
        ("organizer_a", "both", NotAllowed),
        ("organizer_a", "admin_a", NotAllowed),
        ("member", "reader_a", Missing),
    ],
)
def test_who_may_not_close_or_open_whose_account(  # type: ignore[no-untyped-def]
    store: Store, cast: Cast, verb, by: str, whose: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        store.write(verb, acting(store, getattr(cast, by)), getattr(cast, whose))


def test_nobody_closes_his_own_account_or_one_that_is_not(store: Store, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        store.write(accounts.disable, acting(store, cast.organizer_a), cast.organizer_a)
    with pytest.raises(Missing):
        store.write(accounts.disable, acting(store, cast.organizer_a), 987654)


def test_a_new_password_signs_the_other_browsers_out(store: Store, cast: Cast) -> None:
    told = ended(store)
    kept = store.write(sign_ins.begin, cast.member, "one", "phone", by_link=True)
    other = store.write(sign_ins.begin, cast.member, "two", "computer")
    foreign = store.write(sign_ins.begin, cast.outsider, "three", "computer")
    store.write(accounts.set_password, kept.id, None, passwords.hashed(GOOD))
    assert told == [other.id]
    assert accounts.sign_in(store, "13800000001", GOOD, "", "").sign_in.person_id == cast.member
    with store.read() as work:
        assert work.db.get_one(SignIn, foreign.id).ended_at is None
        assert work.db.get_one(SignIn, kept.id).by_link is False


def test_a_password_that_was_changed_meanwhile_stays(store: Store, cast: Cast) -> None:
    begun = store.write(sign_ins.begin, cast.member, "one", "phone")
    give_password(store, cast.member)
    with pytest.raises(Stale):
        store.write(accounts.set_password, begun.id, None, passwords.hashed("something-else-9"))
    assert accounts.sign_in(store, "13800000001", GOOD, "", "")


def test_only_those_who_never_signed_in_lack_an_account(store: Store, cast: Cast) -> None:
    with store.read(NOON) as work:
        assert accounts.never_signed_in(work, [cast.a]) == {cast.a: 2}
    store.write_at(NOON, sign_in_links.use, link(store, cast.member), "token", "")
    with store.read(NOON) as work:
        assert accounts.never_signed_in(work, [cast.a]) == {cast.a: 1}


def test_consent_keeps_its_first_date(store: Store, cast: Cast) -> None:
    store.write_at(NOON, accounts.consent, cast.member)
    store.write_at(at(days=3), accounts.consent, cast.member)
    with store.read() as work:
        assert work.db.get_one(Person, cast.member).consented_at == NOON
