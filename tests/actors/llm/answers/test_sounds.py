"""The format of transcriptions, called without provider or bus."""

import json
from typing import Any

import pytest

from actors.llm.answers import transcriptions
from actors.llm.answers.transcriptions import Form, Sound
from actors.llm.completion import Tokens

OPUS = b"OggS\r\n--\0\xff\r\n"


def form(**more: Any) -> Form:
    said: dict[str, Any] = {"data": OPUS, "media_type": "audio/ogg", **more}
    return transcriptions.form("whisper-1", Sound(**said))


def test_a_recording_goes_as_a_form_whose_file_has_a_name_that_says_what_it_is() -> None:
    fields = {"model": "whisper-1", "response_format": "json"}
    assert form() == Form(fields=fields, name="speech.ogg", media_type="audio/ogg", data=OPUS)
    assert form(language="de").fields == {**fields, "language": "de"}
    webm = form(media_type="Audio/WebM; codecs=opus")
    assert (webm.name, webm.media_type) == ("speech.webm", "audio/webm")


@pytest.mark.parametrize(
    ("media_type", "ending"),
    [("audio/mp4", "m4a"), (" AUDIO/ogg ;codecs=opus", "ogg"), ("text/plain", None), ("", None)],
)
def test_only_sound_has_an_ending(media_type: str, ending: str | None) -> None:
    assert transcriptions.ending(media_type) == ending


def test_words_come_back_with_what_they_took_where_that_is_said_in_tokens() -> None:
    def read(**answer: Any) -> transcriptions.Transcription:
        return transcriptions.read(json.dumps(answer).encode())

    counted = read(text=" The boat. \n", usage={"type": "tokens", "input_tokens": 14, "output_tokens": 4})
    assert (counted.text, counted.tokens) == ("The boat.", Tokens(input=14, output=4))
    timed = read(text="", usage={"type": "duration", "seconds": 3})
    assert (timed.text, timed.tokens) == ("", Tokens())


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"text": [1]}', b"[]"])
def test_what_is_no_answer_is_refused_in_plain_words(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^[^.]+$"):
        transcriptions.read(body)


def test_who_hears_nothing_says_so() -> None:
    error = transcriptions.unknown_to("gemini")
    assert (error.reason, str(error)) == ("invalid_request", "gemini: it puts no speech into words")
