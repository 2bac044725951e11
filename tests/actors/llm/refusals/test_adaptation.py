from typing import Any

import attrs

from actors.llm.messages import SystemText
from actors.llm.models.catalogue import ModelDetails
from actors.llm.refusals.adaptation import (
    Learned,
    Measure,
    adapt_body,
    adapt_prompt,
)
from actors.llm.requests.documents import Pdf
from actors.llm.requests.pictures import Picture
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import ChatMessage, Document, Image, Text, Thinking, ToolResult, ToolSpec, ToolUse

PICTURE = Picture("image/png", "AA")
TOOLS = tuple(ToolSpec(name=name, description="", input_schema={}) for name in ("A", "B"))


def image(path: str) -> Image:
    return Image(media_type="image/png", path=path)


def user(*content: Any) -> ChatMessage:
    return ChatMessage(role="user", content=content)


PROMPT = Prompt(
    provider="x",
    model="m",
    messages=(
        user(Text(text="hi"), image("1.png")),
        ChatMessage(role="assistant", content=(Thinking(text="hm"), ToolUse(id="a", name="A", input={}))),
        user(ToolResult(tool_use_id="a", name="A", content=(Text(text="done"), image("2.png")))),
    ),
    system=(SystemText(text="Be kind."), SystemText(text="It is noon.", cached=False)),
    tools=TOOLS,
    effort="high",
    details=ModelDetails(max_output=9000, thinking="budget"),
    files={"1.png": PICTURE, "2.png": PICTURE},
)


def adapted(*measures: Measure, prompt: Prompt = PROMPT) -> Prompt:
    return adapt_prompt(prompt, measures)


def test_without_measures_nothing_changes() -> None:
    assert adapted() is PROMPT
    assert adapted(Measure("drop", "x"), Measure("rename", "y"), Measure("no_cache")) is PROMPT
    assert adapt_body({"a": 1}, [Measure("no_thoughts")]) == {"a": 1}


def test_limits_only_get_smaller() -> None:
    assert adapted(Measure("limit", number=4000)).details.max_output == 4000
    assert adapted(Measure("limit", number=10_000)).details.max_output == 9000
    unknown = attrs.evolve(PROMPT, details=ModelDetails())
    assert adapted(Measure("limit", number=10_000), prompt=unknown).details.max_output == 10_000
    assert adapt_body({"max_tokens": 5, "x": 1}, [Measure("limit", number=4)]) == {"max_tokens": 4, "x": 1}
    assert adapt_body({"max_tokens": "many"}, [Measure("limit", number=4)]) == {"max_tokens": "many"}


def test_thinking_changes_its_form_or_goes() -> None:
    assert adapted(Measure("no_effort")).effort is None
    assert adapted(Measure("set_effort", "none")).effort is None
    assert adapted(Measure("thinking", "adaptive")).details.thinking == "adaptive"
    kinds = [block.type for each in adapted(Measure("no_thoughts")).messages for block in each.content]
    assert "thinking" not in kinds
    body: dict[str, Any] = {"reasoning_effort": "low", "thinking": {}, "model": "m"}
    assert adapt_body(body, [Measure("no_effort")]) == {"model": "m"}
    assert adapt_body(body, [Measure("set_effort", "none")])["reasoning_effort"] == "none"


def test_what_the_system_says_is_said_first() -> None:
    spoken = adapted(Measure("no_system"))
    assert [part.text for part in spoken.system] == ["It is noon."]
    assert spoken.messages[0] == user(Text(text="Be kind."))
    assert spoken.messages[1:] == PROMPT.messages
    mute = attrs.evolve(PROMPT, system=())
    assert adapted(Measure("no_system"), prompt=mute) is mute


def test_tools_go_one_by_one_or_all_with_their_calls() -> None:
    assert [tool.name for tool in adapted(Measure("no_tool", "A")).tools] == ["B"]
    bare = adapted(Measure("no_tools"))
    assert bare.tools == ()
    assert {block.type for each in bare.messages for block in each.content} == {"text", "image"}
    told = adapted(Measure("calls_in_words"))
    assert told.tools == TOOLS
    assert told.messages == bare.messages
    body: dict[str, Any] = {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True, "n": 1}
    assert adapt_body(body, [Measure("no_tools")]) == {"n": 1}


