"""Forms on pages: a refusal is shown at the field it is about, and what was typed stays."""

from __future__ import annotations

from flask_wtf import FlaskForm

from consult.core.errors import Invalid, Refusal


def shown_at_field(form: FlaskForm, refusal: Refusal, otherwise: str = "") -> int:
    """Puts the refusal's message at its field of the form (or at `otherwise`); returns the answer's status.

    Raises the refusal again where the form has no such field.
    """
    name = refusal.field if isinstance(refusal, Invalid) and refusal.field in form else otherwise
    if name not in form:
        raise refusal
    form[name].errors = [*form[name].errors, str(refusal)]
    return refusal.status
