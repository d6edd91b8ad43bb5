"""The rules of the house that a machine can keep: who imports whom, who asks for the time, what is long."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOUNDATION = 0  # knows no feature; its parts may know each other
COMPOSITION = 10  # puts the features together; its parts may know each other
RANKS = {
    **dict.fromkeys(("core", "config", "websocket"), FOUNDATION),
    "members": 1,
    **dict.fromkeys(("files", "background"), 2),
    "topics": 3,
    "meetings": 4,
    **dict.fromkeys(("discussion", "attendance", "invitations", "plans", "records"), 5),
    **dict.fromkeys(("reports", "calendars", "checkins", "register"), 6),
    **dict.fromkeys(("notices", "annual"), 7),
    **dict.fromkeys(("live", "home", "issued"), 8),
    "retention": 9,
    **dict.fromkeys(("app", "scheduler", "cli", "serve", "rehearsal", "demo"), COMPOSITION),
    **dict.fromkeys(("health", "kinds", "navigation"), COMPOSITION),
    **dict.fromkeys(("migrations", "__main__"), COMPOSITION + 1),
}
KNOWS_NOTHING_OF_CONSULT = "websocket"
ASKS_FOR_THE_TIME = "consult.core.clock"
LONGEST_FILE = 450
LONGEST_FUNCTION = 60

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "consult").rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(), str(path)) for name, path in MODULES.items()}
OURS = [name for name in MODULES if not name.startswith("consult.migrations.versions")]


def imports(name: str) -> Iterator[str]:
    """The modules of consult that the module imports, wherever in it."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "consult")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: write imports in full"
            if node.module and node.module.split(".")[0] == "consult":
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield inner if inner in MODULES else node.module


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Each function and method of ours, with its module's name."""
    for name in OURS:
        for node in ast.walk(TREES[name]):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield name, node


def room(name: str) -> str:
    return name.split(".")[1]


def rank(name: str) -> int:
    assert room(name) in RANKS, f"give {name} a rank in {Path(__file__).name}"
    return RANKS[room(name)]


def may_know(name: str, other: str) -> bool:
    if room(name) == room(other):
        return True
    if room(name) == KNOWS_NOTHING_OF_CONSULT:
        return False
    if rank(name) in (FOUNDATION, COMPOSITION):
        return rank(other) <= rank(name)
    return rank(other) < rank(name)


def test_a_module_imports_only_what_is_below_it() -> None:
    modules = [name for name in MODULES if name != "consult"]
    assert [
        f"{name} imports {other}"
        for name in modules
        for other in imports(name)
        if other != "consult" and not may_know(name, other)
    ] == []


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {name: set(imports(name)) - {name, "consult"} for name in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_imports_stand_at_the_top() -> None:
    assert [
        f"{name}:{inner.lineno}"
        for name, function in functions()
        for inner in ast.walk(function)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ] == []


def test_only_the_clock_asks_for_the_time() -> None:
    forbidden = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.time)$")
    assert [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name in OURS
        if name != ASKS_FOR_THE_TIME
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.Attribute) and forbidden.search(ast.unparse(node))
    ] == []


def test_nothing_is_patched() -> None:
    """Blocking work goes to threads; the libraries stay as they are."""
    patching = re.compile(r"gevent\.monkey|gevent import .*monkey|patch_all")
    assert [name for name in OURS if patching.search(MODULES[name].read_text())] == []


def test_files_and_functions_are_short() -> None:
    files = {name: len(MODULES[name].read_text().splitlines()) for name in OURS}
    assert {name: lines for name, lines in files.items() if lines > LONGEST_FILE} == {}
    lengths = {
        f"{name}.{function.name}": (function.end_lineno or function.lineno) - function.lineno + 1
        for name, function in functions()
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_templates_hold_no_inline_script_or_style() -> None:
    inline = re.compile(
        r"""<style|\sstyle\s*=|\son[a-z]+\s*=\s*["']|href\s*=\s*["']javascript:"""
        r"""|<script(?![^>]*(\ssrc=|type="application/json"))""",
        re.IGNORECASE,
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "templates").rglob("*.*"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if inline.search(re.sub(r"\{%.*?%\}", "", line))
    ]
    assert found == []
