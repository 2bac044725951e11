"""A PDF on its way through a real daemon: from a program and from the agent's home to each provider."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.actors.llm.papers import pdf
from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving
from tests.validators import anthropic_messages, gemini, responses

DATA = b64encode(pdf(2, "The boat is blue")).decode()
URL = f"data:application/pdf;base64,{DATA}"


def no_complaints(body: Any) -> None:
    assert responses.complaints(body) == []


@pytest.mark.parametrize(
    ("provider", "model", "check"),
    [
        ("anthropic", "claude-haiku-4-5", anthropic_messages.check),
        ("openai", "gpt-5.4", no_complaints),
        ("gemini", "gemini-3-pro-preview", gemini.check),
    ],
)
async def test_a_pdf_reaches_a_model_that_reads_it(
    tmp_path: Path, model_server: ModelServer, provider: str, model: str, check: Callable[[Any], None]
) -> None:
    place = Place(tmp_path / "aster", model_server.url, provider)
    place.settings.write_text(place.settings.read_text().replace("test-model", model))
    (place.home / "own.pdf").write_bytes(pdf(2, "The boat is blue"))
    read = Call("FileRead", {"path": "own.pdf"}, signature="c2ln")
    model_server.script(Reply(read), Reply(Say("Both are blue.")))
    file = {"type": "file", "file": {"filename": "boat.pdf", "file_data": URL}}
    asked = {"role": "user", "content": [{"type": "text", "text": "and yours?"}, file]}
    async with serving(place) as daemon:
        answer = await daemon.request("POST", "/v1/chat/completions", json={"messages": [asked]})
        assert answer.json()["choices"][0]["message"]["content"] == "Both are blue."
    first, second = (each.body for each in model_server.requests if each.tools)
    assert str(first).count(DATA) == 1
    assert str(second).count(DATA) == 2
    assert "boat.pdf" in str(first)
    check(first)
    check(second)
