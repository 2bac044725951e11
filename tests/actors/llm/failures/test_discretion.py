"""Between us and the models no secret passes, in neither direction, in no way of writing it."""

import base64
from collections.abc import Iterable
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from actors.llm import messages as llm
from actors.llm.failures.discretion import Discreet, discreet, discreet_history, without_secrets
from actors.vocabulary import ChatMessage, ProviderData, Text, Thinking, ToolUse, Usage
from bus import Clean, conceal, redact
from bus.testing import MeshUnderTest
from tests.actors.llm.world import KEYS, actor, ask, at, health
from tests.fakes.model_script import Fail, Refuse, Reply, Say
from tests.fakes.model_server import ModelServer

CANARY = "canary-Zq81xK40"
SIGNED = ProviderData(origin="anthropic", data={"signature": "s"})


@pytest.fixture(autouse=True)
def _secret() -> None:
    conceal("test", [("TOKEN", CANARY)])


async def heard(items: Iterable[llm.CompletionEvent]) -> list[llm.CompletionEvent]:
    found: list[llm.CompletionEvent] = []

    async def send(item: llm.CompletionEvent) -> None:
        found.append(item)

    border = Discreet(send)
    for item in items:
        await border.send(item)
    return found


async def test_a_secret_that_is_cut_across_deltas_waits_and_goes() -> None:
    end = llm.Completed(content=(Text(text=f"It is {CANARY}."),), stop_reason="end_turn", usage=Usage())
    said = [llm.TextDelta(text=text) for text in ("It is can", "ary-Z", "q81x", "K40", ".")]
    assert await heard([*said, end]) == [
        llm.TextDelta(text="It is "),
        llm.TextDelta(text="[secret TOKEN]"),
        llm.TextDelta(text="."),
        llm.Completed(content=(Text(text="It is [secret TOKEN]."),), stop_reason="end_turn", usage=Usage()),
    ]


async def test_what_was_held_comes_before_anything_else() -> None:
    thought, call = llm.ThinkingDelta(text="hm"), llm.ToolCallStarted(id="1", name="FileRead")
    said = llm.TextDelta(text="I can")
    assert await heard([said, thought]) == [llm.TextDelta(text="I "), llm.TextDelta(text="can"), thought]
    assert await heard([said, call]) == [llm.TextDelta(text="I "), llm.TextDelta(text="can"), call]


async def test_what_was_held_waits_on_when_an_attempt_says_what_it_has_used() -> None:
    bill = llm.Wasted(usage=Usage(input_tokens=3))
    said = llm.TextDelta(text="I can")
    assert await heard([said, bill]) == [llm.TextDelta(text="I "), bill]


async def test_what_was_held_is_void_when_the_model_is_asked_again() -> None:
    again = llm.Retrying(reason=f"no {CANARY}", wait=1)
    assert await heard([llm.TextDelta(text="I can"), again, llm.TextDelta(text="ary")]) == [
        llm.TextDelta(text="I "),
        llm.Retrying(reason="no [secret TOKEN]", wait=1),
        llm.TextDelta(text="ary"),
    ]


async def test_what_was_held_is_void_when_another_model_takes_over() -> None:
    other = llm.Switched(model="openai/m", reason=f"no {CANARY}")
    assert await heard([llm.TextDelta(text="I can"), other, llm.TextDelta(text="ary")]) == [
        llm.TextDelta(text="I "),
        llm.Switched(model="openai/m", reason="no [secret TOKEN]"),
        llm.TextDelta(text="ary"),
    ]


@given(st.lists(st.integers(0, 60), max_size=8))
def test_however_it_is_cut_the_whole_is_the_same(cuts: list[int]) -> None:
    text = f"a {CANARY} b {base64.b64encode(CANARY.encode()).decode()} c"
    places = sorted(min(cut, len(text)) for cut in cuts)
    pieces = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
    end = llm.Completed(content=(Text(text=text),), stop_reason="end_turn", usage=Usage())
    items: list[llm.CompletionEvent] = [*(llm.TextDelta(text=piece) for piece in pieces), end]
    *deltas, last = trio.run(heard, items)
    said = "".join(item.text for item in deltas if isinstance(item, llm.TextDelta))
    assert isinstance(last, llm.Completed)
    assert said == redact(text) == "".join(each.text for each in last.content if isinstance(each, Text))


def test_reasoning_that_is_changed_loses_its_signature() -> None:
    clean = Thinking(text="hm", provider_data=SIGNED)
    said = ChatMessage(role="assistant", content=(clean, Thinking(text=CANARY, provider_data=SIGNED)))
    assert discreet(said).content == (clean, Thinking(text="[secret TOKEN]"))
    untouched = ChatMessage(role="assistant", content=(clean,))
    assert discreet(untouched) is untouched
    known = Clean()
    for _ in range(2):
        assert discreet_history((untouched, said), known) == (untouched, discreet(said))


def test_an_error_may_not_repeat_what_was_sent() -> None:
    error = llm.ModelError(reason="authentication", provider="openai", detail=f"wrong key {CANARY}")
    assert without_secrets(error).detail == "wrong key [secret TOKEN]"
    clean = llm.ModelError(reason="server", provider="openai", detail="down")
    assert without_secrets(clean) is clean


def test_a_key_too_short_to_be_looked_for_everywhere_is_not_repeated_by_its_provider() -> None:
    error = llm.ModelError(reason="authentication", provider="openai", detail="Incorrect API key: sk-x.")
    assert without_secrets(error, "sk-x").detail == "Incorrect API key: ***."


# --- with the actor and a server ---------------------------------------------------------------------------


async def test_a_request_holds_no_secret(mesh: MeshUnderTest, model_server: ModelServer) -> None:
    await mesh.start(actor(at(model_server), KEYS))
    call = ToolUse(id="1", name="FileWrite", input={"content": f'"{CANARY}"'})
    history = (
        ChatMessage(role="user", content=(Text(text=f"my key: {CANARY}"),)),
        ChatMessage(role="assistant", content=(call,)),
        ChatMessage(role="user", content=(Text(text="go on"),)),
    )
    await ask(mesh, messages=history, system=(llm.SystemText(text=f"You know {CANARY}."),))
    sent = str(model_server.requests[0].body)
    assert CANARY not in sent
    assert sent.count("[secret TOKEN]") == 3


async def test_an_answer_holds_no_secret(mesh: MeshUnderTest, model_server: ModelServer) -> None:
    await mesh.start(actor(at(model_server), KEYS))
    model_server.script(Reply(Say("canary-", "Zq81xK40")))
    items, completed = await ask(mesh)
    assert items == [llm.TextDelta(text="[secret TOKEN]")]
    assert completed.content == (Text(text="[secret TOKEN]"),)


@pytest.mark.parametrize(
    "reply",
    [
        Refuse(status=401, message=f"Incorrect API key provided: {CANARY} or sk-secret-a"),
        Refuse(status=200, body=f"<p>{CANARY} sk-secret-a</p>".encode(), content_type="text/html"),
        Reply(Fail("invalid_request_error", f"busy {CANARY} sk-secret-a")),
    ],
)
async def test_no_error_repeats_what_was_sent(
    mesh: MeshUnderTest, model_server: ModelServer, reply: Any
) -> None:
    await mesh.start(actor(at(model_server), KEYS), name="llm")
    model_server.script(reply)
    with pytest.raises(llm.ModelError) as caught:
        await ask(mesh)
    for shown in (str(caught.value), repr(caught.value), str(health(mesh)[1])):
        assert CANARY not in shown
        assert "sk-secret-a" not in shown
    assert "[secret TOKEN]" in str(caught.value)
