"""What the end of a subagent's turn means for whoever started it. Pure."""

from collections.abc import Sequence
from typing import Final

from actors.agent.messages import Answer
from actors.session.messages import Message
from actors.subagents.messages import Report

DUTIES: Final = (
    "You are a subagent: the message you get is a part of another agent's task, and comes from that agent. No person "
    "reads along, and nobody answers questions: decide what is open yourself and say so. Your last answer is handed "
    "back as the result, and nothing else of what you say or see is: put into it all that was asked for, such as "
    "findings, figures and the paths of files, and what could not be done."
)
_AGAIN: Final = ' Say "go on"'
"""With this a notice to a person begins to say what helps, which does not help here."""
_WHY: Final = {
    "cancelled": "It was stopped before it had finished.",
    "refusal": "Its model refused to answer.",
}


def report(answer: Answer, rows: Sequence[Message]) -> Report:
    """The result of the call.

    Args:
      answer: how the turn ended.
      rows: its last rows, oldest first.
    """
    turn = answer.answered_by
    text = last_words(rows)
    if turn.outcome == "success" and answer.notice is None:
        return Report(text=text or "(It has said nothing.)", attachments=answer.attachments)
    why = (answer.notice or "").partition(_AGAIN)[0] or _WHY.get(turn.outcome or "", "It failed.")
    said = f"What it had said so far:\n\n{answer.text}" if answer.text else "It had said nothing."
    return Report(
        text=f"The subagent has not finished. {why} {said}", attachments=answer.attachments, is_error=True
    )


def last_words(rows: Sequence[Message]) -> str:
    """What was said after the last call of a tool."""
    texts: list[str] = []
    for row in reversed(rows):
        if row.role in {"tool_use", "tool_result", "user"}:
            break
        if row.role == "assistant":
            texts.append(row.content)
    return "\n\n".join(reversed(texts))
