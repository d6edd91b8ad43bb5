"""Whom a request for leave goes to, by the form of the meeting. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from consult.invitations.leave import Approver, Asker, ReasonType, Route, route
from consult.members.charges import ChargeKind
from consult.topics.forms_of_consultation import Form

HOST, OWN, NAMING, ME = 1, 7, 5, 100
SECTOR, COMMITTEE = (ChargeKind.SECTOR, "农业界"), (ChargeKind.COMMITTEE, "提案委")
HOLDERS: Mapping[tuple[ChargeKind, str], Collection[int]] = {SECTOR: {200}, COMMITTEE: {300}}


def asker(**given: object) -> Asker:
    defaults: dict[str, object] = {
        "person_id": ME, "unit_id": OWN, "sector": "农业界", "committees": ("文史委", "提案委"),
        "named_by": None,
    }  # fmt: skip
    return Asker(**{**defaults, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize("form", [Form.COUNTERPART, Form.PROPOSAL_HANDLING])
def test_a_committee_s_consultation_goes_to_its_head(form: Form) -> None:
    assert route(form, OWN, asker(), HOLDERS) == Route(Approver.COMMITTEE_HEAD, OWN, "提案委")


def test_a_sector_s_consultation_goes_to_its_convener() -> None:
    assert route(Form.SECTOR, OWN, asker(), HOLDERS) == Route(Approver.CONVENER, OWN, "农业界")


@pytest.mark.parametrize("form", [Form.STANDING_COMMITTEE, Form.REMOTE])
def test_what_a_higher_tier_calls_goes_to_its_office_or_to_who_named_him(form: Form) -> None:
    assert route(form, HOST, asker(), HOLDERS) == Route(Approver.HOST_OFFICE, HOST)
    assert route(form, HOST, asker(named_by=NAMING), HOLDERS) == Route(Approver.NAMING_OFFICE, NAMING)
    assert route(form, OWN, asker(), HOLDERS) == Route(Approver.OWN_OFFICE, OWN)


@pytest.mark.parametrize("form", [Form.TRAINING, Form.ACTIVITY])
def test_all_else_goes_to_one_s_own_office(form: Form) -> None:
    assert route(form, HOST, asker(), HOLDERS) == Route(Approver.OWN_OFFICE, OWN)


@pytest.mark.parametrize("form", [Form.SECTOR, Form.COUNTERPART])
def test_where_nobody_is_in_charge_the_office_decides(form: Form) -> None:
    assert route(form, OWN, asker(), {}) == Route(Approver.OWN_OFFICE, OWN)
    assert route(form, OWN, asker(sector="", committees=()), HOLDERS) == Route(Approver.OWN_OFFICE, OWN)


def test_nobody_is_sent_his_own_request() -> None:
    alone: Mapping[tuple[ChargeKind, str], Collection[int]] = {SECTOR: {ME}, COMMITTEE: {ME}}
    assert route(Form.SECTOR, OWN, asker(), alone) == Route(Approver.OWN_OFFICE, OWN)
    assert route(Form.COUNTERPART, OWN, asker(), alone) == Route(Approver.OWN_OFFICE, OWN)
    shared = {SECTOR: {ME, 200}}
    assert route(Form.SECTOR, OWN, asker(), shared).approver is Approver.CONVENER


def test_each_reason_has_words() -> None:
    assert {str(one.label) for one in ReasonType} == {
        "Duty for a superior body", "Illness", "Away on business", "Family matter", "Another reason"
    }  # fmt: skip
    assert {one for one in ReasonType if not one.needs_text} == {ReasonType.ILLNESS, ReasonType.FAMILY}
