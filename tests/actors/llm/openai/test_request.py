import json
from typing import Any

import pytest

from actors.llm import providers
from actors.llm.messages import (
    SystemText,
)
from actors.llm.models.catalogue import ModelDetails
from actors.llm.requests.documents import Pdf
from actors.llm.requests.pictures import Picture
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import (
    ChatMessage,
    Document,
    Image,
    ProviderData,
    Text,
    Thinking,
    ToolResult,
    ToolSpec,
    ToolUse,
)

SPEC = ToolSpec(name="FileRead", description="Read.", input_schema={"type": "object", "properties": {}})


def user(*blocks: Any) -> ChatMessage:
    return ChatMessage(role="user", content=tuple(Text(text=b) if isinstance(b, str) else b for b in blocks))


def model(*blocks: Any) -> ChatMessage:
    return ChatMessage(
        role="assistant", content=tuple(Text(text=b) if isinstance(b, str) else b for b in blocks)
    )


def result(id: str, *content: Any, is_error: bool = False) -> ToolResult:
    return ToolResult(tool_use_id=id, name="FileRead", content=content, is_error=is_error)


def body(
    *messages: ChatMessage, provider: Any = "openai", settings: Any = None, **options: Any
) -> dict[str, Any]:
    prompt = Prompt(provider=provider, model="gpt-4o", messages=messages, **options)
    return providers.PROVIDERS[provider].format.body(prompt, settings or {})


def test_a_plain_message_is_a_string_and_what_is_absent_is_not_sent() -> None:
    assert body(user("hi")) == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "hi"}],
        "max_completion_tokens": 16384,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("provider", ["groq", "deepseek", "openrouter", "ollama"])
def test_relatives_know_the_limit_by_its_old_name(provider: str) -> None:
    sent = body(user("hi"), provider=provider)
    assert sent["max_tokens"] == 16384
    assert "max_completion_tokens" not in sent


def test_options_win_over_all_but_the_stream() -> None:
    options = {"max_tokens": 7, "temperature": 0, "model": "other", "stream": False}
    sent = body(user("hi"), settings=options)
    assert (sent["max_tokens"], sent["temperature"], sent["model"], sent["stream"]) == (7, 0, "other", True)
    assert "max_completion_tokens" not in sent


def test_the_system_prompt_comes_first_and_what_changes_behind_the_last_words_of_the_person() -> None:
    sent = body(
        user("q"),
        system=(SystemText(text="one"), SystemText(text="two"), SystemText(text="noon", cached=False)),
    )
    assert sent["messages"] == [
        {"role": "system", "content": "one\ntwo"},
        {"role": "user", "content": "q\n<system-note>\nnoon\n</system-note>"},
    ]


def test_calls_and_their_results_take_their_own_forms() -> None:
    sent = body(
        user("q"),
        model(
            "I look.",
            ToolUse(id="a", name="FileRead", input={"path": "ü"}),
            ToolUse(id="b", name="T", input={}),
        ),
        user(
            result("a", Text(text="one"), Text(text="two")),
            result("b", Text(text="no"), is_error=True),
            "and this",
        ),
        model(ToolUse(id="c", name="T", input={})),
        user(result("c")),
    )
    assert sent["messages"][1:] == [
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {
                    "id": "a",
                    "type": "function",
                    "function": {"name": "FileRead", "arguments": '{"path":"ü"}'},
                },
                {"id": "b", "type": "function", "function": {"name": "T", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "one\ntwo"},
        {"role": "tool", "tool_call_id": "b", "content": "Error: no"},
        {"role": "user", "content": "and this"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "T", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "(no output)"},
    ]


def test_an_error_that_says_so_itself_is_not_called_one_twice() -> None:
    sent = body(
        model(ToolUse(id="a", name="T", input={})), user(result("a", Text(text="error: x"), is_error=True))
    )
    assert sent["messages"][-1]["content"] == "error: x"


def test_tools_are_functions() -> None:
    assert body(user("hi"), tools=(SPEC,))["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "FileRead",
                "description": "Read.",
                "parameters": {"type": "object", "properties": {}},
            },
        }
    ]


def test_reasoning_is_not_sent_back() -> None:
    thought = Thinking(text="hm", provider_data=ProviderData(origin="openai", data={"x": "y"}))
    sent = body(user("q"), model(thought), model("a"), user("more"))
    assert sent["messages"][1] == {"role": "assistant", "content": "a"}


def test_pictures_are_parts_of_a_list_and_those_of_a_result_follow_it() -> None:
    image = Image(media_type="image/png", path="a.png")
    sent = body(
        user(image, "what?"),
        model(ToolUse(id="a", name="FileRead", input={})),
        user(result("a", Text(text="Image: a.png"), image)),
        files={"a.png": Picture("image/png", "QUJD")},
    )
    shown = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    assert sent["messages"][0]["content"] == [shown, {"type": "text", "text": "what?"}]
    assert sent["messages"][2:] == [
        {"role": "tool", "tool_call_id": "a", "content": "Image: a.png\n[picture a.png follows]"},
        {"role": "user", "content": [shown]},
    ]


