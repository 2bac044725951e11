"""The words of recordings, asked for over the wire: what is sent, what it costs, what goes wrong."""

from functools import partial
from pathlib import Path
from typing import Any

import attrs
import openai
import pytest
import trio

from actors.llm import messages as llm
from actors.llm.actor import LlmActor
from actors.llm.answers import transcriptions
from actors.llm.answers.transcriptions import Sound
from actors.llm.interfaces import Interfaces
from actors.llm.offline.provider import Offline
from actors.llm.provider import Provider
from actors.llm.settings import ProviderSettings, Settings, Speech
from actors.session import messages as session
from actors.tools import messages as tools
from actors.tools.actor import ToolsActor
from actors.tools.settings import Settings as ToolsSettings
from bus import Abandon, Actor, Unavailable
from bus.testing import MeshUnderTest
from tests.actors.llm.asking import connect
from tests.actors.llm.world import KEYS, actor, at, health
from tests.fakes.model_script import Refuse, Words
from tests.fakes.model_server import ModelServer

WHISPER = "openai/whisper-1"
OPUS = b"OggS\0\xff\r\n"


class Books(Actor):
    """Notes what was spent, unless it cannot."""

    def __init__(self, spent: list[session.RecordUsage], broken: bool = False) -> None:  # noqa: FBT001, FBT002
        self._spent, self._broken = spent, broken

    @session.RecordUsage.handler
    async def record(self, request: session.RecordUsage) -> None:
        if self._broken:
            raise Unavailable
        self._spent.append(request)


@attrs.define
class House:
    """The actor of the models, with files to read and a book to write in."""

    mesh: MeshUnderTest
    folder: Path
    server: ModelServer
    spent: list[session.RecordUsage] = attrs.field(factory=list[session.RecordUsage])

    async def start(self, speech: Speech | None = None, *, broken: bool = False, **more: Any) -> None:
        settings = at(self.server, speech=speech or Speech(transcriber=WHISPER), **more)
        await self.start_with(actor(settings, KEYS), broken=broken)

    async def start_with(self, llm_actor: partial[LlmActor], *, broken: bool = False) -> None:
        for name in ("home", "uploads/sent"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "home/voice.ogg").write_bytes(OPUS)
        (self.folder / "uploads/sent/spoken").write_bytes(OPUS)
        (self.folder / "home/empty.ogg").touch()
        files = partial(
            ToolsActor,
            self.folder / "home",
            self.folder / "uploads",
            self.folder / "data",
            ToolsSettings,
            lambda: 50_000,
        )
        await self.mesh.start(files, name="tools")
        await self.mesh.start(partial(Books, self.spent, broken), name="session")
        await self.mesh.start(llm_actor, name="llm")

    async def heard(self, path: str = "voice.ogg", **more: Any) -> llm.Transcript:
        said: dict[str, Any] = {"user": "ada", "path": path, "media_type": "audio/ogg", **more}
        return await self.mesh.bus.ask(llm.Transcribe(**said))


@pytest.fixture
def house(mesh: MeshUnderTest, tmp_path: Path, model_server: ModelServer) -> House:
    return House(mesh, tmp_path, model_server)


async def test_a_file_of_home_and_one_that_waits_become_words_and_what_it_took_is_noted(house: House) -> None:
    await house.start()
    used = {"type": "tokens", "input_tokens": 20, "output_tokens": 5}
    house.server.script(Words(text="Buy bread."), Words(text="Brot.", usage=used))

    assert (await house.heard()).text == "Buy bread."
    waiting = {"upload": "sent", "media_type": "audio/webm;codecs=opus", "language": "de"}
    assert (await house.heard("spoken", **waiting)).text == "Brot."

    first, second = house.server.requests
    assert (first.path, second.path) == ("/v1/audio/transcriptions",) * 2
    assert first.headers["authorization"] == f"Bearer {KEYS['OPENAI_API_KEY']}"
    data = OPUS.decode("latin-1")
    assert first.body == {
        "model": "whisper-1",
        "response_format": "json",
        "file": {"name": "speech.ogg", "type": "audio/ogg", "data": data},
    }
    assert second.body["file"] == {"name": "speech.webm", "type": "audio/webm", "data": data}
    assert second.body["language"] == "de"
    assert [(each.user, each.purpose, each.session) for each in house.spent] == [
        ("ada", "transcription", "")
    ] * 2
    usage = [each.usage for each in house.spent]
    assert [(each.model, each.input_tokens, each.cost_usd) for each in usage] == [
        (WHISPER, 0, None),
        (WHISPER, 20, None),
    ], "nobody knows the price of a minute here"


async def test_a_client_of_others_is_understood_as_we_are(house: House) -> None:
    await house.start()
    await house.heard()

    def theirs() -> str:
        with openai.OpenAI(api_key="k", base_url=f"{house.server.url}/v1", max_retries=0) as client:
            file = ("speech.ogg", OPUS, "audio/ogg")
            made = client.audio.transcriptions.create(model="whisper-1", file=file, response_format="json")
        return made.text

    assert await trio.to_thread.run_sync(theirs) == Words().text
    ours, other = house.server.requests
    assert ours.body == other.body


