"""Settings of the models: which addresses are some."""

import pytest

from actors.llm.models.keys import keys
from actors.llm.settings import ProviderSettings, Settings, Speech


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434",
        "https://api.example.org/v1/",
        "http://[::1]:80",
        "http://ada:secret@bücher.example",
    ],
)
def test_an_address_that_can_be_asked(url: str) -> None:
    assert ProviderSettings(base_url=url).base_url == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://h", "begins with http"),
        ("http://", "begins with http"),
        ("http://a b", "begins with http"),
        ("http://h:99999", "out of range"),
        ("http://h:x", "Port"),
        ("http://h:0", "names no host or no port"),
        ("http://:80", "names no host or no port"),
        ("http://[", "Invalid IPv6"),
        ("http://a..b", "label"),
    ],
)
def test_what_is_none_is_refused_in_words(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ProviderSettings(base_url=url)


@pytest.mark.parametrize(
    ("transcriber", "why"),
    [
        ("whisper-1", "must be written provider/model"),
        ("anthropic/claude", "anthropic does not"),
        ("offline/basic", "offline does not"),
    ],
)
def test_what_hears_nothing_is_no_transcriber(transcriber: str, why: str) -> None:
    assert Speech(transcriber="groq/whisper-large-v3").transcriber == "groq/whisper-large-v3"
    with pytest.raises(ValueError, match=why):
        Speech(transcriber=transcriber)


@pytest.mark.parametrize("model", ["", " \t"])
def test_a_default_model_has_an_id(model: str) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Settings(model=model)


def test_the_keys_of_all_providers_are_asked_for() -> None:
    held = keys({"OPENAI_API_KEY": "k"})
    assert (held.current, held.unreadable) == ({"OPENAI_API_KEY": "k"}, {})
