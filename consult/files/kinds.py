"""Which files are taken, told by their content and their name together. Pure; nothing is ever unpacked.

A name says what its bringer takes it for, the content what it is; only where both agree do we know what we
hand on. A container (.docx, .ofd) is known by the directory of its zip, read within limits.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid
from consult.core.text import clean

LONGEST_NAME = 120
LONGEST_GIVEN = 2000
MOST_ENTRIES = 10_000  # in the directory of a zip
MOST_TYPES = 2 << 20  # bytes of [Content_Types].xml that are read

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_END_OF_ZIP = b"PK\x05\x06"
_MARKUP = re.compile(r"\s*<(!doctype|html|svg|head|body|script|\?xml|iframe|meta)", re.IGNORECASE)
_BINARY = re.compile("[\x00-\x08\x0e-\x1f]")
_FORBIDDEN = re.compile(r'[<>:"|?*%;]')


@dataclass(frozen=True)
class FileKind:
    """What a file is: the type it is served with, and whether a browser may show it by itself."""

    media_type: str
    shown: bool = False


def clean_name(raw: str) -> str:
    """The name of an uploaded file without its folders, control characters and overrides.

    Refuses: Invalid (field `file`), when nothing is left of it.
    """
    name = " ".join(clean(re.split(r"[/\\]", raw[-LONGEST_GIVEN:])[-1]).split())
    stem, dot, ending = _FORBIDDEN.sub("_", name).strip(" .").rpartition(".")
    stem = stem.strip(" .")
    if not dot or not stem or not ending:
        raise _unknown(name)
    return f"{stem[: LONGEST_NAME - len(ending) - 1].strip()}.{ending}"


def recognised(name: str, data: bytes) -> FileKind:
    """What the file is. Refuses: Invalid (field `file`), with what to do instead."""
    ending = name.rpartition(".")[2].lower()
    if ending not in _ENDINGS:
        raise _unknown(name)
    if not data:
        raise Invalid(_l("“%(name)s” is empty.", name=name), field="file")
    is_one, kind = _ENDINGS[ending]
    if not is_one(data):
        if _is_ole(data) and "EncryptedPackage".encode("utf-16-le") in data:
            raise Invalid(
                _l("“%(name)s” is locked with a password. Please save it without one.", name=name),
                field="file",
            )
        raise Invalid(
            _l(
                "“%(name)s” is not what its name says. Open it, save it in its own format, and send that.",
                name=name,
            ),
            field="file",
        )
    if _has_macros(data):
        raise Invalid(
            _l("“%(name)s” contains macros. Please save it without macros, or as PDF.", name=name),
            field="file",
        )
    return kind


def _unknown(name: str) -> Invalid:
    return Invalid(
        _l(
            "“%(name)s” is not a kind of file that is taken here. Taken are PDF, OFD, Word, Excel, "
            "PowerPoint and WPS documents, plain text (.txt), PNG and JPEG pictures.",
            name=name[:60],
        ),
        field="file",
    )


def _starts(*with_bytes: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(with_bytes)


def _is_ole(data: bytes) -> bool:
    return data.startswith(_OLE)


def _old_office(*streams: str) -> Callable[[bytes], bool]:
    """An OLE container with one of these streams in its directory."""
    marks = [stream.encode("utf-16-le") for stream in streams]
    return lambda data: _is_ole(data) and any(mark in data for mark in marks)


def _zip_with(*parts: str) -> Callable[[bytes], bool]:
    """A zip whose directory names all these parts."""
    return lambda data: set(parts) <= set(_names(data))


def _names(data: bytes) -> list[str]:
    """The names in the directory of a zip; none for what is no sound zip, or an outsized one."""
    if not data.startswith(b"PK\x03\x04"):
        return []
    end = data.rfind(_END_OF_ZIP, max(0, len(data) - 65_557))
    entries = int.from_bytes(data[end + 10 : end + 12], "little")
    if end < 0 or entries > MOST_ENTRIES:
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            return container.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return []


def _has_macros(data: bytes) -> bool:
    if _is_ole(data):
        return "_VBA_PROJECT".encode("utf-16-le") in data
    names = _names(data)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return True
    if "[Content_Types].xml" not in names:
        return False
    try:
        with (
            zipfile.ZipFile(io.BytesIO(data)) as container,
            container.open("[Content_Types].xml") as types,
        ):
            return b"macroenabled" in types.read(MOST_TYPES).lower()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError, EOFError):
        return True  # a document whose own list of parts can't be read is not handed on


def _is_text(data: bytes) -> bool:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not _BINARY.search(text) and not _MARKUP.match(text)
    return False


def _is_jpeg(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff") and len(data) > 100


_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_WORD = _old_office("WordDocument")
_EXCEL = _old_office("Workbook", "Book")
_POWERPOINT = _old_office("PowerPoint Document")
_TYPES = "[Content_Types].xml"

_ENDINGS: Mapping[str, tuple[Callable[[bytes], bool], FileKind]] = {
    "pdf": (_starts(b"%PDF-"), FileKind("application/pdf", shown=True)),
    "ofd": (_zip_with("OFD.xml"), FileKind("application/ofd")),
    "docx": (
        _zip_with(_TYPES, "word/document.xml"),
        FileKind(f"{_OPEN_XML}wordprocessingml.document"),
    ),
    "xlsx": (_zip_with(_TYPES, "xl/workbook.xml"), FileKind(f"{_OPEN_XML}spreadsheetml.sheet")),
    "pptx": (
        _zip_with(_TYPES, "ppt/presentation.xml"),
        FileKind(f"{_OPEN_XML}presentationml.presentation"),
    ),
    "doc": (_WORD, FileKind("application/msword")),
    "wps": (_WORD, FileKind("application/vnd.ms-works")),
    "xls": (_EXCEL, FileKind("application/vnd.ms-excel")),
    "et": (_EXCEL, FileKind("application/vnd.ms-excel")),
    "ppt": (_POWERPOINT, FileKind("application/vnd.ms-powerpoint")),
    "dps": (_POWERPOINT, FileKind("application/vnd.ms-powerpoint")),
    "txt": (_is_text, FileKind("text/plain")),
    "png": (_starts(b"\x89PNG\r\n\x1a\n"), FileKind("image/png", shown=True)),
    "jpg": (_is_jpeg, FileKind("image/jpeg", shown=True)),
    "jpeg": (_is_jpeg, FileKind("image/jpeg", shown=True)),
}

ACCEPTED = ",".join(f".{ending}" for ending in _ENDINGS)
"""What a file picker offers."""

SHOWN = frozenset(kind.media_type for _is_one, kind in _ENDINGS.values() if kind.shown)
"""The types that a browser may show by itself, in a tab of its own."""
