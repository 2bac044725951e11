"""What endpoints were seen to object to, in public reports, and what is done about it."""

from typing import Any

import attrs
import pytest

from actors.llm.messages import ModelError, ModelUnavailable, Reason, SystemText
from actors.llm.models.catalogue import ModelDetails
from actors.llm.refusals.adaptation import Kind, Measure
from actors.llm.refusals.objections import remedy
from actors.llm.requests.pictures import Picture
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import ChatMessage, Image, Text, Thinking, ToolResult, ToolSpec, ToolUse

TOOLS = tuple(
    ToolSpec(name=name, description="", input_schema={}) for name in ("FileRead", "Odd", "FileList")
)
MESSAGES = (
    ChatMessage(role="user", content=(Text(text="hi"), Image(media_type="image/png", path="old.png"))),
    ChatMessage(
        role="assistant", content=(Thinking(text="hm"), ToolUse(id="a", name="FileRead", input={"path": "x"}))
    ),
    ChatMessage(
        role="user",
        content=(
            ToolResult(
                tool_use_id="a",
                name="FileRead",
                content=(Text(text="X"), Image(media_type="image/png", path="new.png")),
            ),
        ),
    ),
)
PROMPT = Prompt(
    provider="openai",
    model="m",
    messages=MESSAGES,
    system=(SystemText(text="Be kind."),),
    tools=TOOLS,
    effort="low",
    details=ModelDetails(thinking="budget"),
    files={path: Picture("image/png", "AA") for path in ("old.png", "new.png")},
)
BODY: dict[str, Any] = {
    "model": "m",
    "messages": [],
    "stream": True,
    "stream_options": {"include_usage": True},
    "max_tokens": 16384,
    "reasoning_effort": "low",
    "parallel_tool_calls": False,
    "tool_choice": "auto",
    "temperature": 0.7,
    "top_k": 3,
    "tools": [],
}


def asked(
    said: str,
    *taken: Measure,
    status: int | None = 400,
    reason: Reason = "invalid_request",
    prompt: Prompt = PROMPT,
    without: tuple[str, ...] = (),
) -> tuple[Measure, ...]:
    detail = said if status is None else f"{said} (HTTP {status})"
    error: ModelError | ModelUnavailable = ModelError(
        reason=reason, provider="x", detail=detail, status=status
    )
    if reason in ("server", "rate_limited", "network"):
        error = ModelUnavailable(reason=reason, provider="x", detail=detail, status=status)
    body = {key: value for key, value in BODY.items() if key not in without}
    return remedy(error, prompt, body, taken)


