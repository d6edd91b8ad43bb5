"""Where the files are that are not Python: templates, static files, translations."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def resource_dir(name: str) -> Path:
    """The folder of that name: inside the package, or beside it as templates/ and static/ are in a checkout.

    Raises FileNotFoundError where neither exists.
    """
    for folder in (PACKAGE / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"consult is installed without its {name}/ folder")