def test_documents_are_files_with_a_name() -> None:
    paper = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")
    history = (
        user(paper, "what?"),
        model(ToolUse(id="a", name="FileRead", input={})),
        user(result("a", Text(text="Document: a.pdf"), paper)),
    )
    sent = body(*history, files={"a.pdf": Pdf(name="A.pdf", pages=1, data="QUJD")})
    file = {"filename": "A.pdf", "file_data": "data:application/pdf;base64,QUJD"}
    shown = {"type": "file", "file": file}
    assert sent["messages"][0]["content"] == [shown, {"type": "text", "text": "what?"}]
    assert sent["messages"][2:] == [
        {"role": "tool", "tool_call_id": "a", "content": "Document: a.pdf\n[document a.pdf follows]"},
        {"role": "user", "content": [shown]},
    ]
    told = "[document a.pdf: this model cannot read PDF files by itself]\nwhat?"
    assert body(*history)["messages"][0]["content"] == told


def test_of_a_message_of_the_person_only_words_and_pictures_are_sent() -> None:
    call = ToolUse(id="a", name="FileRead", input={})
    assert body(user("hi", call))["messages"] == [{"role": "user", "content": "hi"}]


def test_a_note_in_place_of_a_picture_is_text() -> None:
    sent = body(user(Image(media_type="image/png", path="a.png"), "what?"), files={"a.png": "[cannot see]"})
    assert sent["messages"] == [{"role": "user", "content": "[cannot see]\nwhat?"}]


def test_a_picture_and_a_note_may_stand_side_by_side() -> None:
    seen, gone = (Image(media_type="image/png", path=path) for path in ("a.png", "b.png"))
    sent = body(user(seen, gone, "q"), files={"a.png": Picture("image/png", "QUJD"), "b.png": "[gone]"})
    assert [part["type"] for part in sent["messages"][0]["content"]] == ["image_url", "text", "text"]


def test_effort_is_said_only_to_models_that_know_it() -> None:
    assert "reasoning_effort" not in body(user("q"), effort="high")
    sent = body(user("q"), effort="high", details=ModelDetails(effort=True))
    assert sent["reasoning_effort"] == "high"
    assert sent["max_completion_tokens"] == 40960


def test_effort_stays_away_from_tools_where_both_are_refused() -> None:
    apart = ModelDetails(effort=True, effort_with_tools=False)
    tools = (ToolSpec(name="T", description="", input_schema={}),)
    assert "reasoning_effort" not in body(user("q"), effort="high", details=apart, tools=tools)
    assert "reasoning_effort" in body(user("q"), effort="high", details=apart)


def test_limits_stay_within_what_the_model_can_do() -> None:
    sent = body(user("q"), provider="deepseek", details=ModelDetails(max_output=8192))
    assert sent["max_tokens"] == 8192


def reasoned(text: str, **data: Any) -> Thinking:
    return Thinking(text=text, provider_data=ProviderData(origin="openai", data=data))


USED = ToolUse(id="a", name="T", input={})


def test_reasoning_of_a_turn_with_calls_goes_back_to_who_sent_it() -> None:
    details = [{"type": "reasoning.text", "text": "b", "index": 0}]
    thoughts = (reasoned("a", field="reasoning"), reasoned("b", field="reasoning", reasoning_details=details))
    history = (
        user("q"),
        model(*thoughts, USED),
        user(result("a", Text(text="r"))),
        model(thoughts[0], "done"),
    )
    sent = body(*history, user("more"), model(thoughts[0], "plain"), user("and"))["messages"]
    assert (sent[1]["reasoning"], sent[1]["reasoning_details"]) == ("ab", details)
    assert sent[3] == {"role": "assistant", "content": "done", "reasoning": "a"}
    assert sent[5] == {"role": "assistant", "content": "plain"}
    assert "reasoning" not in json.dumps(body(*history, user("more"), provider="groq"))
    sent = body(user("q"), model(reasoned("", reasoning_details=details), USED), user(result("a")))[
        "messages"
    ]
    assert sent[1]["reasoning_details"] == details
    assert "reasoning" not in sent[1]


def test_who_demands_reasoning_gets_some_with_each_call() -> None:
    history = (user("q"), model("I look.", USED), user(result("a", Text(text="r"))))
    sent = body(*history, provider="deepseek")["messages"]
    assert sent[1]["reasoning_content"] == "(The reasoning behind this is not known.)"
    assert "reasoning_content" not in body(*history, provider="groq")["messages"][1]


@pytest.mark.parametrize("origin", ["openai", "gemini"])
def test_what_was_attached_to_a_call_goes_back_to_who_attached_it(origin: str) -> None:
    data = ProviderData(origin=origin, data={"extra_content": {"google": {"thought_signature": "s"}}})
    used = ToolUse(id="a", name="T", input={}, provider_data=data)
    sent = body(user("q"), model(used), user(result("a")))["messages"][1]["tool_calls"][0]
    assert ("extra_content" in sent) == (origin == "openai")


def test_names_are_legal_and_no_tool_is_named_twice() -> None:
    odd = ToolSpec(name="web.search", description="", input_schema={})
    sent = body(user("q"), model(ToolUse(id="a", name="web.search", input={})), tools=(odd, SPEC, odd))
    names = [tool["function"]["name"] for tool in sent["tools"]]
    assert names == [sent["messages"][1]["tool_calls"][0]["function"]["name"], "FileRead"]