@pytest.mark.parametrize(
    ("said", "kind", "what"),
    [
        # fields
        ("body.stream_options: Extra inputs are not permitted", "drop", "stream_options"),
        ("Unrecognized request argument supplied: stream_options", "drop", "stream_options"),
        ("stream_options.include_usage: unknown", "drop", "stream_options"),
        ("Unsupported parameter: 'parallel_tool_calls' is not supported with this model.", "drop",
         "parallel_tool_calls"),
        ("litellm.UnsupportedParamsError: ollama does not support parameters: ['parallel_tool_calls']", "drop",
         "parallel_tool_calls"),
        (("Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is "
         "supported."), "drop", "temperature"),
        ("temperature is deprecated for this model.", "drop", "temperature"),
        ("`temperature` may only be set to 1 when thinking is enabled.", "drop", "temperature"),
        ("'tool_choice' is not supported by this model", "drop", "tool_choice"),
        ("top_k: Extra inputs are not permitted", "drop", "top_k"),
        ("不支持的参数: stream_options", "drop", "stream_options"),
        ("Parameter stream_options wird nicht unterstützt", "drop", "stream_options"),
        ("Paramètre 'top_k' non supporté", "drop", "top_k"),
        ("El parámetro top_k no es compatible", "drop", "top_k"),
        # the limit
        ("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
         "rename", "max_completion_tokens"),
        ("body.max_tokens: Extra inputs are not permitted", "rename", "max_completion_tokens"),
        # effort and thinking
        ("Unrecognized request argument supplied: reasoning_effort", "no_effort", ""),
        ("Unknown parameter: 'reasoning'", "no_effort", ""),
        ("This model does not support thinking", "no_effort", ""),
        ('"registry.ollama.ai/library/gemma" does not support thinking', "no_effort", ""),
        (("Function tools with reasoning_effort are not supported for gpt-5.6-terra in /v1/chat/completions. To use "
         "function tools, use /v1/responses or set reasoning_effort to 'none'."), "set_effort", "none"),
        (('"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
         '"output_config.effort" to control thinking behavior.'), "thinking", "adaptive"),
        ("thinking budget is not supported; use thinking_level", "thinking", "level"),
        ("messages.1.content.0: Invalid `signature` in `thinking` block", "no_thoughts", ""),
        ("messages.1: unknown field reasoning_content", "no_thoughts", ""),
        # shapes of messages
        ("body.messages.2.role: value is not a valid enumeration member; permitted: 'system', 'user', 'assistant'",
         "calls_in_words", ""),
        ("messages[1].content: none is not an allowed value", "calls_in_words", ""),
        # caching, roles
        ("messages.0.content.0.cache_control: Extra inputs are not permitted", "no_cache", ""),
        ("System role not supported", "no_system", ""),
        ("Developer instruction is not enabled for models/gemma-3-27b-it", "no_system", ""),
        ("messages[0].role: unsupported role 'system'", "no_system", ""),
        ("Conversation roles must alternate user/assistant/user/assistant/...", "no_system", ""),
        # pictures
        ("this model does not support image input", "no_pictures", ""),
        ("Invalid content type. image_url is only supported by certain models.", "no_pictures", ""),
        ("Failed to deserialize the JSON body: messages[0]: unknown variant `image_url`, expected `text`",
         "no_pictures", ""),
        ("image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
         "no_pictures", ""),
        ("m is not a multimodal model", "no_pictures", ""),
        ("Could not process image", "no_file", "new.png"),
        ("You uploaded an unsupported image. Please make sure your image is valid.", "no_file", "new.png"),
        ("messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6 bytes > 5 bytes", "no_file",
         "new.png"),
        ("unsupported image format", "no_file", "new.png"),
        # tools
        ("registry.ollama.ai/library/gemma:2b does not support tools", "no_tools", ""),
        ('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', "no_tools", ""),
        ("tools param requires --jinja flag", "no_tools", ""),
        ("Function calling is not enabled for models/gemma-3", "no_tools", ""),
        ("tools.1.custom.input_schema: JSON schema is invalid", "no_tool", "Odd"),
        ("Invalid schema for function 'Odd': object schema missing properties", "no_tool", "Odd"),
        ("tool_use ids were found without tool_result blocks immediately after: a", "calls_in_words", ""),
        ("Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
         "calls_in_words", ""),
    ],
)  # fmt: skip
def test_what_is_objected_to_is_left_out(said: str, kind: Kind, what: str) -> None:
    assert asked(said) == (Measure(kind, what),)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("max_tokens is too large: 16384. This model supports at most 4096 completion tokens", 4096),
        (
            "max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens for claude-3-5",
            8192,
        ),
        ("`max_tokens` must be less than or equal to `8192`, the maximum value", 8192),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
        ("max_tokens (16384) exceeds the maximum of 4,096", 4096),
    ],
)
def test_an_answer_is_kept_as_short_as_is_asked(said: str, number: int) -> None:
    assert asked(said) == (Measure("limit", number=number),)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        (("This model's maximum context length is 8192 tokens. However, you requested 16484 tokens (100 in the "
         "messages, 16384 in the completion). Please reduce the length of the messages or completion."), 4046),
        (("'max_tokens' or 'max_completion_tokens' is too large: 16384. This model's maximum context length is 8192 "
         "tokens and your request has 7000 input tokens"), 1024),
        ("input length and `max_tokens` exceed context limit: 195000 + 20000 > 200000", 2500),
        ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 96 `inputs` tokens and 16384", 2000),
    ],
)  # fmt: skip
def test_an_answer_is_made_to_fit_behind_the_prompt(said: str, number: int) -> None:
    assert asked(said, reason="context_length") == (Measure("limit", number=number),)


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8100 in the messages,",
        "This model's maximum context length is 8192 tokens, your messages resulted in 8545 tokens.",
        "prompt is too long: tools, images and all",
    ],
)
def test_a_prompt_that_is_too_long_is_for_others_to_shorten(said: str) -> None:
    assert asked(said, reason="context_length") == ()


@pytest.mark.parametrize(
    "said",
    [
        "The model is not loaded",
        "bad grammar in the request",
        "The model `m` does not exist",
        "model: nonsense",
        "Your organization must be verified to use this model",
        "bad field",
        "content policy violation",
    ],
)
def test_what_has_nothing_to_do_with_the_request_is_told_at_once(said: str) -> None:
    assert asked(said) == ()


