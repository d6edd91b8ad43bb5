"""What is handed out: lock files that name no place, and a wheel that works away from the checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from hatch_build import ASSETS
from tests.support.server import Server
from tests.support.wait import until

ROOT = Path(__file__).resolve().parents[1]
LEFT_BEHIND = shutil.ignore_patterns(".*", "__pycache__", "var", "dist", "build", "node_modules", "*.mo")
BUILD = ("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")

pytestmark = pytest.mark.slow


def copy_of_checkout(folder: Path) -> Path:
    shutil.copytree(ROOT, folder, ignore=LEFT_BEHIND)
    shutil.copy(ROOT / ".npmrc", folder)
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    copy = copy_of_checkout(folder / "consult")
    subprocess.run([sys.executable, *BUILD, "--wheel-dir", folder, copy], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and what it depends on, but not this checkout."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    programs = folder / "bin"
    pip = (sys.executable, "-m", "pip", "--python", programs / "python", "install", "--no-index", "--no-deps")
    subprocess.run([*pip, "--disable-pip-version-check", wheel], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return programs


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[Server]:
    env = {"DATABASE_URL": f"sqlite:///{tmp_path}/consult.sqlite", "SECRET_KEY": "k" * 40}
    server = Server(env, tmp_path / "log", program=(str(installed / "consult"), "serve"), cwd=tmp_path)
    yield server.start()
    server.close()


def test_lock_files_name_no_place_and_hash_everything() -> None:
    locks = sorted(ROOT.glob("requirements*.lock"))
    assert len(locks) == 3
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text
        assert re.findall(r"^--?\w.*", text, re.MULTILINE) == [], "an option of pip's, such as an index"
        packages = re.split(r"\n(?=\w)", text.strip())
        assert [package for package in packages if "--hash=sha256:" not in package] == []


def test_npm_lock_pins_by_content_and_names_no_place() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    brought = {name: package for name, package in packages.items() if name}
    assert [name for name, package in brought.items() if "resolved" in package] == []
    assert all(package["integrity"].startswith("sha512-") for package in brought.values())


def test_both_locks_agree_on_what_they_share() -> None:
    runtime, test = (
        dict(re.findall(r"^([\w.\-\[\]]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-test.lock")
    )
    assert runtime.items() <= test.items()


def test_the_wheel_holds_what_is_not_python(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for asset in ASSETS:
        assert f"consult/static/vendor/{asset}" in names
    for folder in ("templates", "static/css", "static/js"):
        ours = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert ours
        assert {f"consult/{path}" for path in ours} <= names
    assert any(name.startswith("consult/migrations/versions/0001") for name in names)
    for language in (ROOT / "consult" / "translations").glob("*/LC_MESSAGES"):
        assert f"consult/translations/{language.parent.name}/LC_MESSAGES/messages.mo" in names
    assert not [name for name in names if name.startswith(("tests/", "hatch_build"))]


def test_a_wheel_without_assets_is_not_built(tmp_path: Path) -> None:
    copy = copy_of_checkout(tmp_path / "consult")
    shutil.rmtree(copy / "static" / "vendor")
    (copy / "package-lock.json").write_text("{}")
    build = subprocess.run(
        [sys.executable, *BUILD, "--wheel-dir", tmp_path, copy], capture_output=True, text=True
    )
    assert build.returncode != 0
    assert "npm could not bring what package-lock.json names" in build.stdout + build.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_the_installed_wheel_serves_a_page(served: Server) -> None:
    with urlopen(Request(served.url, headers={"Accept-Language": "zh-CN"})) as answer:  # noqa: S310 our own
        page = answer.read().decode()
    assert answer.status == 200
    assert "登录" in page, "in Chinese: the translations are there"
    with urlopen(f"{served.url}/static/vendor/bootstrap.min.css") as answer:  # noqa: S310 our own
        assert answer.headers["Content-Type"].startswith("text/css")


def test_the_procfile_runs_as_it_stands(installed: Path, tmp_path: Path) -> None:
    env = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/consult.sqlite",
        "SECRET_KEY": "k" * 40,
        "PATH": f"{installed}:{os.environ['PATH']}",
    }
    honcho = (sys.executable, "-m", "honcho", "--procfile", str(ROOT / "Procfile"), "start")
    server = Server(env, tmp_path / "log", program=honcho, cwd=tmp_path)

    def clock_is_alive() -> bool:
        with urlopen(f"{server.url}/readyz") as answer:  # noqa: S310 our own
            return bool(json.load(answer)["clock"])

    try:
        server.start()
        until(clock_is_alive, 20, "the clock: process, for the web: process runs none")
    finally:
        server.close()
