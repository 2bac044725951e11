"""What a run says to the agent, what the model is told about it, and how its end is read. Pure."""

from typing import Final

from actors.agent.messages import Answer
from actors.cron.ledger import Claimed, Outcome
from actors.cron.messages import Builtin, Job, Listed, PastRun, Run
from actors.session.messages import Incoming, TurnOptions
from actors.vocabulary import NOTHING_TO_SAY, Role, quoted, says_nothing

SOURCE: Final = "cron"
"""Where messages of jobs come from."""
CHANNEL: Final = "scheduler"
"""Where the conversations of runs are."""
RESERVED: Final = "__"
"""What names of the agent's own jobs begin with."""
_ALONE: Final = (
    "It runs by itself: nobody waits in front of the screen, and nobody answers questions. Do now what it says, with "
    "what you know. Your answer is delivered to the person."
)
_JOB: Final = (
    "This is the scheduled job {name}. {alone} So a reminder is simply what you answer. Do not schedule it "
    "again: if it is to come again, it does so by itself. Make, change or remove jobs only where it tells you to."
)
_BUILTIN: Final[dict[str, str]] = {
    "heartbeat": (
        "This is your heartbeat: you look at HEARTBEAT.md, which the person has written for you, again and again. "
        f"{_ALONE} When there is nothing that they should know or that you should do now, answer {NOTHING_TO_SAY} and "
        "nothing else; then nobody is disturbed. Do not repeat what you have told them before. Schedule nothing unless "
        "it says so."
    ),
    "boot": f"The agent has just been started, and this is what BOOT.md says for that. {_ALONE}",
    "bootstrap": f"The agent was started for the first time, and this is what BOOTSTRAP.md says for that. {_ALONE}",
}


def name_of(builtin: Builtin) -> str:
    """What a job of the agent itself is called."""
    return f"{RESERVED}{builtin}{RESERVED}"


def context(triggered_by: str, source: str) -> str:
    """What the model is told in a turn that a job speaks in; nothing where something else does."""
    if source != SOURCE:
        return ""
    own = _BUILTIN.get(triggered_by.removeprefix(RESERVED).removesuffix(RESERVED))
    if own is not None and triggered_by.startswith(RESERVED):
        return own
    return _JOB.format(name=quoted(triggered_by), alone=_ALONE)


def incoming(claimed: Claimed, prompt: str, role: Role) -> Incoming:
    """The message of a run. The same attempt makes the same one, which the agent takes as one."""
    job = claimed.job
    isolated = job.session_mode == "isolated"
    return Incoming(
        text="\n\n".join(filter(None, (claimed.preface, prompt, _tried(claimed)))),
        user=job.owner,
        role=role,
        channel=CHANNEL if isolated else "main",
        key=claimed.key if isolated else "main",
        mode="queue",
        source=SOURCE,
        client_message_id=claimed.key,
        triggered_by=job.name,
        options=TurnOptions(
            model=job.model, deadline_s=float(job.timeout_secs), budget_usd=job.budget_usd or None
        ),
    )


def hindrance(claimed: Claimed, role: Role | None, prompt: str) -> str:
    """Why a run that was taken up is not to begin; empty where nothing is in its way. `role` is its owner's, if any."""
    if claimed.job.removed:
        return "the job was removed before it began"
    if not (claimed.job.enabled or claimed.manual):
        return "the job was paused before it began"
    if role is None:
        return "its owner is not let in any more"
    return "" if prompt else "there is nothing to do in its file"


def _tried(claimed: Claimed) -> str:
    if claimed.attempt == 1 or claimed.error is None:
        return ""
    attempts = claimed.job.max_retries + 1
    return (
        f"(This is attempt {claimed.attempt} of {attempts}. The attempt before failed: {claimed.error} Some of it may "
        "have been done already: look before you do it again.)"
    )


def outcome(answer: Answer, builtin: Builtin | None) -> Outcome:
    """How an attempt came out whose turn has ended."""
    turn = answer.answered_by
    came = turn.outcome or turn.state
    quiet = builtin == "heartbeat" and says_nothing(answer.text)
    if came == "success":
        said = "\n\n".join(filter(None, (answer.text, answer.notice)))
        return Outcome(outcome=came, success=True, text="" if quiet else said, quiet=quiet)
    why = answer.notice or ("It was cancelled." if came == "cancelled" else f"The turn ended with {came}.")
    return Outcome(
        outcome=came, success=False, text=answer.text, error=why, again=came in {"error", "deadline"}
    )


def listed(job: Job) -> Listed:
    """A job as the model sees it."""
    return Listed(
        name=job.name,
        prompt=job.prompt,
        schedule=job.words,
        timezone=job.timezone,
        enabled=job.enabled,
        session_mode=job.session_mode,
        max_retries=job.max_retries,
        timeout_secs=job.timeout_secs,
        last_run_at=job.last_run_at,
        next_run_at=job.next_run_at,
        retry_count=job.retry_count,
        last_error=job.last_error,
        retry_at=job.retry_at,
    )


def told(run: Run) -> PastRun:
    """A run as the model sees it."""
    return PastRun(
        planned_for=run.instant,
        status=run.state,
        started_at=run.started_at,
        completed_at=run.ended_at,
        result_summary=run.summary or run.error or "",
        why=run.why,
    )
