from pathlib import Path
from typing import Any

import pytest

from actors.llm.messages import ModelNotAllowed
from actors.llm.models import selection
from actors.llm.models.catalogue import Catalogue, parse
from actors.llm.models.selection import OFFLINE, ModelSettingsError, choose, unusable, without_key
from actors.llm.settings import PROVIDERS, ProviderSettings, Settings, Speech, api_key, key_variable

CATALOGUE = parse((Path(__file__).parents[4] / "config/models.toml").read_text(), "models.toml")
OFF = ProviderSettings(enabled=False)


def keys(*providers: str) -> dict[str, str]:
    return {key_variable(name) or "": f"key-of-{name}" for name in providers}


def selected(env: dict[str, str] | None = None, **settings: Any) -> selection.Selection:
    found = choose(Settings(**settings), env or {}, CATALOGUE)
    assert found is not None
    return found


def test_a_named_provider_wins_over_keys_of_others() -> None:
    assert selected(keys("anthropic", "groq"), provider="groq").default == "groq/llama-3.3-70b-versatile"
    assert selected(keys("anthropic", "groq"), provider="groq", model="x").default == "groq/x"


def test_a_model_may_carry_its_provider() -> None:
    assert selected(keys("openai"), model="openai/gpt-5").default == "openai/gpt-5"
    assert selected(keys("openai"), provider="openai", model="openai/gpt-5").default == "openai/gpt-5"
    assert (
        selected(keys("openrouter"), model="openrouter/openai/gpt-4o").default == "openrouter/openai/gpt-4o"
    )


def test_ids_of_openrouter_keep_their_vendor() -> None:
    assert (
        selected(keys("openrouter"), provider="openrouter", model="openrouter/auto").default
        == "openrouter/openrouter/auto"
    )
    assert (
        selected(keys("openrouter"), provider="openrouter", model="openai/gpt-4o").default
        == "openrouter/openai/gpt-4o"
    )


def test_a_model_without_a_provider_is_an_error() -> None:
    with pytest.raises(ModelSettingsError, match="set provider as well"):
        selected(keys("anthropic"), model="gpt-4o")


def test_a_provider_without_a_default_model_needs_one() -> None:
    with pytest.raises(ModelSettingsError, match="set model as well"):
        choose(Settings(provider="openai"), keys("openai"), Catalogue())


def test_the_first_of_the_list_is_the_default_unless_another_is_named() -> None:
    models = ("openai/gpt-4o", "anthropic/claude-haiku-4-5")
    env = keys("openai", "anthropic", "groq")
    assert selected(env, models=models).allowed == models
    both = selected(env, models=models, provider="anthropic")
    assert both.allowed == ("anthropic/claude-haiku-4-5", "openai/gpt-4o")


@pytest.mark.parametrize("name", [name for name in PROVIDERS if name not in ("ollama", "offline")])
def test_a_single_key_is_enough(name: str) -> None:
    assert selected(keys(name)).default == f"{name}/{CATALOGUE.default_model(name)}"


def test_the_first_key_of_the_founding_table_decides() -> None:
    assert selected(keys(*PROVIDERS)).default == "anthropic/claude-haiku-4-5"
    assert selected(keys("openrouter", "deepseek")).default == "deepseek/deepseek-chat"


def test_disabled_providers_are_skipped() -> None:
    assert selected(keys("anthropic", "groq"), providers={"anthropic": OFF}).default.startswith("groq/")


def test_without_name_and_key_nothing_is_chosen_yet() -> None:
    assert choose(Settings(), {}, CATALOGUE) is None
    assert choose(Settings(), {"ANTHROPIC_API_KEY": " \n"}, CATALOGUE) is None


@pytest.mark.parametrize(
    "settings", [{"provider": "openai"}, {"model": "openai/x"}, {"models": ("openai/x",)}]
)
def test_a_named_provider_without_a_key_is_an_error_that_names_the_variable(settings: dict[str, Any]) -> None:
    with pytest.raises(ModelSettingsError, match="OPENAI_API_KEY"):
        selected(keys("anthropic"), **settings)


def test_nothing_takes_the_place_of_a_default_without_a_key() -> None:
    with pytest.raises(ModelSettingsError) as found:
        selected(provider="openai", model="x")
    waiting = unusable(found.value, Settings(), {})
    assert (waiting.default, waiting.allowed) == ("openai/x", ("openai/x",))
    assert "OPENAI_API_KEY" in (waiting.fault or "")
    with pytest.raises(ModelSettingsError, match="no such thing"):
        unusable(ModelSettingsError("no such thing"), Settings(), {})


def test_the_fallbacks_of_a_default_without_a_key_may_answer() -> None:
    settings = Settings(provider="openai", model="x", fallbacks=("groq/a",))
    with pytest.raises(ModelSettingsError) as found:
        choose(settings, keys("groq"), CATALOGUE)
    waiting = unusable(found.value, settings, keys("groq"))
    assert waiting.chain(None, None) == ("openai/x", "groq/a")


def test_fallbacks_that_cannot_be_used_are_left_out_and_said() -> None:
    found = selected(keys("anthropic"), fallbacks=("openai/a", "ollama/b", "gemini/c"))
    assert found.fallbacks == ("ollama/b",)
    assert [sentence.partition(":")[0] for sentence in found.left_out] == [
        "fallback openai/a is left out",
        "fallback gemini/c is left out",
    ]
    assert "OPENAI_API_KEY" in found.left_out[0]


