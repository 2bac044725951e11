"""Vectors of texts, from every provider that makes them: the wire, what it costs, what goes wrong."""

import json
import math
from typing import Any

import openai
import pytest
import trio

from actors.llm import messages as llm
from actors.llm.answers import embeddings
from actors.llm.provider import Provider
from bus import Abandon, conceal
from bus.testing import MeshUnderTest
from tests.actors.llm.answering import answering
from tests.actors.llm.answers.test_vectors import numbers
from tests.actors.llm.asking import connect
from tests.actors.llm.world import KEYS, actor, at
from tests.fakes.model_script import Refuse, Vectors, bag_of_words
from tests.fakes.model_server import ModelServer

SMALL = "openai/text-embedding-3-small"
GEMINI = "gemini/gemini-embedding-001"
TEXTS = ("the red boat", "日本 🙂", "the blue boat")


async def embed(mesh: MeshUnderTest, *texts: str, model: str = SMALL) -> llm.Embedded:
    return await mesh.bus.ask(llm.Embed(model=model, texts=texts or TEXTS))


@pytest.mark.parametrize("served", [Vectors(), Vectors(plain=True)], ids=["base64", "plain"])
async def test_each_text_gets_its_vector_and_the_whole_its_price(
    mesh: MeshUnderTest, model_server: ModelServer, served: Vectors
) -> None:
    model_server.vectors = served
    await mesh.start(actor(at(model_server), KEYS), name="llm")
    made = await embed(mesh)
    assert [numbers(vector) for vector in made.vectors] == [bag_of_words(text) for text in TEXTS]
    assert (made.usage.model, made.usage.input_tokens, made.usage.cost_usd) == (SMALL, 8, 8 * 0.02e-6)
    (request,) = model_server.requests
    assert request.path == "/v1/embeddings"
    assert request.headers["authorization"] == f"Bearer {KEYS['OPENAI_API_KEY']}"
    assert request.body == {
        "model": "text-embedding-3-small",
        "input": list(TEXTS),
        "encoding_format": "base64",
    }


async def test_a_client_of_others_reads_the_stand_in_as_we_do(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server), KEYS), name="llm")
    ours = [numbers(vector) for vector in (await embed(mesh)).vectors]

    def theirs(**more: Any) -> list[list[float]]:
        with openai.OpenAI(api_key="k", base_url=f"{model_server.url}/v1", max_retries=0) as client:
            made = client.embeddings.create(model="m", input=list(TEXTS), **more)
        assert made.usage.prompt_tokens == 8
        return [each.embedding for each in made.data]

    assert await trio.to_thread.run_sync(theirs) == ours
    assert await trio.to_thread.run_sync(lambda: theirs(encoding_format="float")) == ours
    assert [request.body.get("encoding_format") for request in model_server.requests] == [
        "base64",
        "base64",
        "float",
    ]


async def test_a_model_of_ones_own_needs_no_key_and_costs_nothing(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server, "ollama")), name="llm")
    made = await embed(mesh, model="ollama/nomic-embed-text:latest")
    assert model_server.requests[0].body["model"] == "nomic-embed-text:latest"
    assert made.usage.cost_usd == 0.0


async def test_gemini_is_told_what_is_a_question_and_what_may_answer_it(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server, "gemini"), {"GEMINI_API_KEY": "sk-secret-g"}), name="llm")
    made = await embed(mesh, model=GEMINI)
    await mesh.bus.ask(llm.Embed(model=GEMINI, texts=("boat?",), role="question"))
    for vector, text in zip(made.vectors, TEXTS, strict=True):
        length = math.hypot(*bag_of_words(text))
        assert numbers(vector) == pytest.approx([each / length for each in bag_of_words(text)])
    tokens = sum(map(len, TEXTS)) // 4
    assert (made.usage.model, made.usage.input_tokens) == (GEMINI, tokens), "estimated: Google does not say"
    assert made.usage.cost_usd == pytest.approx(tokens * 0.15e-6)
    passages, question = model_server.requests
    assert passages.path == "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    assert passages.headers["x-goog-api-key"] == "sk-secret-g"
    assert [each["taskType"] for each in passages.body["requests"]] == ["RETRIEVAL_DOCUMENT"] * 3
    assert question.body["requests"] == [
        {
            "model": "models/gemini-embedding-001",
            "taskType": "RETRIEVAL_QUERY",
            "outputDimensionality": 768,
            "content": {"parts": [{"text": "boat?"}]},
        }
    ]


