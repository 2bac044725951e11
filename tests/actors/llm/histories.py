"""Any conversation there could be: calls without results, results without calls, ids again, names of all kinds."""

from typing import Any

from hypothesis import strategies as st

from actors.llm.requests.documents import Pdf
from actors.llm.requests.files import Files
from actors.llm.requests.pictures import Picture
from actors.vocabulary import (
    Block,
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

TEXTS = st.sampled_from(["a", "b\n", " ", "", "\u200b", "Error: x"]) | st.text(max_size=8)
IDS = st.sampled_from(["call_0", "call_1", "call_0_2", "", "functions.read:0", "x" * 60]) | st.text(
    max_size=3
)
NAMES = st.sampled_from(["FileRead", "functions.FileRead", "", "Datei lesen", "n" * 70]) | st.text(max_size=3)
INPUTS = st.dictionaries(
    st.text(max_size=3), st.none() | st.floats() | st.integers(-5, 5) | TEXTS, max_size=2
)
DATA: st.SearchStrategy[Any] = st.sampled_from([
    {"signature": "s"},
    {"redacted": "r"},
    {"signature": ""},
    {"field": "reasoning_content"},
    {"field": "reasoning", "reasoning_details": [{"type": "reasoning.text", "text": "hm", "index": 0}]},
    {"extra_content": {"google": {"thought_signature": "s"}}},
    {},
])  # fmt: skip
KEPT = st.none() | st.builds(ProviderData, origin=st.sampled_from(["here", "elsewhere"]), data=DATA)
IMAGES = st.builds(Image, media_type=st.just("image/png"), path=st.sampled_from(["a.png", "b.png", "c.png"]))
DOCUMENTS = st.builds(
    Document,
    media_type=st.just("application/pdf"),
    path=st.sampled_from(["a.pdf", "b.pdf", "c.pdf"]),
    name=TEXTS,
)
PARTS = st.builds(Text, text=TEXTS) | IMAGES | DOCUMENTS
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    PARTS,
    st.builds(Thinking, text=TEXTS, provider_data=KEPT),
    st.builds(ToolUse, id=IDS, name=NAMES, input=INPUTS, provider_data=KEPT),
    st.builds(
        ToolResult,
        tool_use_id=IDS,
        name=NAMES,
        content=st.lists(PARTS, max_size=2).map(tuple),
        is_error=st.booleans(),
    ),
)
MESSAGES = st.builds(
    ChatMessage, role=st.sampled_from(["user", "assistant"]), content=st.lists(BLOCKS, max_size=4).map(tuple)
)
FILES: Files = {
    "a.png": Picture("image/png", "QUJD"),
    "b.png": "[picture b.png is gone]",
    "a.pdf": Pdf(name="a.pdf", pages=1, data="JVBERi0="),
    "b.pdf": "[document b.pdf is gone]",
}
"""What some of the files in them are; there is nothing of the third ones."""
HISTORIES = st.lists(MESSAGES, max_size=7).map(tuple)
TOOLS = st.lists(
    st.builds(ToolSpec, name=NAMES, description=st.just("d"), input_schema=st.just({"type": "object"})),
    max_size=3,
).map(tuple)


@st.composite
def orderly(draw: st.DrawFn) -> list[ChatMessage]:
    """A conversation as it really goes: what is asked, rounds of calls with their results, an answer."""
    messages: list[ChatMessage] = []
    for turn in range(draw(st.integers(1, 3))):
        messages.append(ChatMessage(role="user", content=(Text(text=f"question {turn}"),)))
        for _ in range(draw(st.integers(0, 2))):
            calls = draw(
                st.lists(
                    st.builds(ToolUse, id=IDS, name=NAMES, input=INPUTS, provider_data=KEPT),
                    min_size=1,
                    max_size=2,
                )
            )
            thought = draw(st.lists(st.builds(Thinking, text=TEXTS, provider_data=KEPT), max_size=1))
            messages.append(ChatMessage(role="assistant", content=(*thought, *calls)))
            results = tuple(
                ToolResult(tool_use_id=call.id, name=call.name, content=(draw(PARTS),)) for call in calls
            )
            messages.append(ChatMessage(role="user", content=results))
        messages.append(ChatMessage(role="assistant", content=(Text(text=f"answer {turn}"),)))
    return messages
