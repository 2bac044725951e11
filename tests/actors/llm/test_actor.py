from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import final

import attrs
import pytest
import trio

from actors.llm import messages as llm
from actors.llm.actor import LlmActor
from actors.llm.loading import INLINE
from actors.llm.models.selection import OFFLINE, ModelSettingsError
from actors.llm.requests.pictures import MAX_BYTES
from actors.llm.settings import ProviderSettings, Settings
from actors.tools.actor import ToolsActor
from actors.tools.settings import Settings as ToolSettings
from actors.vocabulary import ChatMessage, Document, Image, Text, ToolResult, ToolSpec, ToolUse, Usage
from bus import State
from bus.testing import MeshUnderTest
from tests.actors.llm.papers import pdf
from tests.actors.llm.pictures import png
from tests.actors.llm.world import CATALOGUE, KEYS, QUESTION, actor, ask, at, health, next_said
from tests.fakes.model_script import Refuse, Reply, Say, Tokens, Wait
from tests.fakes.model_server import ModelServer

READ = ToolSpec(name="FileRead", description="Read.", input_schema={"type": "object"})


async def start_tools(mesh: MeshUnderTest, folder: Path) -> None:
    await mesh.start(
        partial(ToolsActor, folder, folder / "uploads", folder / "data", ToolSettings, lambda: 50_000)
    )


async def test_an_answer_is_streamed_and_ends_with_the_whole_of_it_and_its_price(
    mesh: MeshUnderTest, anthropic: ModelServer
) -> None:
    anthropic.script(
        Reply(Say("Hel", "lo"), tokens=Tokens(input=1000, output=500, cache_read=10_000, cache_write=2000))
    )
    items, completed = await ask(mesh, tools=(READ,))
    assert items == [llm.TextDelta(text="Hel"), llm.TextDelta(text="lo")]
    assert completed == llm.Completed(
        content=(Text(text="Hello"),),
        stop_reason="end_turn",
        usage=Usage(
            model="anthropic/claude-haiku-4-5",
            input_tokens=1000,
            output_tokens=500,
            cache_read_tokens=10_000,
            cache_write_tokens=2000,
            cost_usd=0.007,
        ),
    )
    assert anthropic.requests[0].body["model"] == "claude-haiku-4-5"


async def test_the_price_of_an_unknown_model_is_unknown(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server, provider="anthropic", model="claude-opus-9"), KEYS))
    _, completed = await ask(mesh)
    assert completed.usage.cost_usd is None


async def test_a_message_may_name_an_allowed_model_of_another_provider(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    models = ("anthropic/claude-haiku-4-5", "openai/gpt-4o")
    await mesh.start(actor(at(model_server, models=models), KEYS))
    _, completed = await ask(mesh, model="openai/gpt-4o")
    assert completed.usage.model == "openai/gpt-4o"
    assert [(r.wire, r.body["model"]) for r in model_server.requests] == [("openai", "gpt-4o")]


async def test_another_model_is_refused_before_anything_is_sent(
    mesh: MeshUnderTest, anthropic: ModelServer
) -> None:
    with pytest.raises(llm.ModelNotAllowed, match="choose one of anthropic/claude-haiku-4-5"):
        await ask(mesh, model="anthropic/claude-opus-4-6")
    assert anthropic.requests == []


async def test_the_models_in_use_are_told(mesh: MeshUnderTest, model_server: ModelServer) -> None:
    models = ("anthropic/claude-haiku-4-5", "openai/new-model", "groq/no-key")
    await mesh.start(actor(at(model_server, models=models, compaction_model="openai/gpt-4o-mini"), KEYS))
    assert await mesh.bus.ask(llm.Models()) == llm.Catalogue(
        default="anthropic/claude-haiku-4-5",
        models=(
            llm.ModelInfo(
                spec="anthropic/claude-haiku-4-5",
                context_window=200_000,
                vision=True,
                documents=True,
                input_price=1,
                output_price=5,
                effort=True,
            ),
            llm.ModelInfo(
                spec="openai/new-model",
                context_window=None,
                vision=False,
                input_price=None,
                output_price=None,
            ),
        ),
        compaction="openai/gpt-4o-mini",
        others=(
            llm.ModelInfo(
                spec="openai/gpt-4o-mini",
                context_window=128_000,
                vision=True,
                documents=True,
                input_price=0.15,
                output_price=0.6,
            ),
        ),
    )


async def test_the_model_of_summaries_can_be_asked(mesh: MeshUnderTest, model_server: ModelServer) -> None:
    await mesh.start(
        actor(at(model_server, provider="anthropic", compaction_model="openai/gpt-4o-mini"), KEYS)
    )
    _, completed = await ask(mesh, model="openai/gpt-4o-mini")
    assert completed.usage.model == "openai/gpt-4o-mini"


async def test_a_named_provider_without_a_key_says_so_until_there_is_one(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server, provider="openai")), name="llm")
    assert (await mesh.bus.ask(llm.Models())).default.startswith("openai/")
    with pytest.raises(llm.ModelError, match="needs its key: set OPENAI_API_KEY") as refused:
        await ask(mesh)
    assert refused.value.reason == "authentication"
    assert health(mesh)[0] is State.DEGRADED
    assert model_server.requests == []


