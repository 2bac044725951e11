"""What is said to the page becomes words, over a real socket."""

from pathlib import Path

from actors.gateway.limits import Limits
from actors.vocabulary import ADMIN
from bus.testing import MeshUnderTest
from tests.actors.gateway.world import Gateway, running

PATH = "/api/speech/transcribe"
WEBM = {"Content-Type": "audio/webm;codecs=opus"}


async def test_a_recording_becomes_words_and_nothing_of_it_stays(gateway: Gateway) -> None:
    gateway.world.transcriber = "openai/whisper-1"
    assert (await gateway.http.get("/api/config")).json()["transcribes"] is True
    said = await gateway.http.post(f"{PATH}?language=de", content=b"\x1aE\xdf\xa3", headers=WEBM)
    assert (said.status_code, said.json()) == (200, {"text": "Buy bread."})
    ((asked, recording),) = gateway.world.heard
    assert (asked.user, asked.media_type, asked.language) == (ADMIN, WEBM["Content-Type"], "de")
    assert recording == b"\x1aE\xdf\xa3"
    assert list(gateway.world.uploads.iterdir()) == []


async def test_without_a_transcriber_nothing_is_heard(gateway: Gateway) -> None:
    assert (await gateway.http.get("/api/config")).json()["transcribes"] is False
    refused = await gateway.http.post(PATH, content=b"x", headers=WEBM)
    assert refused.status_code == 409
    assert "speech.transcriber is not set" in refused.json()["error"]
    assert list(gateway.world.uploads.iterdir()) == []


async def test_nothing_and_too_much_are_refused(mesh: MeshUnderTest, tmp_path: Path) -> None:
    async with running(mesh, tmp_path, limits=Limits(recording=100)) as gateway:
        assert (await gateway.http.post(PATH, headers=WEBM)).status_code == 400
        assert (await gateway.http.post(PATH, content=b"x" * 101, headers=WEBM)).status_code == 413
        gateway.world.transcriber = "openai/whisper-1"
        assert (await gateway.http.post(PATH, content=b"x" * 100, headers=WEBM)).status_code == 200
