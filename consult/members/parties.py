"""Whether somebody is a member of the CPC (中共党员) or not (党外), by what stands as his party. Pure."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message


class Standing(enum.StrEnum):
    """Inside the CPC or outside it; unknown where nothing is written, and counted with neither."""

    PARTY = "party"
    NON_PARTY = "non_party"
    UNKNOWN = "unknown"


STANDINGS: Mapping[Standing, Message] = {
    Standing.PARTY: _l("CPC members"),
    Standing.NON_PARTY: _l("Non-CPC members"),
    Standing.UNKNOWN: _l("Party not written down"),
}

_OUTSIDE = re.compile(r"非|党外|无党派|non", re.IGNORECASE)
_CPC = re.compile(r"中共|中国共产党|共产党员|cpc", re.IGNORECASE)
_OTHERS = re.compile(r"民革|民盟|民建|民进|农工|致公|九三|台盟")


@lru_cache(maxsize=1000)
def standing(party: str) -> Standing:
    """The standing of a member whose party is written so: 中共党员, 民盟盟员, 农工党党员, 群众, 非中共 …

    Who is in the CPC and in another party, too, is in the CPC.
    """
    said = "".join(unicodedata.normalize("NFKC", party).split())
    if not said:
        return Standing.UNKNOWN
    if _OUTSIDE.search(said):
        return Standing.NON_PARTY
    cpc = _CPC.search(said) or ("党员" in said and not _OTHERS.search(said))
    return Standing.PARTY if cpc else Standing.NON_PARTY
