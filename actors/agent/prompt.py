"""What the model and the person are told at the limit of a turn. Pure."""

from actors.llm.messages import SystemText


def closing(rounds: int) -> SystemText:
    """Ask for an answer without further tools."""
    text = (
        f"The limit of {rounds} rounds of tool calls in one turn is reached. Do not call tools now. Say in a few "
        "sentences what you did and found, and what is left to do; the person can tell you to go on."
    )
    return SystemText(text=text, cached=False)


def closing_notice(rounds: int) -> str:
    """The sentence for the person about a turn that was ended at the limit."""
    return f"Stopped after {rounds} rounds of tool calls, the limit of one turn (max_turns). Say so to go on."
