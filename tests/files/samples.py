"""Files as people bring them, small: right ones, and wrong ones under right names."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\0" * 200
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
TYPES = '<?xml version="1.0"?><Types><Override PartName="/x" ContentType="application/x"/></Types>'


def container(**parts: str) -> bytes:
    """A zip with these parts; of names, `__` is a dot and `___` a slash."""
    return zipped({name.replace("___", "/").replace("__", "."): text for name, text in parts.items()})


def zipped(parts: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return out.getvalue()


def office(main: str, types: str = TYPES, **more: str) -> bytes:
    """An Open XML document whose main part has that name."""
    return zipped({"[Content_Types].xml": types, main: "<x/>", **more})


def old_office(*streams: str) -> bytes:
    """Enough of an OLE document: its mark, and the names of its streams."""
    return OLE + b"\0" * 512 + b"\0\0".join(stream.encode("utf-16-le") for stream in streams)


DOCX = office("word/document.xml")
XLSX = office("xl/workbook.xml")
PPTX = office("ppt/presentation.xml")
OFD = zipped({"OFD.xml": "<ofd/>", "Doc_0/Document.xml": "<x/>"})

RIGHT: Mapping[str, bytes] = {
    "关于供水的调研.pdf": PDF,
    "议程.docx": DOCX,
    "名单.xlsx": XLSX,
    "汇报.PPTX": PPTX,
    "红头文件.ofd": OFD,
    "旧稿.doc": old_office("Root Entry", "WordDocument"),
    "旧稿.wps": old_office("WordDocument"),
    "旧表.xls": old_office("Workbook"),
    "旧表.et": old_office("Book"),
    "旧片.ppt": old_office("PowerPoint Document"),
    "旧片.dps": old_office("PowerPoint Document"),
    "说明.txt": "第一行\r\n第二行".encode(),
    "国标.txt": "供水一体化".encode("gb18030"),
    "照片.png": PNG,
    "照片.jpg": JPG,
    "照片.JPEG": JPG,
}

_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
_MANY = io.BytesIO()
with zipfile.ZipFile(_MANY, "w") as _made:
    for _number in range(10_050):
        _made.writestr(f"word/{_number}", "")
    _made.writestr("[Content_Types].xml", TYPES)
    _made.writestr("word/document.xml", "")

WRONG: Mapping[str, tuple[str, bytes]] = {
    "67 empty": ("空.pdf", b""),
    "68 renamed program": ("通知.pdf", b"MZ\x90\x00" + b"\0" * 200),
    "68 renamed web page": ("通知.docx", b"<html><script>alert(1)</script></html>"),
    "68 picture as pdf": ("图.pdf", PNG),
    "68 a workbook as a text document": ("表.docx", XLSX),
    "69 html": ("a.html", b"<html></html>"),
    "69 svg": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
    "69 html as text": ("a.txt", b"  <!DOCTYPE html><script>alert(1)</script>"),
    "69 svg as text": ("a.txt", b"\xef\xbb\xbf<svg onload=alert(1)>"),
    "70 binary as text": ("a.txt", b"abc\x00def"),
    "71 zip": ("包.zip", zipped({"a": "b"})),
    "72 plain zip as docx": ("包.docx", zipped({"a": "b"})),
    "73 torn docx": ("议程.docx", DOCX[: len(DOCX) // 2]),
    "74 macros by part": ("宏.docx", office("word/document.xml", **{"word/vbaProject.bin": "x"})),
    "74 macros by type": ("宏.docx", office("word/document.xml", TYPES.replace("application/x", _MACROS))),
    "74 macros by ending": ("宏.docm", DOCX),
    "74 macros in an old document": ("宏.doc", old_office("WordDocument", "_VBA_PROJECT")),
    "75 locked": ("密.docx", old_office("EncryptedPackage")),
    "76 too many entries": ("多.docx", _MANY.getvalue()),
    "77 polyglot: script, then a picture": ("图.png", b"<script>alert(1)</script>" + PNG),
    "78 ending after the ending": ("通知.pdf.exe", PDF),
    "79 no ending": ("通知", PDF),
    "79 nothing but an ending": (".pdf", PDF),
    "80 name of dots": ("..", PDF),
    "81 override hides the ending": ("通知\u202efdp.exe", PDF),
    "82 entry count that lies": (
        "谎.docx",
        DOCX[:-22] + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, 9, 2**31, 0),
    ),
}
