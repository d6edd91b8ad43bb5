"""Our texts as a Chinese page shows them, so that a test follows a better translation by itself."""

from __future__ import annotations

import gettext

from consult.core.resources import resource_dir

_CHINESE = gettext.translation("messages", str(resource_dir("translations")), ["zh_Hans_CN"], fallback=True)


def zh(text: str, **values: object) -> str:
    """The Chinese for this text of ours, completed by these values."""
    return _CHINESE.gettext(text) % values if values else _CHINESE.gettext(text)