async def test_a_server_of_ones_own_is_asked_in_its_place_and_gets_no_key(house: House) -> None:
    speech = Speech(transcriber="groq/large-v3", base_url=f"{house.server.url}/v1")
    await house.start(speech, providers={"groq": ProviderSettings(base_url="http://127.0.0.1:9")})
    assert (await house.mesh.bus.ask(llm.Models())).transcriber == "groq/large-v3", "no key is asked for"
    assert (await house.heard()).text == Words().text
    (asked,) = house.server.requests
    assert "secret" not in str(asked.headers)


async def test_what_cannot_become_words_is_told_by_its_name_and_nobody_is_asked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.start()
    with pytest.raises(llm.SpeechRefused, match="'text/plain' is no kind of recording"):
        await house.heard(media_type="text/plain")
    with pytest.raises(llm.SpeechRefused, match="nothing in the recording"):
        await house.heard("empty.ogg")
    with pytest.raises(tools.FileNotFound):
        await house.heard("gone.ogg")
    with pytest.raises(tools.InvalidPath):
        await house.heard("../home/voice.ogg", upload="sent")
    monkeypatch.setattr(transcriptions, "LARGEST", len(OPUS) - 1)
    with pytest.raises(llm.SpeechTooLarge, match="put into words at once") as raised:
        await house.heard("spoken", upload="sent")
    assert (raised.value.kind, raised.value.limit) == ("too_large", len(OPUS) - 1)
    assert house.server.requests == []


async def test_silence_is_no_text_and_costs_all_the_same(house: House) -> None:
    await house.start()
    house.server.script(Words(text=" \n"))
    with pytest.raises(llm.SpeechRefused, match="no words were heard"):
        await house.heard()
    assert len(house.spent) == 1


@pytest.mark.parametrize(
    ("refusal", "error", "reason"),
    [
        (Refuse(status=401, message=f"no {KEYS['OPENAI_API_KEY']}"), llm.ModelError, "authentication"),
        (Refuse(status=404, message="no such path"), llm.ModelError, "invalid_request"),
        (Refuse(status=429, headers={"retry-after": "7"}), llm.ModelUnavailable, "rate_limited"),
        (Refuse(status=200, body=b"<html>"), llm.ModelUnavailable, "protocol"),
    ],
    ids=["401", "404", "429", "html"],
)
async def test_what_the_provider_refuses_is_told_once_and_without_the_key(
    house: House, refusal: Any, error: type[Any], reason: str
) -> None:
    await house.start()
    house.server.script(refusal)
    with pytest.raises(error) as raised:
        await house.heard()
    assert raised.value.reason == reason
    assert KEYS["OPENAI_API_KEY"] not in str(raised.value)
    assert (len(house.server.requests), house.spent) == (1, [])
    assert (await house.heard()).text == Words().text


async def test_words_are_not_lost_with_the_book(house: House) -> None:
    await house.start(broken=True)
    assert (await house.heard()).text == Words().text


async def test_who_is_not_set_or_has_no_key_is_not_offered(house: House) -> None:
    await house.start(Speech())
    assert (await house.mesh.bus.ask(llm.Models())).transcriber is None
    with pytest.raises(llm.NoTranscriber, match=r"speech\.transcriber is not set"):
        await house.heard()


async def test_a_missing_key_is_said_in_the_health_and_to_who_asks(house: House) -> None:
    await house.start_with(actor(Settings(provider="offline", speech=Speech(transcriber=WHISPER))))
    assert (await house.mesh.bus.ask(llm.Models())).transcriber is None
    with pytest.raises(llm.ModelError, match="set OPENAI_API_KEY"):
        await house.heard()
    assert "speech.transcriber: provider 'openai' needs its key" in str(health(house.mesh)[1])


async def test_whoever_leaves_closes_the_connection(house: House) -> None:
    assert llm.Transcribe.abandon is Abandon.CANCEL
    await house.start()
    house.server.script(Words(delay=60))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.heard)
        await house.server.wait_for(lambda server: len(server.requests) == 1)
        nursery.cancel_scope.cancel()
    with trio.fail_after(20):
        await house.server.wait_for(lambda server: server.closed_by_client == 1)


async def test_who_has_no_such_call_says_so_through_every_interface(model_server: ModelServer) -> None:
    sound = Sound(data=OPUS, media_type="audio/ogg")
    gemini: Provider = connect("gemini", model_server.url)
    for provider in (
        Offline(lambda: "id"),
        gemini,
        Interfaces(better=gemini, usual=gemini, path="/x", suits=lambda _: True),
    ):
        with pytest.raises(llm.ModelError, match="puts no speech into words"):
            await provider.transcribe("m", sound)
    await gemini.close()