async def test_many_texts_go_in_several_requests(mesh: MeshUnderTest, model_server: ModelServer) -> None:
    await mesh.start(actor(at(model_server, "gemini"), {"GEMINI_API_KEY": "k"}), name="llm")
    made = await embed(mesh, *[f"{n} boats" for n in range(250)], model=GEMINI)
    assert [len(request.body["requests"]) for request in model_server.requests] == [100, 100, 50]
    assert len(made.vectors) == 250
    boats = numbers(made.vectors[249])
    assert boats == pytest.approx([each / math.hypot(1, 1) for each in bag_of_words("249 boats")])


async def test_vectors_of_several_requests_must_be_alike(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server, "gemini"), {"GEMINI_API_KEY": "k"}), name="llm")
    model_server.script(Vectors(), Vectors(of=lambda _: [1.0]))
    with pytest.raises(llm.ModelUnavailable, match="not of one length") as raised:
        await embed(mesh, *["boat"] * 101, model=GEMINI)
    assert raised.value.reason == "protocol"


async def test_nothing_secret_is_sent(mesh: MeshUnderTest, model_server: ModelServer) -> None:
    await mesh.start(actor(at(model_server), KEYS), name="llm")
    conceal("test", [("BOAT_KEY", "xK9-mooring-4471")])
    await embed(mesh, "the key is xK9-mooring-4471")
    assert "4471" not in json.dumps(model_server.requests[0].body)


@pytest.mark.parametrize(
    ("model", "reason", "said"),
    [
        ("anthropic/claude-haiku-4-5", "invalid_request", "makes no vectors"),
        ("offline/basic", "invalid_request", "makes no vectors"),
        ("groq/x", "authentication", "set GROQ_API_KEY"),
        ("nobody/x", "invalid_request", "must be written provider/model"),
        ("local", "invalid_request", "must be written provider/model"),
    ],
)
async def test_who_makes_no_vectors_is_told_from_who_cannot_be_asked(
    mesh: MeshUnderTest, model_server: ModelServer, model: str, reason: str, said: str
) -> None:
    await mesh.start(actor(at(model_server), KEYS), name="llm")
    with pytest.raises(llm.ModelError, match=said) as raised:
        await embed(mesh, model=model)
    assert raised.value.reason == reason
    assert model_server.requests == []


@pytest.mark.parametrize(
    ("refusal", "error", "reason"),
    [
        (Refuse(status=401, message=f"no {KEYS['OPENAI_API_KEY']}"), llm.ModelError, "authentication"),
        (Refuse(status=404, message="no such model"), llm.ModelError, "invalid_request"),
        (Refuse(status=429, headers={"retry-after": "7"}), llm.ModelUnavailable, "rate_limited"),
        (Refuse(status=500), llm.ModelUnavailable, "server"),
        (Vectors(cut=40), llm.ModelUnavailable, "network"),
        (Vectors(of=lambda _: []), llm.ModelUnavailable, "protocol"),
        (Refuse(status=200, body=b"<html>"), llm.ModelUnavailable, "protocol"),
    ],
    ids=["401", "404", "429", "500", "cut", "empty", "html"],
)
async def test_what_goes_wrong_is_told_once_and_by_its_name(
    mesh: MeshUnderTest, model_server: ModelServer, refusal: Any, error: type[Any], reason: str
) -> None:
    await mesh.start(actor(at(model_server), KEYS), name="llm")
    model_server.script(refusal)
    with pytest.raises(error) as raised:
        await embed(mesh)
    assert raised.value.reason == reason
    assert KEYS["OPENAI_API_KEY"] not in str(raised.value)
    assert len(model_server.requests) == 1
    assert getattr(raised.value, "retry_after", None) == (7.0 if reason == "rate_limited" else None)
    assert len((await embed(mesh)).vectors) == 3


async def test_whoever_leaves_closes_the_connection(mesh: MeshUnderTest, model_server: ModelServer) -> None:
    assert llm.Embed.abandon is Abandon.CANCEL
    await mesh.start(actor(at(model_server), KEYS), name="llm")
    model_server.script(Vectors(delay=60))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(embed, mesh)
        await model_server.wait_for(lambda server: len(server.requests) == 1)
        nursery.cancel_scope.cancel()
    with trio.fail_after(20):
        await model_server.wait_for(lambda server: server.closed_by_client == 1)


async def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "LONGEST", 100)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
    async with answering(head + b"[" * 5000) as (address, _):
        provider: Provider = connect("openai", f"http://{address}")
        with pytest.raises(llm.ModelUnavailable, match="cannot be read"):
            await provider.embed("m", ["a"])
        await provider.close()
