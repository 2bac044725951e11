from pathlib import Path

import pytest

from actors.llm.completion import Tokens
from actors.llm.models.catalogue import Catalogue, CatalogueError, ModelDetails, parse
from actors.llm.models.prices import FREE, Rates, cost
from actors.llm.settings import PROVIDERS, key_variable

SHIPPED = Path(__file__).parents[4] / "config/models.toml"


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return parse(SHIPPED.read_text(), "models.toml")


def test_the_shipped_file_has_every_provider_with_its_default_and_its_key(shipped: Catalogue) -> None:
    assert set(shipped.providers) == set(PROVIDERS) - {"offline"}
    for name, table in shipped.providers.items():
        assert table.default_model
        assert table.api_key_env == key_variable(name)
    assert sum(len(table.models) for table in shipped.providers.values()) == 51


def test_the_default_models_have_a_price_and_a_window(shipped: Catalogue) -> None:
    for name in set(PROVIDERS) - {"offline", "ollama"}:
        known = shipped.look_up(name, shipped.default_model(name) or "")
        assert known.rates is not None, name
        assert known.context_window is not None, name


def test_an_exact_id_is_found(shipped: Catalogue) -> None:
    assert shipped.look_up("anthropic", "claude-haiku-4-5") == ModelDetails(
        context_window=200_000,
        max_output=64_000,
        vision=True,
        documents=True,
        thinking="budget",
        rates=Rates(input=1.0, output=5.0, cache_read=0.1, cache_write=1.25),
    )


