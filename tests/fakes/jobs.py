"""Jobs that run when a test says so: they speak to the agent and tell their owner as those of the scheduler do."""

import sys
from typing import Any, ClassVar, Final, final

import attrs

from actors.agent import messages as agent
from actors.cron.telling import Ended, tell
from actors.endpoints import endpoint
from actors.session import messages as session
from actors.subsystem import Given, Subsystem
from bus import Abandon, Actor, Data, Request, concurrent
from starpod import tree
from starpod.cli.main import main


@final
@attrs.frozen(kw_only=True)
class Ran(Data):
    session: str


@endpoint("POST", "/api/tests/job")
@final
@attrs.frozen(kw_only=True)
class RunJob(Request[Ran]):
    """Run a job of this name, for the `instant`-th time."""

    within: ClassVar[float] = 60.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: str
    prompt: str
    instant: int
    success: bool = True
    user: str


class JobActor(Actor):
    """Runs jobs."""

    def __init__(self, given: Given) -> None:
        pass

    @RunJob.handler
    @concurrent(4)
    async def run(self, request: RunJob) -> Ran:
        key = f"cron:{request.name}:{request.instant}:1"
        incoming = session.Incoming(
            text=request.prompt,
            user=request.user,
            channel="scheduler",
            key=key,
            source="cron",
            client_message_id=key,
            triggered_by=request.name,
        )
        answer = await self.bus.ask(agent.Run(incoming=incoming))
        ended = Ended(
            user=request.user,
            job=request.name,
            name=request.name,
            instant=request.instant,
            session=answer.answered_by.session,
            success=request.success,
            text=answer.text,
        )
        await tell(self.bus, ended)
        return Ran(session=answer.answered_by.session)


JOBS: Final = Subsystem("test-jobs", JobActor, front=sys.modules[__name__])


def starpod() -> int:
    """``starpod`` with jobs of this kind."""
    grown: Any = tree
    grown.EDGES = (JOBS, *tree.EDGES)
    grown.ENDPOINTS = (*tree.ENDPOINTS, *JOBS.endpoints())
    return main()
