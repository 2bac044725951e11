"""Calls of an answer under names and ids of ours."""

from actors.llm.completion import Completion, Tokens
from actors.llm.messages import TextDelta, ToolCallStarted
from actors.llm.requests.naming import Naming
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import ChatMessage, Text, ToolSpec, ToolUse


def naming() -> Naming:
    used = ToolUse(id="call_0", name="FileRead", input={})
    prompt = Prompt(
        provider="x",
        model="m",
        messages=(ChatMessage(role="assistant", content=(Text(text="a"), used)),),
        tools=(ToolSpec(name="FileRead", description="", input_schema={}),),
    )
    ids = iter(["new-1", "new-2"])
    return Naming(prompt, lambda: next(ids))


def test_an_id_that_the_conversation_has_already_is_made_anew_and_once() -> None:
    ours = naming()
    assert ours.item(ToolCallStarted(id="call_0", name="functions.FileRead")) == ToolCallStarted(
        id="new-1", name="FileRead"
    )
    answer = Completion(
        content=(
            Text(text="x"),
            ToolUse(id="call_0", name="functions.FileRead", input={}),
            ToolUse(id="call_1", name="other", input={}),
        ),
        stop_reason="tool_use",
        tokens=Tokens(),
    )
    assert ours.completion(answer).content == (
        Text(text="x"),
        ToolUse(id="new-1", name="FileRead", input={}),
        ToolUse(id="call_1", name="other", input={}),
    )


def test_what_is_no_call_is_told_as_it_is() -> None:
    assert naming().item(TextDelta(text="x")) == TextDelta(text="x")
