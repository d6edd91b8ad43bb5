"""Every verb, asked by everybody: who may, who is refused, and who does not even learn that it is there."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import pytest

import consult
from tests.permissions import table_meetings, table_members, table_presence, table_rest, table_topics
from tests.permissions.lines import LINES, PIECES, Line, Outcome, outcome, verbs
from tests.permissions.scene import Scene

TABLES = (table_members, table_topics, table_meetings, table_presence, table_rest)
"""Importing them fills LINES."""
EDGES = re.compile(r"\.(pages|http|sockets|cli)\b|^consult\.background\.asking$")
"""What modules are called that speak with browsers and people."""


def said(outcome: Outcome) -> str:
    return outcome if isinstance(outcome, str) else outcome.__name__


def test_every_verb_is_in_the_table() -> None:
    known = {one.name for one in LINES} | PIECES.keys()
    found = verbs()
    missing = [
        f"consult.{name}: write line({'.'.join(name.split('.')[-2:])}, lambda s: (…), let(…)) into one of "
        "tests/permissions/table_*.py; lines.py tells how"
        for name in sorted(found.keys() - known)
    ]
    assert missing == []
    assert sorted(known - found.keys()) == [], "no verb is called so any more: take its lines out"


def test_what_is_no_verb_is_called_by_no_page() -> None:
    """It asks nobody, so only verbs may call it, which do."""
    pieces = {name: function for name, function in verbs().items() if name in PIECES}
    assert [
        f"{module} calls {name}"
        for module, called in _calls_of_edges()
        for name, function in pieces.items()
        if called is function
    ] == []


@pytest.mark.parametrize("one", LINES, ids=[one.name for one in LINES])
def test_permission(scene: Scene, one: Line) -> None:
    found = {role: outcome(scene, one, role) for role in one.expected}
    assert {role: said(what) for role, what in found.items()} == {
        role: said(what) for role, what in one.expected.items()
    }


def _calls_of_edges() -> Iterator[tuple[str, object]]:
    """What is named in the modules that are edges, by the module that names it."""
    for found in pkgutil.walk_packages(consult.__path__, "consult."):
        if not EDGES.search(found.name):
            continue
        module = importlib.import_module(found.name)
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Name):
                yield found.name, vars(module).get(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                owner = vars(module).get(node.value.id)
                yield found.name, vars(owner).get(node.attr) if inspect.ismodule(owner) else None
