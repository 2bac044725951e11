"""Gemini through the actor, before the stand-in, which refuses what Google refuses."""

import attrs
import pytest

from actors.llm import messages as llm
from actors.llm.gemini.request import UNSIGNED
from actors.vocabulary import ChatMessage, ProviderData, Text, Thinking, ToolResult, ToolSpec, ToolUse
from bus.testing import MeshUnderTest
from tests.actors.llm.world import QUESTION, actor, ask, at
from tests.fakes.model_script import Call, Drop, Fail, Refuse, Reply, Say, Think, Tokens
from tests.fakes.model_server import ModelServer

KEYS = {"GEMINI_API_KEY": "key-of-gemini"}
READ = ToolSpec(
    name="FileRead",
    description="Read.",
    input_schema={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)


@pytest.fixture
async def gemini(mesh: MeshUnderTest, model_server: ModelServer) -> ModelServer:
    """The server, with the actor started and a Gemini 3 as its default."""
    settings = at(model_server, "gemini", provider="gemini", model="gemini-3-flash-preview")
    await mesh.start(actor(settings, KEYS), name="llm")
    return model_server


async def test_an_answer_is_streamed_and_ends_with_the_whole_of_it_and_its_price(
    mesh: MeshUnderTest, gemini: ModelServer
) -> None:
    gemini.script(
        Reply(
            Think("Let me ", "see."),
            Say("Hel", "lo", signature="c2Fp"),
            tokens=Tokens(input=1000, output=100, cache_read=9000),
            gap=0.001,
        )
    )
    items, completed = await ask(mesh, effort="low")
    assert items == [
        llm.ThinkingDelta(text="Let me "),
        llm.ThinkingDelta(text="see."),
        llm.TextDelta(text="Hel"),
        llm.TextDelta(text="lo"),
    ]
    assert completed.content[:2] == (Thinking(text="Let me see."), Text(text="Hello"))
    assert completed.stop_reason == "end_turn"
    usage = completed.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens) == (1000, 100, 9000)
    assert usage.cost_usd == pytest.approx((1000 * 0.5 + 9000 * 0.05 + 100 * 3.0) / 1e6)
    (request,) = gemini.requests
    assert request.path == "/v1beta/models/gemini-3-flash-preview:streamGenerateContent?alt=sse"
    assert request.headers["x-goog-api-key"] == KEYS["GEMINI_API_KEY"]
    assert request.body["generationConfig"]["thinkingConfig"]["thinkingLevel"] == "LOW"


async def test_calls_go_back_with_their_ids_and_signatures_and_results_with_names(
    mesh: MeshUnderTest, gemini: ModelServer
) -> None:
    gemini.script(
        Reply(
            Say("I look.", signature="dGV4dA=="),
            Call("FileRead", {"path": "a"}, id="fc-1", signature="c2lnbmF0dXJl"),
            Call("default_api:FileRead", {"path": "b"}),
        ),
        Reply(Say("Done.")),
    )
    _, first = await ask(mesh, tools=(READ,))
    calls = [block for block in first.content if isinstance(block, ToolUse)]
    assert first.stop_reason == "tool_use"
    assert [call.name for call in calls] == ["FileRead", "FileRead"]
    results = tuple(
        ToolResult(tool_use_id=call.id, name=call.name, content=(Text(text=f"it is {n}"),))
        for n, call in enumerate(calls)
    )
    history = (
        *QUESTION,
        ChatMessage(role="assistant", content=first.content),
        ChatMessage(role="user", content=results),
    )
    _, second = await ask(mesh, messages=history, tools=(READ,))
    assert second.content == (Text(text="Done."),)
    sent = gemini.requests[1].body["contents"]
    assert sent[1]["parts"] == [
        {"text": "I look.", "thoughtSignature": "dGV4dA=="},
        {
            "functionCall": {"name": "FileRead", "args": {"path": "a"}, "id": "fc-1"},
            "thoughtSignature": "c2lnbmF0dXJl",
        },
        {"functionCall": {"name": "FileRead", "args": {"path": "b"}}},
    ]
    assert sent[2]["parts"] == [
        {"functionResponse": {"name": "FileRead", "id": "fc-1", "response": {"output": "it is 0"}}},
        {"functionResponse": {"name": "FileRead", "response": {"output": "it is 1"}}},
    ]