def test_notes_take_the_place_of_pictures() -> None:
    one = adapted(Measure("no_file", "2.png"))
    assert one.files["1.png"] is PICTURE
    assert "refused" in str(one.files["2.png"])
    none = adapted(Measure("no_pictures"))
    assert all("cannot see" in str(each) for each in none.files.values())


def test_notes_take_the_place_of_documents_and_of_nothing_else() -> None:
    paper = Document(media_type="application/pdf", path="3.pdf", name="3.pdf")
    pdf = Pdf(name="3.pdf", pages=1, data="AA")
    both = attrs.evolve(
        PROMPT, messages=(*PROMPT.messages, user(paper)), files={**PROMPT.files, "3.pdf": pdf, "4.pdf": pdf}
    )
    one = adapted(Measure("no_file", "3.pdf"), prompt=both)
    assert one.files["3.pdf"] == "[document 3.pdf: the model's provider refused it]"
    none = adapted(Measure("no_documents"), prompt=both)
    assert "cannot read PDF files" in str(none.files["3.pdf"])
    assert none.files["1.png"] is PICTURE
    assert adapted(Measure("no_pictures"), prompt=both).files["3.pdf"] is pdf


def test_fields_go_or_get_another_name() -> None:
    body: dict[str, Any] = {
        "max_tokens": 7,
        "top_k": 1,
        "a": {"cache_control": {}, "b": [{"cache_control": {}, "c": 2}]},
    }
    changed = adapt_body(
        body, [Measure("drop", "top_k"), Measure("rename", "max_completion_tokens"), Measure("no_cache")]
    )
    assert changed == {"max_completion_tokens": 7, "a": {"b": [{"c": 2}]}}
    assert "top_k" in body
    assert adapt_body({"a": 1}, [Measure("rename", "max_tokens")]) == {"a": 1}


def test_what_was_learned_is_known_for_the_model_and_no_other() -> None:
    learned = Learned()
    learned.keep("m", [Measure("drop", "x"), Measure("no_file", "2.png")])
    assert learned.of(PROMPT) == (Measure("drop", "x"), Measure("no_file", "2.png"))
    other = attrs.evolve(PROMPT, model="n", files={})
    assert learned.of(other) == ()


def test_what_mends_one_conversation_is_not_kept() -> None:
    learned = Learned()
    passing = [
        Measure("calls_in_words"),
        Measure("no_thoughts"),
        Measure("no_tools", guessed=True),
        Measure("no_pictures", guessed=True),
    ]
    learned.keep("m", [*passing, Measure("no_tools")][:4])
    assert learned.of(PROMPT) == ()
    learned.keep("m", [Measure("no_effort", guessed=True)])
    assert learned.of(PROMPT) == (Measure("no_effort"),)


def test_a_model_that_is_known_to_call_nothing_is_offered_nothing() -> None:
    learned = Learned()
    incapable = attrs.evolve(PROMPT, details=ModelDetails(tools=False))
    assert learned.of(incapable) == (Measure("no_tools"),)
    learned.keep("m", [Measure("no_tools")])
    assert learned.of(incapable) == (Measure("no_tools"),)


def test_memory_is_bounded() -> None:
    learned = Learned()
    for number in range(300):
        learned.keep(f"model {number}", [Measure("drop", "x"), Measure("no_file", f"{number}.png")])
    learned.keep("m", [Measure("drop", str(number)) for number in range(40)])
    assert len(learned.of(PROMPT)) == 16
    assert learned.of(attrs.evolve(PROMPT, model="model 0", files={"0.png": PICTURE})) == ()
    known = learned.of(attrs.evolve(PROMPT, model="model 299", files={"299.png": PICTURE}))
    assert known == (Measure("drop", "x"), Measure("no_file", "299.png"))
