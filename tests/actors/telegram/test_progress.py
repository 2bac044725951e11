"""What is shown of a turn while it runs."""

from datetime import UTC, datetime
from typing import Any

from actors.agent import messages as agent
from actors.telegram.progress import LONGEST_LINE, Progress
from actors.vocabulary import Usage

AT = datetime(2026, 1, 1, tzinfo=UTC)


def event(kind: Any, turn: str = "t", **fields: Any) -> Any:
    return kind(session="s", n=1, turn=turn, **fields)


def tool(name: str) -> agent.ToolStarted:
    started: agent.ToolStarted = event(agent.ToolStarted, call="c", name=name, input={}, at=AT)
    return started


def text(said: str) -> agent.TextDelta:
    delta: agent.TextDelta = event(agent.TextDelta, text=said)
    return delta


def completion(iteration: int) -> agent.CompletionStarted:
    begun: agent.CompletionStarted = event(agent.CompletionStarted, iteration=iteration, model=None)
    return begun


def notice(kind: str, said: str) -> agent.Notice:
    return agent.Notice(session="s", n=1, turn="t", kind=kind, text=said)


def after(*events: agent.TurnEvent) -> Progress:
    progress = Progress("t")
    for each in events:
        assert progress.take(each)
    return progress


def test_tools_are_counted_in_the_order_of_their_first_use() -> None:
    assert after().line() == ""
    found = after(tool("FileRead"), tool("MemorySearch"), tool("FileRead"))
    assert found.line() == "⚙ FileRead ×2 · MemorySearch"


def test_a_line_is_no_longer_than_one_looks_at() -> None:
    line = after(*[tool(f"Tool{n}") for n in range(100)]).line()
    assert (len(line), line[-1]) == (LONGEST_LINE, "…")


def test_who_answers_instead_is_said_whether_tools_are_shown_or_not() -> None:
    found = after(tool("FileRead"), notice("switched", "openai/b answers instead (busy)."))
    assert found.line() == "openai/b answers instead (busy).\n⚙ FileRead"
    assert found.line(tools=False) == "openai/b answers instead (busy)."
    assert after(tool("FileRead")).line(tools=False) == ""
    assert not Progress("t").take(notice("retrying", "soon"))


def test_a_draft_is_what_was_said_in_this_completion() -> None:
    found = after(completion(1), text("**Hel"), text("lo**"))
    draft = found.draft()
    assert draft is not None
    assert (found.iteration, draft.text, draft.entities[0].type) == (1, "Hello …", "bold")
    assert after(completion(1), text("Hello"), completion(2)).draft() is None


def test_a_completion_that_is_begun_again_voids_what_was_said() -> None:
    draft = after(completion(1), text("Hel"), completion(1), text("Good")).draft()
    assert draft is not None
    assert draft.text == "Good …"


def test_of_a_long_one_the_end_is_shown() -> None:
    draft = after(completion(1), *[text(f"word{n} ") for n in range(1000)]).draft()
    assert draft is not None
    assert draft.text.endswith("word999 …")
    assert len(draft.text) <= 4096


def test_an_attempt_that_begins_anew_is_told_anew() -> None:
    started = event(
        agent.TurnStarted,
        text="x",
        attachments=(),
        source="telegram",
        client_message_id=None,
        attempt=2,
        at=AT,
    )
    found = after(completion(1), text("Hel"), tool("FileRead"), started)
    assert (found.line(), found.draft(), found.iteration) == ("", None, 0)


def test_other_turns_and_what_is_not_shown_are_passed_over() -> None:
    progress = Progress("t")
    assert not progress.take(event(agent.TextDelta, turn="u", text="x"))
    assert not progress.take(event(agent.ThinkingDelta, text="hm"))
    assert progress.draft() is None


def test_it_knows_its_end() -> None:
    fields: dict[str, Any] = {"text": "", "usage": Usage(), "tool_rounds": 0, "elapsed": 1.0}
    ended = event(agent.TurnEnded, outcome="success", attachments=(), **fields)
    failed = event(agent.TurnFailed, outcome="error", reason="no", **fields)
    assert not after().ended
    assert after(ended).ended
    assert after(failed).ended


def test_it_waits_as_long_as_any_question_is_open() -> None:
    def wanted(id: str) -> Any:
        fields: dict[str, Any] = {
            "call": "c",
            "name": "Bash",
            "approval": id,
            "reason": "it may",
            "expires_at": AT,
        }
        return event(agent.ApprovalWanted, **fields)

    def given(id: str) -> Any:
        return event(agent.ApprovalGiven, call="c", approval=id, allowed=True, by="person ada")

    progress = Progress("t")
    assert not progress.waits
    assert not any(map(progress.take, (wanted("a"), wanted("b"), given("a"))))
    assert progress.waits
    progress.take(given("b"))
    assert not progress.waits
    progress.take(wanted("c"))
    progress.forget()
    assert not progress.waits