def test_a_model_without_a_provider_keeps_the_actor_from_being_made() -> None:
    with pytest.raises(ModelSettingsError, match="set provider as well"):
        actor(Settings(model="gpt-4o"))()


# --- without a key -----------------------------------------------------------------------------------------


async def test_without_key_and_ollama_the_offline_helper_answers(mesh: MeshUnderTest) -> None:
    nobody = Settings(providers={"ollama": ProviderSettings(base_url="http://127.0.0.1:1")})
    await mesh.start(actor(nobody))
    items, completed = await ask(mesh)
    assert isinstance(items[0], llm.TextDelta)
    assert completed.usage.model == OFFLINE
    assert completed.usage.cost_usd == 0.0
    assert completed.usage.output_tokens > 0
    assert (await mesh.bus.ask(llm.Models())).default == OFFLINE


async def test_the_offline_helper_calls_tools(mesh: MeshUnderTest) -> None:
    await mesh.start(actor(Settings(provider="offline")))
    asked = (ChatMessage(role="user", content=(Text(text="read a.md"),)),)
    items, completed = await ask(mesh, messages=asked, tools=(READ,))
    (use,) = completed.content
    assert isinstance(use, ToolUse)
    assert (use.name, use.input) == ("FileRead", {"path": "a.md"})
    assert items == [llm.ToolCallStarted(id=use.id, name="FileRead")]


