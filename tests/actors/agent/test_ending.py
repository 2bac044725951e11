"""What is known of a turn while it runs, and the endings it can come to."""

from datetime import UTC, datetime
from typing import Any

import attrs

from actors.agent.settings import Settings
from actors.agent.turn import Ending, Run, settings_for
from actors.llm.messages import Completed, ModelNotAllowed
from actors.session import messages as session
from actors.tooling import Rendered
from actors.transcript import Part, Transcript
from actors.vocabulary import ADMIN, Attachment, Text, Thinking, ToolResult, ToolUse, Usage

FILE = Attachment(name="a.txt", media_type="text/plain", path="a.txt", size=1)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def turn(id: str = "t", text: str = "hi", **options: Any) -> session.Turn:
    return session.Turn(
        id=id,
        seq=1,
        session="s",
        user=ADMIN,
        role="admin",
        channel="main",
        key="chat",
        state="running",
        attempt=1,
        text=text,
        attachments=(),
        content=(Text(text=text),),
        options=session.TurnOptions(**options),
        mode="inject",
        source="web",
        client_message_id=None,
        accepted_at=NOW,
    )


def a_run(**options: Any) -> Run:
    asked = turn(**options)
    return Run(turn=asked, started=0.0, transcript=Transcript().plus([Part("user", asked.content, 1)]))


def completed(*content: Any, **usage: Any) -> Completed:
    return Completed(content=content, stop_reason="end_turn", usage=Usage(**usage))


def message(role: Any, content: str, *files: Attachment) -> session.Message:
    return session.Message(
        id=1, session="s", turn="t", role=role, content=content, attachments=files, timestamp=NOW
    )


def test_what_a_turn_wants_otherwise_wins_over_what_is_configured() -> None:
    settings = Settings(max_turns=30, max_tokens=1000, reasoning_effort="low")
    assert settings_for(settings, session.TurnOptions()) == settings
    wanted = session.TurnOptions(max_turns=2, max_tokens=10)
    assert settings_for(settings, wanted) == Settings(max_turns=2, max_tokens=10, reasoning_effort="low")


def test_a_model_that_is_not_offered_any_more_is_not_asked_again() -> None:
    run = a_run()
    assert not run.dismiss("a/b")
    run.model, run.fallbacks = "a/b", ("c/d", "e/f")
    assert run.dismiss("a/b")
    assert run.dismiss("c/d")
    assert [run.model, run.fallbacks] == [None, ("e/f",)]
    assert not run.dismiss("c/d")


def test_earlier_attempts_are_remembered_with_what_they_said_handed_over_and_took_in() -> None:
    run = a_run()
    rows = [
        message("assistant", "I look"),
        message("thinking", "hm"),
        message("tool_use", "{}"),
        message("tool_result", "{}", FILE),
    ]
    run.recall(rows, [turn("b", model="x/one"), turn("c")])
    assert (run.text, run.attachments, run.model, run.calls) == ("I look", [FILE], "x/one", 1)
    assert [followup.id for followup in run.merged] == ["b", "c"]


def test_followups_join_as_one_message_and_the_latest_that_names_a_model_decides() -> None:
    run = a_run()
    run.join(
        session.Merged(step=7, turns=(turn("b", "and", model="x/one"), turn("c", "then", model="x/two")))
    )
    assert run.model == "x/two"
    assert run.transcript.messages[-1].content[-2:] == (Text(text="and"), Text(text="then"))
    run.join(session.Merged(step=8, turns=(turn("d"),)))
    assert run.model == "x/two"
    assert [followup.id for followup in run.merged] == ["b", "c", "d"]


def test_a_round_of_calls_becomes_part_of_the_conversation() -> None:
    run = a_run()
    call = ToolUse(id="a", name="Hand", input={})
    run.stored(2, (Text(text="I look"),), [call])
    run.results([(call, Rendered(content=(Text(text="there"),), attachments=(FILE,)))])
    assert (run.id, run.iteration, run.rounds, run.said, run.attachments) == ("t", 1, 1, ["I look"], [FILE])
    result = ToolResult(tool_use_id="a", name="Hand", content=(Text(text="there"),))
    assert [each.content for each in run.transcript.messages[1:]] == [(Text(text="I look"), call), (result,)]
    run.stored(4, (Text(text="more"),), [])
    assert (run.iteration, run.rounds) == (2, 1)


