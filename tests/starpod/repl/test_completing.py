"""What is offered for what was typed so far."""

from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from starpod.repl.completing import Known, LineCompleter

SESSIONS: list[dict[str, Any]] = [{"id": "0123456789", "title": "Boats"}, {"id": "abcdef0123", "title": None}]


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Known:
    for name in ("docs/plan.md", "docs/old.md", ".hidden", "evil\x1b[2J"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    known = Known()
    known.sessions, known.models = SESSIONS, ["anthropic/one", "openai/two"]
    known.skills = [{"name": "research", "description": "Looks things up."}]
    known.files = lambda: ["a.md"]
    return known


def offered(known: Known, typed: str) -> list[str]:
    found = LineCompleter(known).get_completions(Document(typed), CompleteEvent())
    return [typed[: len(typed) + each.start_position] + each.text for each in found]


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        ("/mo", ["/model"]),
        ("/re", ["/resume", "/rename", "/research"]),
        ("/model", []),
        ("/model open", ["/model openai/two"]),
        ("/model ", ["/model anthropic/one", "/model openai/two", "/model default"]),
        ("/effort l", ["/effort low", "/effort default"]),
        ("/resume boa", ["/resume 01234567"]),
        ("/resume abc", ["/resume abcdef01"]),
        ("/attach docs/p", ["/attach docs/plan.md"]),
        ("/save ", ["/save a.md"]),
        ("/new x", []),
        ("look at @do", ["look at @docs/"]),
        ("look at @docs/", ["look at @docs/old.md", "look at @docs/plan.md"]),
        ("@", ["@docs/"]),
        ("@.h", ["@.hidden"]),
        ("@nowhere/x", []),
        ("plain words", []),
        ("", []),
        ("/attach /", None),
    ],
)
def test_what_fits_is_offered(known: Known, typed: str, texts: list[str] | None) -> None:
    found = offered(known, typed)
    assert found == texts if texts is not None else found


def test_without_an_agent_the_orders_are_offered(tmp_path: Path) -> None:
    assert offered(Known(), "/sk") == ["/skills"]
    assert offered(Known(), "/save ") == []