def test_other_failures_are_not_for_here() -> None:
    assert asked("does not support tools", reason="rate_limited", status=429) == ()
    assert asked("does not support tools", reason="authentication", status=403) == ()
    assert asked("does not support tools", reason="server", status=503) == ()
    assert asked("tools are broken", reason="server", status=500) == ()


def test_a_server_that_calls_it_a_fault_of_its_own_is_understood() -> None:
    assert asked("gemma does not support tools", reason="server", status=500) == (Measure("no_tools"),)
    assert asked("gemma does not support tools", reason="server", status=None) == (Measure("no_tools"),)
    assert asked("No endpoints found that support tool use", status=404) == (Measure("no_tools"),)
    assert asked("No endpoints found that support image input", status=404) == (Measure("no_pictures"),)


def test_the_other_name_is_tried_once_and_then_none() -> None:
    renamed = Measure("rename", "max_completion_tokens")
    assert asked("max_tokens: unknown field", renamed) == (Measure("drop", "max_tokens"),)
    assert asked("max_completion_tokens is not supported", without=("max_tokens",)) == ()


def test_nothing_is_left_out_twice() -> None:
    assert asked("does not support tools", Measure("no_tools")) == ()
    assert asked("temperature is deprecated", Measure("drop", "temperature")) == ()


def test_forms_of_thinking_that_are_refused_give_way() -> None:
    adaptive = attrs.evolve(PROMPT, details=ModelDetails(thinking="adaptive"))
    level = attrs.evolve(PROMPT, details=ModelDetails(thinking="level"))
    budget = (Measure("thinking", "budget"),)
    assert asked("adaptive thinking is not supported on this model", prompt=adaptive) == budget
    assert asked("output_config: Extra inputs are not permitted", prompt=adaptive) == budget
    assert asked("Thinking level is not supported for this model.", prompt=level) == budget
    assert asked("thinking is not supported", *budget, prompt=adaptive) == (Measure("no_effort"),)
    silent = attrs.evolve(PROMPT, effort=None)
    assert asked("thinking is not supported", prompt=silent, without=("reasoning_effort",)) == ()


def test_after_the_newest_pictures_all_are_left_out() -> None:
    first = asked("Could not process image")
    assert first == (Measure("no_file", "new.png"),)
    assert asked("Could not process image", *first) == (Measure("no_file", "old.png"),)
    blind = attrs.evolve(PROMPT, files={"old.png": "[a note]"})
    assert asked("Could not process image", prompt=blind) == ()


def test_after_two_odd_tools_all_go() -> None:
    gone = (Measure("no_tool", "Odd"), Measure("no_tool", "FileList"))
    assert asked("tools.0.input_schema: unsupported keyword", *gone) == (Measure("no_tools"),)
    single = attrs.evolve(PROMPT, tools=TOOLS[:1])
    assert asked("tools.0.input_schema: unsupported keyword", prompt=single) == (Measure("no_tools"),)
    assert asked("tools.7.input_schema: unsupported keyword") == (Measure("no_tools"),)


@pytest.mark.parametrize(
    "said", ["", "no reason given", "Bad Request", "Provider returned error", "Unknown field"]
)
def test_an_objection_that_says_nothing_takes_away_in_a_fixed_order(said: str) -> None:
    first = asked(said)
    assert [each.kind for each in first] == ["no_effort", "no_cache", "drop"]
    assert all(each.guessed for each in first)
    second = asked(said, *first)
    assert second == (Measure("no_pictures"),)
    third = asked(said, *first, *second)
    assert third == (Measure("no_tools"),)
    assert asked(said, *first, *second, *third) == ()
    assert asked(said, status=404) == ()


def test_what_is_not_there_is_not_taken_away() -> None:
    bare = Prompt(provider="openai", model="m", messages=MESSAGES[:1])
    first = asked("Bad Request", prompt=bare, without=("stream_options",))
    assert [each.kind for each in first] == ["no_effort", "no_cache"]
    assert asked("Bad Request", *first, prompt=bare, without=("stream_options",)) == ()


@pytest.mark.parametrize(
    "said",
    [
        "Your organization must be verified to stream this model.",
        "Streaming is not supported for this model",
        "This model does not support streaming.",
    ],
)
def test_who_may_not_stream_gets_the_answer_whole(said: str) -> None:
    assert asked(said) == (Measure("drop", "stream"), Measure("drop", "stream_options"))
    assert asked(said, without=("stream", "stream_options")) == ()
