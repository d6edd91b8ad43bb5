"""The table's grammar: a line for each verb, who is let do it, and what the others are told.

A verb is a public function of a module of consult whose first parameters are `work` and `actor`. To add one,
write a line in the table of its package (tests/permissions/table_*.py):

    line(topics.edit, lambda s: (s.topic, 1, matter()), let(ORGANIZERS, known="reader member"))

`let(…)` names who may; `known`, who is refused though he may see the thing (NotAllowed); all others must not
learn that it is there (Missing). For what only looks, give `finds`: what it returns for those in `let(…)`
holds what they asked for, and NOTHING for the others, who are given `NOTHING` by `let(…, others=NOTHING)`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import consult
from consult.core.errors import Missing, NotAllowed, Refusal
from consult.core.store import Work
from tests.permissions.scene import NOW, ROLES, Scene

OK, NOTHING = "ok", "nothing"
Outcome = str | type[Refusal]

ORGANIZERS = "office colleague administrator above"
READERS = f"{ORGANIZERS} reader"
MEMBERS = "member fellow"
EVERYBODY = " ".join(ROLES)


@dataclass(frozen=True)
class Line:
    """A verb, what it is called with, and what becomes of it for whom."""

    verb: Callable[..., Any]
    args: Callable[[Scene], tuple[Any, ...]]
    expected: Mapping[str, Outcome]
    finds: Callable[[Any, Scene], object] | None
    kwargs: Mapping[str, Any]
    at: datetime

    @property
    def name(self) -> str:
        return name_of(self.verb)


LINES: list[Line] = []
PIECES: dict[str, str] = {}
"""What looks like a verb and asks nobody, with the reason why it need not: only verbs may call it."""


def line(
    verb: Callable[..., Any],
    args: Callable[[Scene], tuple[Any, ...]],
    expected: Mapping[str, Outcome],
    finds: Callable[[Any, Scene], object] | None = None,
    at: datetime = NOW,
    **kwargs: Any,
) -> None:
    """Puts a line into the table."""
    LINES.append(Line(verb, args, expected, finds, kwargs, at))


def piece(verb: Callable[..., Any], why: str) -> None:
    """Says of a function that it is no verb."""
    PIECES[name_of(verb)] = why


def let(allowed: str, known: str = "", others: Outcome = Missing, **special: Outcome) -> dict[str, Outcome]:
    """Who may (OK), who is refused openly (NotAllowed), what all others get, and what single roles do."""
    told = dict.fromkeys(ROLES, others)
    told |= dict.fromkeys(known.split(), NotAllowed) | dict.fromkeys(allowed.split(), OK)
    return told | special


def some(found: object, _scene: Scene) -> bool:
    """For `finds`, where all that there is to find is what the line is about."""
    return bool(found)


def name_of(verb: Callable[..., Any]) -> str:
    return f"{verb.__module__.removeprefix('consult.')}.{verb.__qualname__}"


def verbs() -> dict[str, Callable[..., Any]]:
    """All verbs that there are, by name."""
    found = {}
    for module in pkgutil.walk_packages(consult.__path__, "consult."):
        if module.name.startswith(("consult.migrations", "consult.__main__")):
            continue
        here = importlib.import_module(module.name)
        for name, function in inspect.getmembers(here, inspect.isfunction):
            own = function.__module__ == module.name and not name.startswith("_")
            if own and list(inspect.signature(function).parameters)[:2] == ["work", "actor"]:
                found[name_of(function)] = function
    return found


class _Undone(Exception):
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def outcome(scene: Scene, one: Line, role: str) -> Outcome:
    """What becomes of it when he does it. Whatever he did is undone."""
    actor, args = scene.actor(role), one.args(scene)

    def attempt(work: Work) -> None:
        result = one.verb(work, actor, *args, **one.kwargs)
        work.db.flush()
        raise _Undone(OK if one.finds is None or one.finds(result, scene) else NOTHING)

    try:
        scene.store.write_at(one.at, attempt)
    except _Undone as undone:
        return undone.outcome
    except Refusal as refusal:
        return type(refusal)
    raise AssertionError("the attempt was not undone")
