"""What is decided about a call without asking anybody: rules, then what goes where there is none. Pure."""

from fnmatch import fnmatchcase
from typing import Final

from actors.guarding import Allow, Ask, Deny, Proposal
from actors.permissions.patterns import URL, Subject, fits, touches
from actors.permissions.settings import Permissions, Rule

IN_HOME: Final = frozenset({"FileWrite", "Write", "Edit", "FileDelete", "BashStop"})
"""Unsafe tools whose changes are kept from being lost, or undo what was agreed to before."""
ALSO: Final = {"Write": "FileWrite", "Read": "FileRead"}
"""Tools that go by another name as well: a rule about that one is about them, too."""


def decide(permissions: Permissions, home: str, proposal: Proposal) -> Allow | Deny | Ask:
    """What the rules say to a call.

    Args:
      permissions: those in force.
      home: the folder that paths are in.
      proposal: the call.
    """
    said = _said(permissions, subject(proposal, home), proposal)
    if isinstance(said, Ask) and proposal.context.channel not in permissions.asks_on:
        return Deny(
            f"{said.reason}, so a person would have to agree to it, and nobody can be asked on the channel "
            f"{proposal.context.channel}. Do without it, and say in your answer what you could not do.",
            by="channel",
        )
    return said


def subject(proposal: Proposal, home: str) -> Subject:
    """What a call acts on."""
    return Subject(proposal.subject, proposal.acts_on, home)


def _said(permissions: Permissions, subject: Subject, proposal: Proposal) -> Allow | Deny | Ask:
    for number, rule in enumerate(permissions.in_order, 1):
        if is_about(rule, subject, proposal):
            by = f"rule {number}"
            if rule.decision == "deny":
                return Deny(f"the owner of this agent does not allow it ({_named(rule)})", by=by)
            if rule.decision == "ask":
                return Ask(f"the owner of this agent wants to be asked ({_named(rule)})", by=by)
            if rule.outside:
                return Allow(by=by)
            return _outside(permissions, proposal) or Allow(by=by)
    return _outside(permissions, proposal) or _default(proposal)


def is_about(rule: Rule, subject: Subject, proposal: Proposal) -> bool:
    """Whether a rule is about a call. One that allows has to fit all of it, another one any part of it."""
    context = proposal.context
    fit = fits if rule.decision == "allow" else touches
    names = (proposal.call.name, ALSO.get(proposal.call.name, ""))
    return (
        any(name and fnmatchcase(name, rule.tool) for name in names)
        and rule.channel in {"", context.channel}
        and rule.role in {None, context.role}
        and rule.outside in {None, bool(proposal.outside)}
        and fit(rule.pattern, subject)
    )


def _named(rule: Rule) -> str:
    return f"{rule.tool} {rule.pattern}".strip()


def _outside(permissions: Permissions, proposal: Proposal) -> Ask | None:
    """Whether a person has to agree because somebody else may be who wants it."""
    if permissions.outside == "allow" or not proposal.outside or not changes(proposal):
        return None
    return Ask(f"words from outside ({', '.join(proposal.outside)}) may be what asks for it", by="outside")


def changes(proposal: Proposal) -> bool:
    """Whether a call does something that others could want.

    It changes anything, tells a program of others something, or goes to an address of its own making.

    One that begins another turn does nothing itself: that turn knows what words went into it.
    """
    if proposal.effect != "pure":
        return not proposal.delegates
    return proposal.outward or (proposal.acts_on == URL and not proposal.heard(proposal.subject))


def _default(proposal: Proposal) -> Allow | Ask:
    if proposal.effect in {"pure", "local"} or proposal.delegates or proposal.call.name in IN_HOME:
        return Allow()
    return Ask(f"{proposal.call.name} may do something that cannot be undone")
