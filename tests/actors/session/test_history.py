"""The history that a model gets: valid whatever the ledger holds."""

from collections.abc import Sequence
from itertools import dropwhile

from hypothesis import given
from hypothesis import strategies as st

from actors.session import history
from actors.session.history import BROKEN_OFF, NOT_COMPLETED, History, Summary
from actors.session.steps import AssistantStep, CallStep, NoticeStep, Result, Said, Step, UserStep
from actors.transcript import SUMMARY_CLOSES, SUMMARY_OPENS
from actors.vocabulary import Attachment, Block, ChatMessage, Image, ProviderData, Text, Thinking, ToolUse
from tests.fakes.ledger import check_valid, spoken

SIGNED = ProviderData(origin="anthropic", data={"signature": "s"})
REDACTED = Thinking(text="", provider_data=ProviderData(origin="anthropic", data={"redacted": "x"}))


class Script:
    """Writes steps as the ledger would."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @property
    def next(self) -> int:
        return len(self.steps) + 1

    def user(self, *texts: str, turn: str = "t", files: tuple[Attachment, ...] = ()) -> "Script":
        said = tuple(Said(turn=turn, text=text, attachments=files, at=0) for text in texts)
        self.steps.append(UserStep(id=self.next, turn=turn, at=0, said=said))
        return self

    def model(self, *content: Block | str, turn: str = "t") -> "Script":
        blocks = tuple(Text(text=block) if isinstance(block, str) else block for block in content)
        self.steps.append(AssistantStep(id=self.next, turn=turn, at=0, content=blocks))
        return self

    def call(self, name: str, found: str | None = None, turn: str = "t") -> "Script":
        result = (
            None
            if found is None
            else Result(content=(Text(text=found),), is_error=False, attachments=(), at=0)
        )
        call = ToolUse(id=name, name="FileRead", input={})
        self.steps.append(
            CallStep(
                id=self.next,
                turn=turn,
                at=0,
                n=self.next,
                call=call,
                effect="pure",
                state="begun",
                result=result,
            )
        )
        return self

    def notice(self, text: str) -> "Script":
        self.steps.append(NoticeStep(id=self.next, turn="t", at=0, text=text))
        return self


def derive(steps: Sequence[Step], summary: Summary | None = None, running: str | None = None) -> History:
    return history.derive(history.opening(summary), steps, running=running)[0]


def derived(
    script: Script, summary: Summary | None = None, running: str | None = None
) -> list[tuple[str, list[str]]]:
    return spoken(derive(script.steps, summary, running).transcript.messages)


def test_a_turn_is_the_words_the_answers_and_the_results_of_calls_in_their_order() -> None:
    script = Script().user("hi").model("I look", turn="t").call("a", "1").call("b", "2").model("done")
    assert derived(script) == [
        ("user", ["hi"]),
        ("assistant", ["I look", "!a", "!b"]),
        ("user", ["=a", "=b"]),
        ("assistant", ["done"]),
    ]


def test_followups_stand_behind_the_results_in_the_same_message() -> None:
    script = Script().user("hi").model("I look").call("a", "1").user("wait", "also this").model("fine")
    assert derived(script)[2] == ("user", ["=a", "wait", "also this"])


def test_notices_are_not_sent() -> None:
    assert derived(Script().user("hi").notice("the model is slow").model("yes")) == [
        ("user", ["hi"]),
        ("assistant", ["yes"]),
    ]


def test_a_turn_that_said_nothing_is_marked_as_over_before_the_next_message() -> None:
    script = (
        Script().user("first", turn="1").notice("failed").user("second", turn="2").model("fine", turn="2")
    )
    assert derived(script) == [("user", ["first", BROKEN_OFF, "second"]), ("assistant", ["fine"])]


def test_so_is_one_that_got_no_further_than_the_results_of_calls() -> None:
    script = Script().user("first", turn="1").model("I look", turn="1").call("a", "1", turn="1")
    assert derived(script.user("second", turn="2"))[2] == ("user", ["=a", BROKEN_OFF, "second"])
    assert derived(script.user("third", turn="2"))[2] == ("user", ["=a", BROKEN_OFF, "second", "third"])


def test_one_that_was_answered_in_part_is_not() -> None:
    script = Script().user("first", turn="1").model("well", turn="1").user("second", turn="2")
    assert derived(script) == [("user", ["first"]), ("assistant", ["well"]), ("user", ["second"])]


def test_open_calls_of_the_running_turn_end_the_history() -> None:
    script = Script().user("hi").model("I look").call("a", "1").call("b").call("c", "3")
    found = derive(script.steps, running="t")
    assert spoken(found.transcript.messages)[1:] == [
        ("assistant", ["I look", "!a", "!b", "!c"]),
        ("user", ["=a", "=c"]),
    ]
    assert [(step.n, step.call.id, step.state) for step in found.open_calls] == [(4, "b", "begun")]


def test_with_no_result_at_all_the_answer_is_last() -> None:
    found = derive(Script().user("hi").model().call("a").steps, running="t")
    assert spoken(found.transcript.messages) == [("user", ["hi"]), ("assistant", ["!a"])]


def test_a_call_without_result_anywhere_else_gets_one() -> None:
    script = (
        Script().user("hi", turn="1").model("I look", turn="1").call("a", turn="1").user("go on", turn="2")
    )
    for running in ("1", "2"):
        assert not derive(script.steps, running=running).open_calls
    found = derive(script.steps)
    check_valid(found.transcript.messages)
    result = found.transcript.messages[2].content[0]
    assert result.type == "tool_result"
    assert result.is_error
    assert result.content == (Text(text=NOT_COMPLETED),)


def test_thinking_is_kept_with_what_it_led_to_and_dropped_without() -> None:
    thought = Thinking(text="hm", provider_data=SIGNED)
    script = Script().user("hi").model(thought, "yes").user("and").model(thought, REDACTED)
    assert derived(script) == [
        ("user", ["hi"]),
        ("assistant", ["thinking", "yes"]),
        ("user", ["and"]),
    ]
    assert derived(Script().user("hi").model(thought).call("a", "1"))[1] == ("assistant", ["thinking", "!a"])


def test_empty_texts_and_empty_answers_are_left_out() -> None:
    assert derived(Script().user("hi").model("", "yes", "\n").model("  ").user("more")) == [
        ("user", ["hi"]),
        ("assistant", ["yes"]),
        ("user", ["more"]),
    ]


def test_pictures_come_before_the_words() -> None:
    photo = Attachment(name="cat.png", media_type="image/png", path="downloads/cat.png", size=1)
    (message,) = derive(Script().user("look", files=(photo,)).steps).transcript.messages
    assert message.content[:2] == (Image(media_type="image/png", path="downloads/cat.png"), Text(text="look"))


def test_a_summary_is_the_first_message_between_its_markers() -> None:
    found = derive(Script().model("go on").steps, summary=Summary("so far", 1)).transcript
    assert found.messages[0].content == (Text(text=f"{SUMMARY_OPENS}\n\nso far\n\n{SUMMARY_CLOSES}"),)
    assert [message.role for message in found.messages] == ["user", "assistant"]


def test_what_a_person_says_after_a_summary_joins_its_message() -> None:
    found = derive(Script().user("next").steps, summary=Summary("so far", 1)).transcript
    (message,) = found.messages
    assert len(message.content) == 2


def test_a_boundary_never_parts_a_call_from_its_result() -> None:
    script = Script().user("hi").model("I look").call("a", "1").model("done").user("more").model("yes")
    found = derive(script.steps).transcript
    assert [message.role for message in found.messages] == [
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
        "assistant",
    ]
    assert found.starts == (1, 2, 2, 4, 5, 6)


def test_a_second_summary_stands_for_the_first_one_too() -> None:
    assert history.opening(Summary("so far", 7)).transcript.starts == (7,)


# --- whatever the ledger holds ----------------------------------------------------------------------------

words = st.sampled_from(["", " ", "one", "two"])
said = st.lists(words, min_size=1, max_size=3).map(lambda texts: ("user", tuple(texts)))
answers = st.tuples(
    st.just("model"),
    st.lists(
        words.map(lambda text: Text(text=text)) | st.just(Thinking(text="hm")) | st.just(REDACTED),
        max_size=3,
    ).map(tuple),
    st.lists(st.sampled_from([None, "found"]), max_size=3).map(tuple),
)
acts = st.lists(st.tuples(st.sampled_from(["1", "2"]), said | answers | st.just(("notice",))), max_size=12)


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Any steps that the ledger can hold, turns in any disorder."""
    script = Script().user("begin", turn="0")
    for turn, act in draw(acts):
        match act:
            case ("user", texts):
                script.user(*texts, turn=turn)
            case ("model", content, results):
                script.model(*content, turn=turn)
                for found in results:
                    script.call(f"c{script.next}", found, turn)
            case _:
                script.notice("oh")
    return script


