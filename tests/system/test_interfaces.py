"""Turns with a call through a real daemon, by the interfaces that only one provider has."""

from pathlib import Path

import pytest

from tests.fakes.model_script import Call, Reply, Say, Think
from tests.fakes.model_server import ModelServer
from tests.fakes.ollama_wire import showing
from tests.system.daemons import Place, serving
from tests.validators import ollama, responses


@pytest.mark.parametrize("provider", ["ollama", "openai"])
async def test_a_turn_with_a_call(tmp_path: Path, model_server: ModelServer, provider: str) -> None:
    place = Place(tmp_path / "aster", model_server.url, provider)
    model = {"ollama": "qwen3:8b", "openai": "gpt-5.4"}[provider]
    place.settings.write_text(place.settings.read_text().replace("test-model", model))
    (place.home / "a.md").write_text("the boat is blue")
    model_server.ollama.shown = {model: showing(40_960)}
    model_server.script(
        Reply(Think("hm"), Say("I look. "), Call("FileRead", {"path": "a.md"})), Reply(Say("It is blue."))
    )
    async with serving(place) as daemon:
        answer = await daemon.chat("which colour?")
    assert (answer["status"], answer["text"].endswith("It is blue.")) == (200, True)
    first, second = (each for each in model_server.requests if each.tools)
    assert (first.wire, second.wire) == ({"ollama": "ollama", "openai": "responses"}[provider],) * 2
    assert "the boat is blue" in second.tool_results[0]
    check = {"ollama": ollama, "openai": responses}[provider]
    assert check.complaints(first.body) + check.complaints(second.body) == []
    if provider == "ollama":
        assert first.body["options"]["num_ctx"] == second.body["options"]["num_ctx"] >= 8192