def test_a_success_says_what_the_model_said_last() -> None:
    run = a_run()
    answer = completed(Thinking(text="hm"), Text(text="done"), input_tokens=3)
    expected = Ending(state="done", outcome="success", content=answer.content, usage=answer.usage)
    assert run.success(answer) == expected
    assert run.text == "done"


def test_calls_of_the_last_answer_at_a_limit_are_not_carried_out() -> None:
    answer = completed(Text(text="so far"), ToolUse(id="a", name="Hand", input={}))
    ending = a_run().broken_up(answer, "max_turns", "It is over.")
    assert (ending.outcome, ending.content, ending.notice) == (
        "max_turns",
        (Text(text="so far"),),
        "It is over.",
    )


def test_what_was_said_of_an_answer_that_broke_off_is_kept_once() -> None:
    run = a_run()
    run.partial.extend(["half", " of it"])
    failed = run.failed(ModelNotAllowed(model="a/b", allowed=("c/d",)))
    assert (failed.state, failed.outcome, failed.content) == ("failed", "error", (Text(text="half of it"),))
    assert "a/b" in str(failed.notice)
    assert (run.text, run.partial) == ("half of it", [])
    assert run.cancelled() == Ending(state="cancelled", outcome="cancelled")


def test_a_turn_that_is_stopped_keeps_what_was_said() -> None:
    run = a_run()
    run.partial.append("half")
    ending = run.stopped("deadline", "It took too long.")
    assert ending == Ending(
        state="done", outcome="deadline", content=(Text(text="half"),), notice="It took too long."
    )


def test_what_the_last_answer_used_and_how_long_the_prompt_was_is_known() -> None:
    run = a_run()
    assert run.next_prompt(100) == 102
    run.context_tokens = 1000
    assert run.next_prompt(100) == 1000
    run.partial.append("was told")
    run.heard(completed(input_tokens=3, cache_read_tokens=4, output_tokens=2, cost_usd=0.25))
    assert (run.partial, run.context_tokens, run.last) == ([], 7, session.Consumed(tokens=9, usd=0.25))
    run.stored(2, (Text(text="four"),), [])
    assert run.next_prompt(100) == 7 + 4
    run.heard(completed(cost_usd=None))
    assert run.last == session.Consumed()


def test_an_answer_with_a_pause_in_it_is_one() -> None:
    run = a_run()
    assert len(run.prompt) == 1
    run.pause(completed(Thinking(text="hm"), Text(text="The first ")))
    assert (run.pauses, run.partial) == (1, ["The first "])
    assert [message.role for message in run.prompt] == ["user", "assistant"]
    assert run.whole(completed(Text(text="and"))).content == (Thinking(text="hm"), Text(text="The first and"))
    assert (len(run.prompt), run.paused) == (1, ())


def test_an_answer_that_was_cut_is_a_success_as_far_as_it_goes() -> None:
    assert a_run().cut(completed(Text(text="The first")), 9).outcome == "success"
    assert a_run().cut(completed(Thinking(text="hm")), 9).outcome == "max_tokens"


def test_what_a_person_says_begins_the_rounds_anew() -> None:
    run = a_run()
    call = ToolUse(id="a", name="Hand", input={})
    run.stored(2, (), [call])
    run.results([(call, Rendered(content=(Text(text="there"),)))])
    assert (run.calls, len(run.made)) == (1, 1)
    run.join(session.Merged(step=7, turns=(turn("b", "and"),)))
    assert (run.calls, run.made) == (1, [])


def test_a_turn_is_answered_when_the_last_words_are_those_of_the_model() -> None:
    run = a_run()
    assert run.answered() is None
    run.stored(2, (Text(text="said"),), [])
    assert run.answered() == Ending(state="done", outcome="success")


def test_what_a_hook_has_said_to_have_it_go_on_is_known_again() -> None:
    run = a_run()
    assert not run.goes_on
    run.merged = [attrs.evolve(turn("u"), client_message_id="m1")]
    assert not run.goes_on
    run.merged.append(attrs.evolve(turn("v"), client_message_id="stop:t"))
    assert run.goes_on