def test_the_chain_of_a_message_begins_with_its_model_and_names_each_once() -> None:
    found = selected(
        keys("anthropic", "openai", "groq"), models=("anthropic/a", "groq/c"), fallbacks=("openai/b",)
    )
    assert found.chain(None, None) == ("anthropic/a", "openai/b")
    assert found.chain("groq/c", None) == ("groq/c", "openai/b")
    assert found.chain("openai/b", None) == ("openai/b",)
    assert found.chain("groq/c", ()) == ("groq/c",)
    assert found.chain(None, ("groq/c", "anthropic/a", "groq/c")) == ("anthropic/a", "groq/c")
    assert found.chain("z", None, configured=True) == ("anthropic/z", "openai/b")


def test_a_message_names_as_fallbacks_what_it_may_name_as_its_model() -> None:
    found = selected(keys("anthropic", "openai"), models=("anthropic/a",), fallbacks=("openai/b",))
    assert found.chain(None, ("openai/b",)) == ("anthropic/a", "openai/b")
    with pytest.raises(ModelNotAllowed):
        found.chain(None, ("openai/other",))


def test_a_named_provider_that_is_disabled_is_an_error() -> None:
    with pytest.raises(ModelSettingsError, match=r"providers\.openai\.enabled"):
        selected(keys("openai"), provider="openai", providers={"openai": OFF})


def test_a_key_that_cannot_be_sent_is_an_error() -> None:
    with pytest.raises(ModelSettingsError, match="characters"):
        selected({"OPENAI_API_KEY": "schlüssel"}, provider="openai")
    with pytest.raises(ModelSettingsError, match="characters"):
        selected({"OPENAI_API_KEY": "a\nb"}, provider="openai")


def test_white_space_around_a_key_is_not_part_of_it() -> None:
    assert api_key("openai", {"OPENAI_API_KEY": " k\r\n"}) == "k"


def test_ollama_and_offline_need_no_key() -> None:
    assert selected(provider="ollama").default == "ollama/llama3.3"
    assert selected(provider="offline").default == OFFLINE


def test_models_that_cannot_answer_are_not_offered() -> None:
    models = ("anthropic/claude-haiku-4-5", "openai/gpt-4o", "groq/x")
    found = selected(keys("anthropic", "groq"), models=models, providers={"groq": OFF})
    assert found.allowed == ("anthropic/claude-haiku-4-5",)


def test_a_provider_may_list_models_of_its_own() -> None:
    more = {
        "anthropic": ProviderSettings(models=("claude-opus-4-6",)),
        "openai": ProviderSettings(models=("x",)),
    }
    found = selected(keys("anthropic"), providers=more)
    assert found.allowed == ("anthropic/claude-haiku-4-5", "anthropic/claude-opus-4-6")


@pytest.mark.parametrize(
    ("named", "spec"),
    [
        (None, "anthropic/claude-opus-4-6"),
        ("claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
        ("openai/gpt-4o-mini", "openai/gpt-4o-mini"),
        ("meta/llama", "anthropic/meta/llama"),
        ("groq/x", "anthropic/claude-opus-4-6"),
    ],
)
def test_the_model_of_summaries(named: str | None, spec: str) -> None:
    found = selected(
        keys("anthropic", "openai"), provider="anthropic", model="claude-opus-4-6", compaction_model=named
    )
    assert found.compaction == spec


def test_a_message_may_name_what_is_allowed_and_nothing_else() -> None:
    found = selected(keys("anthropic"), provider="anthropic", compaction_model="small")
    assert found.pick(None) == "anthropic/claude-haiku-4-5"
    assert found.pick("anthropic/claude-haiku-4-5") == "anthropic/claude-haiku-4-5"
    assert found.pick("anthropic/small") == "anthropic/small"
    for name in ("claude-haiku-4-5", "anthropic/claude-opus-4-6", "", "x"):
        with pytest.raises(ModelNotAllowed, match="choose one of anthropic/claude-haiku-4-5"):
            found.pick(name)


def test_the_settings_may_name_any_and_without_its_provider() -> None:
    found = selected(keys("anthropic"), provider="anthropic")
    assert found.pick("claude-opus-4-6", configured=True) == "anthropic/claude-opus-4-6"
    assert found.pick("openai/x", configured=True) == "openai/x"
    assert found.pick(None, configured=True) == found.default


def test_a_local_ollama_answers_with_its_default_model_or_its_first() -> None:
    found = without_key(Settings(), {}, CATALOGUE, ["qwen3:8b", "llama3.3:latest"])
    assert found.default == "ollama/llama3.3:latest"
    assert found.allowed == ("ollama/llama3.3:latest", "ollama/qwen3:8b")
    assert without_key(Settings(), {}, CATALOGUE, ["qwen3:8b"]).default == "ollama/qwen3:8b"


def test_without_anything_it_is_offline() -> None:
    assert without_key(Settings(), {}, CATALOGUE, []) == selection.Selection(
        default=OFFLINE, allowed=(OFFLINE,), compaction=OFFLINE
    )
    disabled = Settings(providers={"ollama": OFF})
    assert without_key(disabled, {}, CATALOGUE, ["x"]).default == OFFLINE


def test_offline_says_why_a_key_does_not_help() -> None:
    disabled = Settings(providers={"openai": OFF})
    assert "providers.openai.enabled" in without_key(disabled, keys("openai"), CATALOGUE, []).note


def test_a_transcriber_is_offered_where_it_can_be_asked() -> None:
    whisper = Settings(speech=Speech(transcriber="groq/whisper"))
    assert selection.transcriber(Settings(), {}) is None
    assert selection.transcriber(whisper, keys("groq")) == "groq/whisper"
    assert selection.transcriber(whisper, keys("openai")) is None
    assert "set GROQ_API_KEY" in str(selection.deaf(whisper, keys("openai")))
    own = Settings(speech=Speech(transcriber="groq/whisper", base_url="http://127.0.0.1:8000/v1"))
    assert (selection.transcriber(own, {}), selection.deaf(own, {})) == ("groq/whisper", None)