async def test_a_local_ollama_is_found_and_costs_nothing(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    model_server.ollama.models = ["qwen3:8b"]
    await mesh.start(actor(at(model_server, "ollama")))
    _, completed = await ask(mesh)
    assert completed.usage.model == "ollama/qwen3:8b"
    assert completed.usage.cost_usd == 0.0
    assert model_server.requests[0].path == "/api/chat"


async def test_an_ollama_that_is_started_later_is_found(
    mesh: MeshUnderTest, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.llm.actor.LOOK_AGAIN", 0.0)
    await mesh.start(actor(at(model_server, "ollama")))
    assert (await ask(mesh))[1].usage.model == OFFLINE
    model_server.ollama.models = ["qwen3:8b"]
    assert (await mesh.bus.ask(llm.Models())).default == "ollama/qwen3:8b"
    assert (await ask(mesh))[1].usage.model == "ollama/qwen3:8b"


async def test_an_ollama_that_does_not_answer_is_not_asked_at_every_message(
    mesh: MeshUnderTest, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.llm.actor.LOOK_AGAIN", 600.0)
    await mesh.start(actor(at(model_server, "ollama")))
    for _ in range(3):
        await ask(mesh)
    assert model_server.connections == 1


async def test_an_ollama_that_is_switched_off_is_not_asked(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    model_server.ollama.models = ["qwen3:8b"]
    off = ProviderSettings(base_url=model_server.url, enabled=False)
    await mesh.start(actor(Settings(providers={"ollama": off})))
    assert (await mesh.bus.ask(llm.Models())).default == OFFLINE
    assert model_server.connections == 0


# --- changes while it runs ---------------------------------------------------------------------------------


@final
class Changing:
    """Settings that change."""

    def __init__(self, settings: Settings) -> None:
        self.now = settings

    def __call__(self) -> Settings:
        return self.now


async def test_a_change_counts_from_the_next_request_on_and_others_keep_their_client(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    settings = Changing(at(model_server))
    await mesh.start(partial(LlmActor, settings, KEYS, CATALOGUE), name="llm")
    await ask(mesh)
    settings.now = attrs.evolve(settings.now, model="another", provider="anthropic")

    assert (await ask(mesh))[1].usage.model == "anthropic/another"
    assert (await mesh.bus.ask(llm.Models())).default == "anthropic/another"
    assert model_server.connections == 1


async def test_an_answer_that_has_begun_ends_on_the_client_it_has(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    settings = Changing(at(model_server))
    await mesh.start(partial(LlmActor, settings, KEYS, CATALOGUE), name="llm")
    model_server.script(Reply(Say("one"), Wait(60)), Reply(Say("New.")))
    async with mesh.bus.stream(llm.Complete(messages=QUESTION)) as slow:
        assert await next_said(slow) == llm.TextDelta(text="one")
        settings.now = attrs.evolve(settings.now, idle_timeout=80.0)

        assert (await ask(mesh))[1].content == (Text(text="New."),)

        assert (model_server.connections, model_server.open) == (2, 2)
    with trio.fail_after(20):
        await model_server.wait_for(lambda server: server.open == 1)
    await ask(mesh)
    assert model_server.connections == 2


async def test_what_was_wrong_with_other_settings_is_no_trouble_any_more(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    settings = Changing(at(model_server))
    await mesh.start(partial(LlmActor, settings, KEYS, CATALOGUE), name="llm")
    model_server.script(Refuse(status=401))
    with pytest.raises(llm.ModelError):
        await ask(mesh)
    assert health(mesh)[0] is State.DEGRADED

    settings.now = attrs.evolve(settings.now, idle_timeout=80.0)
    await mesh.bus.ask(llm.Models())

    assert health(mesh)[0] is State.READY


# --- pictures ----------------------------------------------------------------------------------------------


def shown(path: str = "downloads/a.png") -> tuple[ChatMessage, ...]:
    image = Image(media_type="image/png", path=path)
    return (
        ChatMessage(role="user", content=(image, Text(text="what is it?"))),
        ChatMessage(role="assistant", content=(ToolUse(id="c", name="FileRead", input={}),)),
        ChatMessage(role="user", content=(ToolResult(tool_use_id="c", name="FileRead", content=(image,)),)),
    )


async def test_pictures_are_read_from_home_when_they_are_sent(
    mesh: MeshUnderTest, anthropic: ModelServer, tmp_path: Path
) -> None:
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads/a.png").write_bytes(png())
    await start_tools(mesh, tmp_path)
    await ask(mesh, messages=shown())
    first, _, last = anthropic.requests[0].messages
    source = {"type": "base64", "media_type": "image/png", "data": b64encode(png()).decode()}
    assert first["content"][0] == {"type": "image", "source": source}
    assert last["content"][0]["content"][0] == {"type": "image", "source": source}


async def test_a_picture_that_is_gone_or_too_large_does_not_end_the_conversation(
    mesh: MeshUnderTest, anthropic: ModelServer, tmp_path: Path
) -> None:
    (tmp_path / "large.png").write_bytes(bytes(MAX_BYTES + 1))
    await start_tools(mesh, tmp_path)
    for path, note in (
        ("gone.png", "[picture gone.png is not available any more: File not found: gone.png]"),
        ("large.png", "[picture large.png is too large to be shown to the model: 3.8 MB]"),
    ):
        await ask(mesh, messages=shown(path))
        assert anthropic.requests[-1].messages[0]["content"][0]["text"] == note


async def test_nor_do_tools_that_are_not_there(mesh: MeshUnderTest, anthropic: ModelServer) -> None:
    await ask(mesh, messages=shown())
    assert "is not available any more" in anthropic.requests[0].messages[0]["content"][0]["text"]


async def test_a_model_without_eyes_gets_a_note_and_nothing_is_read(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server, provider="openai", model="o3-mini"), KEYS))
    await ask(mesh, messages=shown())
    assert "cannot see pictures" in model_server.requests[0].messages[0]["content"]


# --- documents ---------------------------------------------------------------------------------------------

PAPER = Document(media_type="application/pdf", path="uploads/ada/r.pdf", name="Report.pdf")


@pytest.fixture
async def paper(mesh: MeshUnderTest, tmp_path: Path) -> Callable[[bytes | None], None]:
    """A document of three pages, and a way to make it another or none."""
    file = tmp_path / PAPER.path
    file.parent.mkdir(parents=True)

    def put(data: bytes | None) -> None:
        file.unlink() if data is None else file.write_bytes(data)

    put(pdf(3))
    await start_tools(mesh, tmp_path)
    return put


def read() -> tuple[ChatMessage, ...]:
    result = ToolResult(tool_use_id="c", name="FileRead", content=(PAPER,))
    return (
        ChatMessage(role="user", content=(PAPER, Text(text="what does it say?"))),
        ChatMessage(role="assistant", content=(ToolUse(id="c", name="FileRead", input={}),)),
        ChatMessage(role="user", content=(result,)),
    )


async def test_documents_are_read_from_home_when_they_are_sent(
    mesh: MeshUnderTest, anthropic: ModelServer, paper: Callable[[bytes | None], None]
) -> None:
    await ask(mesh, messages=read())
    first, _, last = anthropic.requests[0].messages
    source = {"type": "base64", "media_type": "application/pdf", "data": b64encode(pdf(3)).decode()}
    sent = {"type": "document", "source": source, "title": "Report.pdf"}
    assert first["content"][0] == sent
    assert last["content"][0]["content"] == [sent]


async def test_a_large_document_is_looked_at_elsewhere(
    mesh: MeshUnderTest, anthropic: ModelServer, paper: Callable[[bytes | None], None]
) -> None:
    paper(pdf(1, "x" * INLINE))
    await ask(mesh, messages=read())
    assert anthropic.requests[0].messages[0]["content"][0]["type"] == "document"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (pdf(trailer=b"/Encrypt 9 0 R "), "cannot be shown to the model: it is encrypted"),
        (pdf()[:-20], "cannot be shown to the model: its end is missing"),
        (b"hello", "cannot be shown to the model: it is no PDF"),
        (pdf(101), "is too large to be shown to the model: 101 pages, and it takes 100"),
        (bytes(20 * 1024 * 1024 + 1), "is too large to be shown to the model: 20.0 MB"),
        (None, "is not available any more: File not found: uploads/ada/r.pdf"),
    ],
)
async def test_a_document_that_cannot_be_sent_does_not_end_the_conversation(
    mesh: MeshUnderTest,
    anthropic: ModelServer,
    paper: Callable[[bytes | None], None],
    data: bytes | None,
    why: str,
) -> None:
    paper(data)
    await ask(mesh, messages=read())
    note = {"type": "text", "text": f"[document uploads/ada/r.pdf {why}]"}
    assert anthropic.requests[0].messages[0]["content"][0] == note
    assert await mesh.bus.ask(llm.Weigh(documents=(PAPER,))) == (0,)


async def test_what_documents_weigh_is_told_for_each_model(
    mesh: MeshUnderTest, model_server: ModelServer, paper: Callable[[bytes | None], None]
) -> None:
    models = ("anthropic/claude-haiku-4-5", "openai/o3-mini", "gemini/gemini-2.5-pro")
    await mesh.start(actor(at(model_server, models=models), {**KEYS, "GEMINI_API_KEY": "g"}))
    gone = attrs.evolve(PAPER, path="gone.pdf")

    async def weigh(model: str | None) -> tuple[int, ...]:
        return await mesh.bus.ask(llm.Weigh(model=model, documents=(PAPER, gone)))

    assert await weigh(None) == (3 * 1500, 0)
    assert await weigh("openai/o3-mini") == (0, 0)
    assert await weigh("gemini/gemini-2.5-pro") == (3 * 258, 0)
    assert await weigh("anthropic/not-allowed") == (0, 0)
    assert await weigh("nonsense") == (0, 0)