@given(scripts(), st.sampled_from([None, "1", "2"]))
def test_the_history_is_always_valid(script: Script, running: str | None) -> None:
    found = derive(script.steps, running=running)
    check_valid(found.transcript.messages, [step.call.id for step in found.open_calls])
    assert len(found.transcript.starts) == len(found.transcript.messages)


@given(scripts(), st.integers(0, 40), st.sampled_from([None, "1", "2"]))
def test_it_is_valid_from_any_step_on_even_in_the_middle_of_calls(
    script: Script, first: int, running: str | None
) -> None:
    steps = script.steps[first:]
    for summary in (Summary("so far", first + 1), None):
        found = derive(steps, summary, running)
        check_valid(found.transcript.messages, [step.call.id for step in found.open_calls])


@given(scripts(), st.integers(0, 40), st.sampled_from([None, "1", "2"]))
def test_after_a_summary_the_rest_of_the_history_is_what_it_was(
    script: Script, replaced: int, running: str | None
) -> None:
    before = derive(script.steps, running=running)
    replaced = min(replaced, len(before.transcript.messages) - 1)
    until = before.transcript.starts[replaced]
    after = derive([step for step in script.steps if step.id >= until], Summary("so far", until), running)
    check_valid(after.transcript.messages, [step.call.id for step in after.open_calls])
    assert after.open_calls == before.open_calls
    kept = _flat(before.transcript.messages[replaced:])
    assert _flat(after.transcript.messages)[1:][-len(kept) :] == kept
    assert len(after.transcript.messages) <= 3 + len(before.transcript.messages[replaced:])


@given(scripts(), st.integers(0, 40), st.sampled_from([None, "1", "2"]))
def test_it_is_the_same_in_one_go_as_from_what_was_kept(
    script: Script, first: int, running: str | None
) -> None:
    steps = list(
        dropwhile(lambda step: isinstance(step, CallStep), script.steps[first:])
    )  # never half a group
    _, kept = history.derive(History(), script.steps[: len(script.steps) - len(steps)], running=running)
    later = [step for step in script.steps if step.id > kept.last]
    assert (
        history.derive(kept, later, running=running)[0].transcript
        == derive(script.steps, running=running).transcript
    )


def _flat(messages: Sequence[ChatMessage]) -> list[Block]:
    return [block for message in messages for block in message.content]
