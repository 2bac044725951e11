"""The guards of the agent: rules decide at once, and where they do not, a person does."""

from collections.abc import Callable
from typing import Final

import trio

from actors import guarding
from actors.guarding import Allow, Asked, Deny, Guards, Proposal
from actors.permissions import messages
from actors.permissions.rules import decide
from actors.permissions.settings import Settings
from bus import ActorCrashed, ActorStopped, Bus, DeadlineExceeded

AGAIN: Final = 1.0
"""Seconds between attempts to reach those who ask, who may be starting anew."""
NO_ANSWER: Final = (
    "nobody has answered in time whether it may be done; do without it, and say so in your answer"
)
OVER: Final = "the question was withdrawn"


def guards(settings: Callable[[], Settings], home: str) -> Guards:
    """Guards that go by the settings in force; `home` is the folder that paths are in."""

    def policy(proposal: Proposal) -> Allow | Deny | guarding.Ask:
        return decide(settings().permissions, home, proposal)

    return Guards(policy=policy, ask=_ask, answer=_answer)


async def _ask(bus: Bus, proposal: Proposal, question: guarding.Ask) -> Allow | Deny | Asked:
    context = proposal.context
    found = await bus.ask(
        messages.Ask(
            call=context.call,
            tool_use_id=context.tool_use_id,
            tool=proposal.call.name,
            input=proposal.input,
            acts_on=proposal.acts_on,
            subject=proposal.subject,
            reason=question.reason,
            outside=proposal.outside,
            user=context.user,
            session=context.session,
            turn=context.turn,
            channel=context.channel,
        )
    )
    if found.grant is not None:
        return Allow(by=f"grant {found.grant}")
    return Asked(id=found.id, expires_at=found.expires_at)


async def _answer(bus: Bus, asked: Asked) -> Allow | Deny:
    while True:
        try:
            approval = await bus.ask(messages.Await(id=asked.id))
        except (ActorCrashed, ActorStopped, DeadlineExceeded, messages.StorageFailed):
            await trio.sleep(AGAIN)
            continue
        return verdict(approval)


def verdict(approval: messages.Approval) -> Allow | Deny:
    """What an answer means for the call."""
    who = f"person {approval.answered_by}"
    match approval.state:
        case "allowed":
            return Allow(by=who)
        case "denied" if approval.words:
            return Deny(f"the person has said no: {approval.words}", by=who)
        case "denied":
            return Deny("the person has said no", by=who)
        case "expired":
            return Deny(NO_ANSWER, by="expired")
        case _:
            return Deny(OVER, by="withdrawn")
