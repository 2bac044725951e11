"""A whole turn with Gemini, which refuses a conversation whose signatures do not come back."""

from pathlib import Path

from tests.fakes.model_script import Call, Reply, Say, Think
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving


async def test_a_turn_with_a_tool_gives_back_what_gemini_signed(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "gemini")
    place.configure(
        'provider = "gemini"\nmodel = "gemini-3-flash-preview"\nreasoning_effort = "low"\n'
        f'[providers.gemini]\nbase_url = "{model_server.url}"\n'
    )
    model_server.script(
        Reply(
            Think("I write."),
            Call("FileWrite", {"path": "a.md", "content": "kept"}, id="fc-1", signature="c2lnbmVk"),
        ),
        Reply(Say("It is ", "written.", signature="bGFzdA==")),
        Reply(Say("Yes.")),
    )
    async with serving(place) as daemon:
        first = await daemon.chat("write it down")
        assert (first["status"], first["text"]) == (200, "It is written.")
        assert place.file("a.md") == "kept"
        conversation = first["session_id"]
        assert (await daemon.chat("sure?", session_id=conversation))["text"] == "Yes."
    second, third = (request.body["contents"] for request in model_server.requests[1:3])
    assert second[1] == {
        "role": "model",
        "parts": [
            {
                "functionCall": {
                    "name": "FileWrite",
                    "args": {"path": "a.md", "content": "kept"},
                    "id": "fc-1",
                },
                "thoughtSignature": "c2lnbmVk",
            }
        ],
    }
    (answered,) = second[2]["parts"]
    assert (answered["functionResponse"]["name"], answered["functionResponse"]["id"]) == ("FileWrite", "fc-1")
    assert third[1:3] == second[1:3]
    assert third[3]["parts"] == [{"text": "It is "}, {"text": "written.", "thoughtSignature": "bGFzdA=="}]