@pytest.mark.parametrize(
    ("provider", "name", "id"),
    [
        ("anthropic", "claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("anthropic", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("openai", "gpt-4o-2024-08-06", "gpt-4o"),
        ("openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("openai", "gpt-5-4", "gpt-5.4"),
        ("gemini", "gemini-2-5-pro", "gemini-2.5-pro"),
        ("groq", "llama-3-3-70b-versatile", "llama-3.3-70b-versatile"),
        ("openrouter", "anthropic/claude-haiku-4.5", "anthropic/claude-haiku-4-5"),
    ],
)
def test_snapshots_and_dots_lead_to_the_same_entry(
    shipped: Catalogue, provider: str, name: str, id: str
) -> None:
    assert shipped.look_up(provider, name) == shipped.look_up(provider, id)


@pytest.mark.parametrize("name", ["", "o", "gpt", "gpt-4-1106-preview", "go1-preview", "xgpt-4o"])
def test_what_only_resembles_an_id_is_unknown(shipped: Catalogue, name: str) -> None:
    assert shipped.look_up("openai", name) == ModelDetails()


def test_an_unknown_model_has_no_price_but_the_senses_of_its_family(shipped: Catalogue) -> None:
    assert shipped.look_up("anthropic", "claude-opus-9") == ModelDetails(
        context_window=1_000_000,
        max_output=128_000,
        vision=True,
        documents=True,
        thinking="adaptive",
        rates=None,
    )
    assert shipped.look_up("anthropic", "glm-9") == ModelDetails(vision=True)


@pytest.mark.parametrize(
    ("provider", "model", "thinking"),
    [
        ("anthropic", "claude-3-5-sonnet-20241022", "none"),
        ("anthropic", "claude-3-7-sonnet-latest", "budget"),
        ("anthropic", "claude-opus-4-20250514", "budget"),
        ("anthropic", "claude-opus-4-1-20250805", "budget"),
        ("anthropic", "claude-sonnet-4-5-20250929", "budget"),
        ("anthropic", "claude-haiku-4.5", "budget"),
        ("anthropic", "claude-opus-4-6", "budget"),
        ("anthropic", "claude-opus-4-7", "adaptive"),
        ("anthropic", "claude-opus-4.8-20260528", "adaptive"),
        ("anthropic", "claude-sonnet-5", "adaptive"),
        ("anthropic", "claude-fable-5-1", "adaptive"),
        ("gemini", "gemini-2.0-flash", "none"),
        ("gemini", "gemini-2.5-flash-lite", "budget"),
        ("gemini", "gemini-3-flash-preview", "level"),
        ("gemini", "gemini-3.1-pro-preview", "level"),
        ("gemini", "gemma-3-27b-it", "none"),
    ],
)
def test_every_family_has_its_form_of_thinking(
    shipped: Catalogue, provider: str, model: str, thinking: str
) -> None:
    assert shipped.look_up(provider, model).thinking == thinking


@pytest.mark.parametrize(
    ("model", "effort", "beside_tools"),
    [
        ("gpt-4o", False, True),
        ("gpt-4.1-mini-2025-04-14", False, True),
        ("o3", True, True),
        ("o1-mini", False, True),
        ("gpt-5", True, True),
        ("gpt-5-2025-08-07", True, True),
        ("gpt-5-mini", True, True),
        ("gpt-5.1", True, True),
        ("gpt-5.2", True, False),
        ("gpt-5.4-mini-2026-03-17", True, False),
        ("gpt-5.6-terra", True, False),
        ("gpt-6-astra", True, False),
        ("gpt-5-chat-latest", False, True),
        ("gpt-5.3-chat-latest", False, True),
    ],
)
def test_effort_and_tools_go_together_where_openai_lets_them(
    shipped: Catalogue, model: str, effort: object, beside_tools: object
) -> None:
    known = shipped.look_up("openai", model)
    assert (known.effort, known.effort_with_tools) == (effort, beside_tools)


@pytest.mark.parametrize(
    ("model", "reads"),
    [
        ("anthropic/claude-haiku-4-5", True),
        ("anthropic/claude-3-5-sonnet-20241022", True),
        ("anthropic/claude-3-haiku-20240307", False),
        ("openai/gpt-4o-mini", True),
        ("openai/gpt-4.1-nano", True),
        ("openai/gpt-5.4", True),
        ("openai/o4-mini", True),
        ("openai/o3-mini", False),
        ("openai/gpt-3.5-turbo", False),
        ("gemini/gemini-2.5-flash", True),
        ("gemini/gemini-3-flash-preview", True),
        ("gemini/gemma-3-27b-it", False),
        ("openrouter/anthropic/claude-3.5-sonnet", True),
        ("openrouter/anthropic/claude-3.7-sonnet", True),
        ("openrouter/anthropic/claude-3-opus", False),
        ("openrouter/anthropic/claude-sonnet-4.6", True),
        ("openrouter/openai/gpt-4o", True),
        ("openrouter/openai/gpt-4.1-mini", True),
        ("openrouter/openai/gpt-4-turbo", False),
        ("openrouter/openai/gpt-5-mini", True),
        ("openrouter/openai/gpt-5-chat", False),
        ("openrouter/openai/o3", True),
        ("openrouter/openai/o3-mini", False),
        ("openrouter/google/gemini-2.5-pro", True),
        ("openrouter/meta-llama/llama-3.3-70b-instruct", False),
        ("groq/meta-llama/llama-4-scout", False),
        ("deepseek/deepseek-chat", False),
        ("ollama/llava", False),
    ],
)
def test_which_models_read_documents(shipped: Catalogue, model: str, reads: object) -> None:
    provider, _, name = model.partition("/")
    assert shipped.look_up(provider, name).documents is reads


def test_what_an_entry_says_goes_before_its_family_and_the_family_before_the_provider() -> None:
    catalogue = parse(
        """
        [openai]
        supports_vision = true
        [openai.families."a-*"]
        supports_vision = false
        max_output = 5
        [openai.families."*"]
        max_output = 6
        [openai.models.a-1]
        input = 1
        output = 2
        max_output = 4
        supports_tool_use = false
        """,
        "x",
    )
    assert catalogue.look_up("openai", "a-1") == ModelDetails(
        max_output=4, tools=False, rates=Rates(input=1, output=2, cache_read=1, cache_write=1)
    )
    assert catalogue.look_up("openai", "A-2") == ModelDetails(max_output=5)
    assert catalogue.look_up("openai", "b") == ModelDetails(max_output=6, vision=True)


def test_families_on_top_come_first() -> None:
    base = parse("[openai.families.'a*']\nmax_output = 1\n[openai.families.'b*']\nmax_output = 2", "base")
    top = parse("[openai.families.'ab*']\nmax_output = 3\n[openai.families.'b*']\nmax_output = 4", "top")
    both = base.overlaid(top)
    found = [both.look_up("openai", name).max_output for name in ("a", "abc", "b")]
    assert found == [1, 3, 4]


def test_local_models_are_free(shipped: Catalogue) -> None:
    assert shipped.look_up("ollama", "qwen3.5:9b").rates == FREE
    assert shipped.look_up("offline", "basic").rates == FREE


def test_a_file_on_top_replaces_models_and_single_fields() -> None:
    base = parse(
        """
        [openai]
        default_model = "a"
        cache_read_multiplier = 0.5
        [openai.models.a]
        input = 1
        output = 2
        context_window = 10
        """,
        "base",
    )
    top = parse(
        """
        [openai]
        default_model = "b"
        [openai.models.a]
        input = 4
        output = 8
        cache_creation_multiplier = 2
        [openai.models.b]
        input = 0
        output = 0
        [groq]
        default_model = "c"
        """,
        "top",
    )
    both = base.overlaid(top)
    assert both.default_model("openai") == "b"
    assert both.default_model("groq") == "c"
    assert both.look_up("openai", "a") == ModelDetails(
        rates=Rates(input=4, output=8, cache_read=2, cache_write=8)
    )
    assert both.look_up("openai", "b").rates == FREE
    assert both.ids("openai") == ("a", "b")
    assert both.ids("gemini") == ()


def test_an_empty_file_is_an_empty_catalogue() -> None:
    assert parse("", "x") == Catalogue()
    assert parse("[openai]", "x").look_up("openai", "a") == ModelDetails()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[openai", "models.toml:"),
        ("[opnai]", "opnai: unknown field, did you mean 'openai'?"),
        ("[openai.models.a]\ninput = 1", "output"),
        ('[openai.models.a]\ninput = "one"\noutput = 2', "input"),
        ("[openai.models.a]\ninput = -1\noutput = 2", "input"),
        ("[openai.models.a]\ninput = 1\noutput = 2\nprice = 3", "price"),
        ("[openai.models.a]\ninput = 1\noutput = 2\ncontext_window = 1.5", "context_window"),
        ("openai = 3", "openai"),
    ],
)
def test_mistakes_are_named(text: str, told: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse(text, "models.toml")
    assert "models.toml: " in str(caught.value)
    assert told in str(caught.value)


def test_every_mistake_is_named() -> None:
    with pytest.raises(CatalogueError) as caught:
        parse("[openai.models.a]\ninput = true\noutput = 2\n[groq.models.b]\noutput = 1\nfoo = 2", "m")
    assert str(caught.value).splitlines() == [
        "m: openai.models.a.input: expected a number, got true",
        "m: groq.models.b.input: expected a number, got nothing",
        "m: groq.models.b.foo: unknown field",
    ]


@pytest.mark.parametrize(
    ("rates", "tokens", "dollars"),
    [
        (
            Rates(input=3, output=15, cache_read=0.3, cache_write=3.75),
            Tokens(input=1000, cache_read=10_000, cache_write=2000, output=500),
            0.0210,
        ),
        (Rates(input=2, output=8, cache_read=2, cache_write=2), Tokens(input=1_000_000, output=500_000), 6.0),
        (
            Rates(input=2, output=8, cache_read=2, cache_write=2),
            Tokens(input=1000, cache_read=5000, cache_write=3000, output=500),
            0.022,
        ),
        (FREE, Tokens(input=1, output=1), 0.0),
        (Rates(input=2, output=8, cache_read=2, cache_write=2), Tokens(), 0.0),
    ],
)
def test_cost(rates: Rates, tokens: Tokens, dollars: float) -> None:
    assert cost(tokens, rates) == pytest.approx(dollars)


def test_an_unknown_price_is_an_unknown_cost() -> None:
    assert cost(Tokens(input=1), None) is None


@pytest.mark.parametrize(
    ("details", "takes"),
    [
        (ModelDetails(), False),
        (ModelDetails(effort=True), True),
        (ModelDetails(thinking="budget"), True),
        (ModelDetails(thinking="level"), True),
    ],
)
def test_a_model_takes_an_effort_in_whatever_form(details: ModelDetails, takes: object) -> None:
    assert details.takes_effort is takes
