"""The message that is another version of one. Pure."""

from collections.abc import Sequence

import attrs

from actors.agent.messages import Revise
from actors.session.messages import EmptyMessage, Incoming, Turn


def revised(said: Sequence[Turn], request: Revise) -> Incoming:
    """What is to be stored.

    Args:
      said: the turn, and the messages that joined it: whatever was said in all of them is said again.
      request: what is to be different. Its text stands for all that was said; files stay.

    Raises EmptyMessage.
    """
    first = said[0]
    text = "\n\n".join(turn.text for turn in said if turn.text.strip())
    if request.text is not None:
        text = request.text
    attachments = tuple(file for turn in said for file in turn.attachments)
    if not text.strip() and not attachments:
        raise EmptyMessage
    models = [turn.options.model for turn in said if turn.options.model]
    chains = [turn.options.fallbacks for turn in said if turn.options.fallbacks is not None]
    options = attrs.evolve(
        first.options,
        model=request.model or (models[-1] if models else None),
        fallbacks=chains[-1] if chains else None,
        effort=request.effort or first.options.effort,
    )
    return Incoming(
        text=text,
        user=request.user,
        role=request.role,
        channel=first.channel,
        session=first.session,
        attachments=attachments,
        mode="queue",
        source=request.source,
        client_message_id=request.client_message_id or None,
        options=options,
    )
