"""Where the files are that are not Python: templates and static files."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def resource_dir(name: str) -> Path:
    """The folder `templates` or `static`: inside the package where it is installed, beside it in a checkout.

    Raises FileNotFoundError where neither exists.
    """
    for folder in (PACKAGE / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"consult is installed without its {name}/ folder")
