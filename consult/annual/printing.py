"""How a report prints its figures: exactly, or rounded down where only “more than” is said (余). Pure."""

from __future__ import annotations

from fractions import Fraction

from flask_babel import gettext as _
from flask_babel import ngettext

from consult.annual.counting import Told
from consult.annual.lines import Column

_TENTH = Fraction(1, 10)


def rounded(value: int) -> int:
    """The value rounded down as such figures are: to tens below a thousand, then to two digits and more."""
    step = 10
    while value >= step * 100 and value >= 1000:
        step *= 10
    return value - value % step if value >= 10 else value


def rough_share(share: Fraction) -> Fraction:
    """The share rounded down to tens of percent."""
    return share // _TENTH * _TENTH


def printed(told: Told, column: Column = Column.VALUE) -> str:
    """The figure as the report prints it: 7, 220余, 62.5%, 60%以上; a dash for a share of nothing."""
    rough = column in told.line.rough
    if told.line.percent and column == Column.VALUE:
        return _share(told.share, rough)
    amount = told.total(column)
    round_value = rounded(amount.value) if rough or amount.at_least else amount.value
    if amount.at_least or round_value < amount.value:
        return str(_("more than %(number)s", number=round_value))
    return str(round_value)


def exact(told: Told, column: Column = Column.VALUE) -> str:
    """The figure as it is known: 226; 220+ where a row says only “more than”; 62.5%."""
    if told.line.percent and column == Column.VALUE:
        return _share(told.share, rough=False)
    amount = told.total(column)
    return f"{amount.value}+" if amount.at_least else str(amount.value)


def is_rounded(told: Told, column: Column = Column.VALUE) -> bool:
    """Whether the printed figure says less than is known, or more is not known."""
    return printed(told, column) != exact(told, column)


def percent(share: Fraction) -> str:
    """A share in percent, with a decimal unless it has none."""
    tenths = share * 1000
    return f"{float(share):.0%}" if tenths % 10 == 0 else f"{float(share):.1%}"


def _share(share: Fraction | None, rough: bool) -> str:
    if share is None:
        return "–"
    if rough and rough_share(share) < share and share >= _TENTH:
        return str(_("over %(percent)s", percent=percent(rough_share(share))))
    return percent(share)


def took_part(told: Told) -> str:
    """Who took part, in words: person-times, of how many people as far as named, and the public."""
    words = []
    if told.total(Column.TIMES).value:
        count = told.total(Column.TIMES).value
        words.append(
            ngettext(
                "%(times)s person-time", "%(times)s person-times", count, times=printed(told, Column.TIMES)
            )
        )
    if told.people:
        words.append(ngettext("%(num)s person by name", "%(num)s people by name", told.people))
    if told.total(Column.PUBLIC).value:
        count = told.total(Column.PUBLIC).value
        public = printed(told, Column.PUBLIC)
        words.append(ngettext("%(times)s of the public", "%(times)s of the public", count, times=public))
    return str(_(", ")).join(words)


def kept_exactly(told: Told) -> str:
    """What stands behind the printed figures: part and whole of a share, the exact number of a rounded
    one."""
    if told.line.percent:
        parts = f"{told.value} / {told.total(Column.WHOLE).value}"
        return f"{exact(told)} ({parts})" if is_rounded(told) else parts
    return str(_("; ")).join(exact(told, one) for one in told.line.columns if is_rounded(told, one))


def difference(told: Told, earlier: Told | None) -> int | Fraction | None:
    """By how much the figure differs from that of the year before; None where there is nothing to compare."""
    if earlier is None:
        return None
    if not told.line.percent:
        return told.value - earlier.value
    return None if told.share is None or earlier.share is None else told.share - earlier.share


def changed(told: Told, earlier: Told | None) -> str:
    """The same as one reads it: +3, −2, ±0; of shares in percentage points."""
    by = difference(told, earlier)
    if by is None:
        return ""
    sign = "+" if by > 0 else "−" if by < 0 else "±"
    if isinstance(by, Fraction):
        return str(_("%(points)s points", points=f"{sign}{abs(round(float(by) * 100, 1)):g}"))
    return f"{sign}{abs(by)}"
