"""Forms on pages: a refusal is shown at the field it is about, and what was typed stays."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask_wtf import FlaskForm

from consult.core.errors import Invalid, Refusal

KEY = re.compile("[A-Za-z0-9_-]{16,64}")
NUMBER = re.compile("[0-9]{1,9}")


def shown_at_field(form: FlaskForm, refusal: Refusal, otherwise: str = "") -> int:
    """Puts the refusal's message at its field of the form (or at `otherwise`); returns the answer's status.

    Raises the refusal again where the form has no such field.
    """
    name = refusal.field if isinstance(refusal, Invalid) and refusal.field in form else otherwise
    if name not in form:
        raise refusal
    form[name].errors = list(dict.fromkeys([*form[name].errors, str(refusal)]))
    return refusal.status


def key_sent(sent: Mapping[str, str]) -> str | None:
    """The key that the form was given when it was shown, by which the same form sent twice is known."""
    key = sent.get("form_key", "")
    return key if KEY.fullmatch(key) else None


def version_sent(sent: Mapping[str, str]) -> int:
    """The version of the thing that the form was shown with. Refuses: Invalid, when there is none."""
    return number_sent(sent, "version")


def page_asked(sent: Mapping[str, str]) -> int:
    """The page of a long list that an address asks for; the first where it asks for none that could be."""
    text = sent.get("page", "")
    return max(1, int(text)) if len(text) < 7 and NUMBER.fullmatch(text) else 1


def number_sent(sent: Mapping[str, str], name: str) -> int:
    """A whole number of the form's own making. Refuses: Invalid."""
    if not NUMBER.fullmatch(sent.get(name, "")):
        raise Invalid
    return int(sent[name])
