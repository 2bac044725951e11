"""A request that an endpoint refuses is asked again without what it refuses, with both SDKs."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.llm.completion import Completion
from actors.llm.messages import ModelError, ModelUnavailable, ToolsRefused
from actors.llm.models.catalogue import ModelDetails
from actors.llm.provider import Provider
from actors.llm.requests.documents import Pdf
from actors.llm.requests.pictures import Picture
from actors.vocabulary import ChatMessage, Document, Image, Text, ToolResult, ToolSpec, ToolUse
from tests.actors.llm.asking import BOTH, QUESTION, ask, connect
from tests.fakes.model_script import Answer, Fail, Received, Refuse, Reply, Say
from tests.fakes.model_server import ModelServer

TOOLS = (ToolSpec(name="Look", description="Looks.", input_schema={"type": "object"}),)
CALLED = (
    QUESTION,
    ChatMessage(role="assistant", content=(ToolUse(id="a", name="Look", input={}),)),
    ChatMessage(
        role="user", content=(ToolResult(tool_use_id="a", name="Look", content=(Text(text="seen"),)),)
    ),
)
SHOWN = (
    ChatMessage(role="user", content=(Text(text="what is it?"), Image(media_type="image/png", path="a.png"))),
)


def unless(is_right: Callable[[Received], object], message: str, status: int = 400) -> Callable[..., Answer]:
    def rule(request: Received) -> Answer:
        return Reply(Say("fine")) if is_right(request) else Refuse(status=status, message=message)

    return rule


def said(completion: Completion) -> str:
    return "".join(block.text for block in completion.content if isinstance(block, Text))


async def twice(provider: Provider, server: ModelServer, **prompt: Any) -> int:
    """Ask twice; the requests that the first time took. The second takes one."""
    _, first = await ask(provider, **prompt)
    needed = len(server.requests)
    _, second = await ask(provider, **prompt)
    assert said(first) == said(second) == "fine"
    assert len(server.requests) == needed + 1
    return needed


@pytest.mark.parametrize("name", ["openai"])
async def test_an_option_of_the_stream_is_left_out_and_not_tried_again(
    provider: Provider, model_server: ModelServer
) -> None:
    model_server.rule = unless(
        lambda request: "stream_options" not in request.body,
        "body.stream_options: Extra inputs are not permitted",
        422,
    )
    assert await twice(provider, model_server) == 2
    await ask(provider, model="another")
    assert "stream_options" in model_server.requests[-2].body


@BOTH
async def test_without_tools_calls_of_before_are_told_in_words(
    provider: Provider, model_server: ModelServer
) -> None:
    model_server.rule = unless(lambda request: not request.tools, "m does not support tools")
    assert await twice(provider, model_server, tools=TOOLS, messages=CALLED) == 2
    assert "seen" in str(model_server.requests[-1].messages)
    items, _ = await ask(provider, tools=TOOLS)
    (told,) = [item for item in items if isinstance(item, ToolsRefused)]
    assert told.model.endswith(f"/{model_server.requests[-1].body['model']}")
    items, _ = await ask(provider)
    assert ToolsRefused not in map(type, items), "nothing was left out"


@pytest.mark.parametrize("name", ["openai"])
async def test_the_limit_of_the_answer_has_two_names(provider: Provider, model_server: ModelServer) -> None:
    model_server.rule = unless(
        lambda request: "max_tokens" in request.body,
        "Unsupported parameter: 'max_completion_tokens'. Use 'max_tokens' instead.",
    )
    assert await twice(provider, model_server) == 2


@BOTH
async def test_several_things_may_be_refused_one_after_another(model_server: ModelServer, name: str) -> None:
    def rule(request: Received) -> Answer:
        if "temperature" in request.body:
            return Refuse(status=400, message="temperature is deprecated for this model")
        if request.tools:
            return Refuse(status=400, message="tools are not supported")
        return Reply(Say("fine"))

    model_server.rule = rule
    warm = connect(name, model_server.url, options={"temperature": 0.3})
    assert await twice(warm, model_server, tools=TOOLS) == 3
    await warm.close()


@BOTH
async def test_a_picture_that_is_refused_is_not_sent_again(
    provider: Provider, model_server: ModelServer
) -> None:
    pictures = {"a.png": Picture("image/png", "BAD")}
    model_server.rule = unless(lambda request: "BAD" not in str(request.body), "Could not process image")
    eyes = ModelDetails(vision=True)
    assert await twice(provider, model_server, messages=SHOWN, files=pictures, details=eyes) == 2
    assert "refused it" in str(model_server.requests[-1].messages)
    pictures["b.png"] = Picture("image/png", "GOOD")
    more = (*SHOWN, ChatMessage(role="user", content=(Image(media_type="image/png", path="b.png"),)))
    await ask(provider, messages=more, files=pictures, details=eyes)
    assert "GOOD" in str(model_server.requests[-1].messages)


@BOTH
@pytest.mark.parametrize(
    ("said", "known"), [("Could not process PDF", False), ("PDF input is not supported by this model", True)]
)
async def test_a_document_that_is_refused_is_not_sent_again(
    provider: Provider, model_server: ModelServer, said: str, *, known: bool
) -> None:
    def paper(path: str) -> ChatMessage:
        named = Document(media_type="application/pdf", path=path, name=path)
        return ChatMessage(role="user", content=(named, Text(text="what does it say?")))

    files = {"a.pdf": Pdf(name="a.pdf", pages=1, data="BADD")}
    model_server.rule = unless(lambda request: "BADD" not in str(request.body), said)
    reads = ModelDetails(documents=True)
    assert await twice(provider, model_server, messages=(paper("a.pdf"),), files=files, details=reads) == 2
    assert "[document a.pdf: " in str(model_server.requests[-1].messages)
    files["b.pdf"] = Pdf(name="b.pdf", pages=1, data="GOOD")
    await ask(provider, messages=(paper("a.pdf"), paper("b.pdf")), files=files, details=reads)
    assert ("GOOD" in str(model_server.requests[-1].messages)) is not known


@BOTH
async def test_a_model_that_takes_no_tools_is_offered_none(
    provider: Provider, model_server: ModelServer
) -> None:
    model_server.rule = unless(lambda request: not request.tools, "no")
    await ask(provider, tools=TOOLS, messages=CALLED, details=ModelDetails(tools=False))
    assert len(model_server.requests) == 1


@BOTH
async def test_what_stays_refused_is_told_after_a_few_requests(
    provider: Provider, model_server: ModelServer
) -> None:
    model_server.rule = unless(lambda _: False, "Bad Request")
    with pytest.raises(ModelError, match="Bad Request"):
        await ask(provider, tools=TOOLS)
    assert 2 <= len(model_server.requests) <= 5
    model_server.rule = unless(lambda request: request.tools, "no")
    await ask(provider, tools=TOOLS)


@BOTH
async def test_after_the_first_word_nothing_is_asked_again(
    provider: Provider, model_server: ModelServer
) -> None:
    model_server.script(Reply(Say("one"), Fail("invalid_request_error", "tools are not supported")))
    with pytest.raises((ModelError, ModelUnavailable)):
        await ask(provider, tools=TOOLS)
    assert len(model_server.requests) == 1


async def test_another_client_tries_again(model_server: ModelServer) -> None:
    model_server.rule = unless(lambda request: not request.tools, "m does not support tools")
    for _ in range(2):
        provider = connect("openai", model_server.url)
        await ask(provider, tools=TOOLS)
        await provider.close()
    assert len(model_server.requests) == 4