async def test_a_conversation_that_another_model_began_goes_on(
    mesh: MeshUnderTest, gemini: ModelServer
) -> None:
    call = ToolUse(
        id="toolu_1",
        name="FileRead",
        input={"path": "a"},
        provider_data=ProviderData(origin="openai", data={"signature": "x"}),
    )
    thought = Thinking(text="hm", provider_data=ProviderData(origin="anthropic", data={"signature": "x"}))
    result = ToolResult(tool_use_id="toolu_1", name="FileRead", content=(Text(text="x"),))
    history = (
        *QUESTION,
        ChatMessage(role="assistant", content=(thought, call)),
        ChatMessage(role="user", content=(result,)),
    )
    _, completed = await ask(mesh, messages=history)
    assert isinstance(completed.content[0], Text)
    assert len(gemini.requests[0].body["contents"][1]["parts"]) == 1


async def test_a_signature_that_is_refused_does_not_end_the_conversation(
    mesh: MeshUnderTest, gemini: ModelServer
) -> None:
    kept = ProviderData(origin="gemini", data={"signature": "b2xk"})
    call = ToolUse(id="a", name="FileRead", input={}, provider_data=kept)
    result = ToolResult(tool_use_id="a", name="FileRead", content=(Text(text="x"),))
    history = (
        *QUESTION,
        ChatMessage(role="assistant", content=(call,)),
        ChatMessage(role="user", content=(result,)),
    )
    gemini.script(Refuse(status=400, message="Thought signature is not valid"), Reply(Say("On we go.")))
    _, completed = await ask(mesh, messages=history)
    assert completed.content == (Text(text="On we go."),)
    signatures = [each.body["contents"][1]["parts"][0]["thoughtSignature"] for each in gemini.requests]
    assert signatures == ["b2xk", UNSIGNED]


async def test_what_fails_is_asked_again(mesh: MeshUnderTest, gemini: ModelServer) -> None:
    gemini.script(
        Refuse(status=503, message="The model is overloaded."),
        Reply(Say("Half"), Drop()),
        Reply(Say("Half"), Fail(type="UNAVAILABLE")),
        Reply(stop="MALFORMED_FUNCTION_CALL"),
        Reply(Say("At last.")),
    )
    _, completed = await ask(mesh)
    assert completed.content == (Text(text="At last."),)
    assert len(gemini.requests) == 5


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (Refuse(status=400, message="The input token count (9) exceeds the maximum number of tokens allowed (8)."),
            "context_length"),
        (Refuse(status=403, message="Denied."), "authentication"),
        (Refuse(status=404, message="models/x is not found"), "invalid_request"),
    ],
)  # fmt: skip
async def test_what_cannot_be_mended_is_told(
    mesh: MeshUnderTest, gemini: ModelServer, refusal: Refuse, reason: str
) -> None:
    gemini.script(refusal)
    with pytest.raises(llm.ModelError) as caught:
        await ask(mesh)
    assert caught.value.reason == reason
    assert refusal.message in caught.value.detail


async def test_an_answer_that_is_withheld_says_so(mesh: MeshUnderTest, gemini: ModelServer) -> None:
    gemini.script(Reply(Say("One"), stop="SAFETY"), Reply(stop="RECITATION"))
    assert [(await ask(mesh))[1].stop_reason for _ in range(2)] == ["content_filter"] * 2


async def test_without_a_key_nothing_is_asked(mesh: MeshUnderTest, model_server: ModelServer) -> None:
    settings = attrs.evolve(at(model_server, "gemini"), provider="gemini")
    await mesh.start(actor(settings, {}), name="llm")
    with pytest.raises(llm.ModelError, match="GEMINI_API_KEY"):
        await ask(mesh)
    assert model_server.requests == []
