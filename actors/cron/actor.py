"""The cron actor: the doors to jobs and their runs, and the one who runs them."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, final

import attrs

from actors.atomic import write
from actors.cron import afterwards, agenda, files, forms, jobs, messages, texts, why
from actors.cron import schedule as schedules
from actors.cron.messages import AddJob, BadJob, CronFailed, NotYourJob, UpdateJob
from actors.cron.rows import Kept
from actors.cron.scheduler import Scheduler
from actors.llm import messages as llm
from actors.settings import messages as settings
from actors.storage import clean
from actors.users import messages as users
from actors.vocabulary import UNCHANGED, Role
from bus import BusError, redacted, run_in_thread

IN_CALENDAR: Final = 2000
OF_ONE_JOB: Final = 50
"""Instants that are worked out for a calendar."""
LONGEST_CALENDAR: Final = timedelta(days=370)


@final
class CronActor(Scheduler):
    """Answers for jobs and their runs. Made like its base."""

    # --- jobs ---------------------------------------------------------------------------------------------

    @messages.ListJobs.handler
    async def list_jobs(self, request: messages.ListJobs) -> tuple[messages.Job, ...]:
        found = await self._read(jobs.listed, request.user, request.role, builtin=request.builtin)
        return redacted(found)

    @messages.GetJob.handler
    async def get_job(self, request: messages.GetJob) -> messages.Job:
        return redacted(await self._read(jobs.get, request.id, request.user, request.role))

    @messages.AddJob.handler
    async def add_job(self, request: AddJob) -> messages.Job:
        job = await self._new(request, by_model=False)
        made = await self._write(jobs.add, job, self._now(), self._cron.max_jobs_per_user)
        self._wake()
        return made

    @messages.UpdateJob.handler
    async def update_job(self, request: UpdateJob) -> messages.Job:
        job = await self._read(jobs.owned, request.id, request.user, request.role)
        changes = await self._changes(request, job, by_model=False)
        changed = await self._write(jobs.change, job, changes, self._now())
        self._wake()
        return redacted(changed)

    @messages.RemoveJob.handler
    async def remove_job(self, request: messages.RemoveJob) -> None:
        job = await self._read(jobs.owned, request.id, request.user, request.role)
        if job.builtin is not None:
            raise BadJob(f"{job.name} is the agent's own: empty its file instead")
        await self._write(afterwards.remove, job)
        self._ends.set()

    async def _new(self, request: AddJob, *, by_model: bool) -> Kept:
        """Raises BadJob, NotYourJob."""
        request = redacted(request)
        owner = request.owner or request.user
        if owner != request.user:
            await self._check_owner(owner, request.role)
        await self._check_model(request.model)
        return forms.added(
            request,
            owner=owner,
            id=self.bus.ids.uuid(),
            zone=self._zone_name(),
            settings=self._cron,
            least=forms.least(request.role, self._cron, by_model=by_model),
            now=self._now(),
        )

    async def _changes(self, request: UpdateJob, job: Kept, *, by_model: bool) -> dict[str, Any]:
        """Raises BadJob."""
        request = redacted(request)
        await self._check_model(None if request.model == UNCHANGED else request.model)
        least = forms.least(request.role, self._cron, by_model=by_model)
        return dict(forms.changes(request, job, least=least, now=self._now()))

    async def _check_owner(self, owner: str, role: Role) -> None:
        if role != "admin":
            raise NotYourJob(job=owner)
        try:
            await self.bus.ask(users.GetUser(id=owner, user=owner, proof="operator"))
        except users.UnknownUser as error:
            raise BadJob(f"owner: {error}") from error

    async def _check_model(self, model: str | None) -> None:
        """Raise BadJob for a model that is not offered, as far as that is known now."""
        if not model:
            return
        try:
            offered = [each.spec for each in (await self.bus.ask(llm.Models())).models]
        except BusError:
            return
        if model not in offered:
            raise BadJob(f"model: {llm.ModelNotAllowed(model=model, allowed=tuple(offered))}")

    # --- runs ---------------------------------------------------------------------------------------------

    @messages.ListRuns.handler
    async def list_runs(self, request: messages.ListRuns) -> tuple[messages.Run, ...]:
        _, found = await self._read(jobs.runs, request.id, request.user, request.role, request.limit)
        return redacted(found)

    @messages.RunNow.handler
    async def run_now(self, request: messages.RunNow) -> messages.Run:
        job = await self._read(jobs.owned, request.id, request.user, request.role)
        if job.builtin is not None and not self._prompt(job):
            raise BadJob(f"{files.NAMES[job.builtin]} says nothing")
        run = await self._write(jobs.run_now, job, self._now())
        self._wake()
        return redacted(await self._read(jobs.run, run))

    @messages.Why.handler
    async def why(self, request: messages.Why) -> messages.Explanation:
        who = (request.user, request.role)
        job, runs = await self._read(jobs.runs, request.id, *who, request.count + 1)
        shown = await self._read(jobs.get, request.id, *who)
        coming = list[datetime]()
        after = shown.next_run_at
        while job.enabled and after is not None and len(coming) < request.count:
            coming.append(after)
            after = job.following(after)
        return redacted(why.explain(job, shown, runs, coming, self._now(), self._cron.max_concurrent_runs))

    @messages.Preview.handler
    async def preview(self, request: messages.Preview) -> messages.Previewed:
        zone, now = request.timezone or self._zone_name(), self._now()
        anchor = now.replace(microsecond=0)
        least = forms.least(request.role, self._cron, by_model=False)
        try:
            schedules.check(request.schedule, zone, anchor=anchor, now=now, least=least)
        except schedules.BadSchedule as error:
            raise BadJob(str(error)) from error
        instants = list[datetime]()
        after: datetime | None = now
        while after is not None and len(instants) < request.count:
            after = schedules.following(request.schedule, zone, anchor, after)
            if after is not None:
                instants.append(after)
        return messages.Previewed(
            timezone=zone, words=schedules.words(request.schedule, zone), instants=tuple(instants)
        )

    @messages.Calendar.handler
    async def calendar(self, request: messages.Calendar) -> tuple[messages.Entry, ...]:
        if not timedelta() < request.end - request.start <= LONGEST_CALENDAR:
            raise BadJob(f"end: must be after start, and at most {LONGEST_CALENDAR.days} days")
        found = await self._read(
            agenda.calendar,
            request.user,
            request.role,
            request.start,
            request.end,
            OF_ONE_JOB,
            IN_CALENDAR,
        )
        return redacted(found)

    # --- tools --------------------------------------------------------------------------------------------

    @messages.CronAdd.handler
    async def tool_add(self, request: messages.CronAdd) -> str:
        if (known := await self._read(jobs.answer, request.call)) is not None:
            return known
        wanted = AddJob(
            name=request.name,
            prompt=request.prompt,
            schedule=request.schedule,
            timezone=request.timezone,
            delete_after_run=request.delete_after_run,
            session_mode=request.session_mode,
            max_retries=request.max_retries,
            timeout_secs=request.timeout_secs,
            user=request.user,
            role=request.role,
        )
        job, now = await self._new(wanted, by_model=True), self._now()
        answer = await self._write(jobs.add_once, request.call, job, now, self._cron.max_jobs_per_user)
        self._wake()
        return answer

    @messages.CronList.handler
    async def tool_list(self, request: messages.CronList) -> tuple[messages.Listed, ...]:
        return tuple(map(texts.listed, await self._read(jobs.listed, request.user, "user")))

    @messages.CronRemove.handler
    async def tool_remove(self, request: messages.CronRemove) -> str:
        return await self._write(jobs.remove_once, request.call, request.name, request.user, self._now())

    @messages.CronRuns.handler
    async def tool_runs(self, request: messages.CronRuns) -> tuple[messages.PastRun, ...]:
        job = await self._read(jobs.named, request.name, request.user)
        _, found = await self._read(jobs.runs, job.id, request.user, "user", request.limit)
        return tuple(map(texts.told, found))

    @messages.CronRun.handler
    async def tool_run(self, request: messages.CronRun) -> str:
        answer = await self._write(jobs.run_once, request.call, request.name, request.user, self._now())
        self._wake()
        return answer

    @messages.CronUpdate.handler
    async def tool_update(self, request: messages.CronUpdate) -> str:
        if (known := await self._read(jobs.answer, request.call)) is not None:
            return known
        job = await self._read(jobs.named, request.name, request.user)
        wanted = UpdateJob(
            id=job.id,
            prompt=request.prompt,
            schedule=request.schedule,
            timezone=request.timezone,
            enabled=request.enabled,
            max_retries=request.max_retries,
            timeout_secs=request.timeout_secs,
            session_mode=request.session_mode,
            user=request.user,
            role=request.role,
        )
        changes = await self._changes(wanted, job, by_model=True)
        answer = await self._write(jobs.change_once, request.call, job, changes, self._now())
        self._wake()
        return answer

    # --- the heartbeat ------------------------------------------------------------------------------------

    @messages.HeartbeatWake.handler
    async def tool_wake(self, request: messages.HeartbeatWake) -> str:
        if request.role != "admin":
            raise NotYourJob(job=texts.name_of("heartbeat"))
        await self._sync_heartbeat()
        answer = await self._write(
            jobs.wake_once, request.call, self._now(), request.message or "", at_once=request.mode == "now"
        )
        self._wake()
        return answer

    @messages.GetHeartbeat.handler
    async def get_heartbeat(self, request: messages.GetHeartbeat) -> messages.Heartbeat:
        return self._heartbeat()

    @messages.PutHeartbeat.handler
    async def put_heartbeat(self, request: messages.PutHeartbeat) -> messages.Heartbeat:
        name = files.NAMES["heartbeat"]
        content = None if request.content is None else redacted(clean(request.content))
        if request.enabled and files.asks_nothing(self._heartbeat().content if content is None else content):
            raise BadJob(f"{name} would be empty: say what there is to look at")
        if request.interval_minutes is not None:
            changes = {"cron.heartbeat_interval_minutes": request.interval_minutes}
            await self.bus.ask(settings.Put(changes=changes, user=request.user, proof=request.proof))
        text = content if request.enabled else ""
        if text is not None:
            try:
                await run_in_thread(partial(write, self._folder / name, text), limiter=self._writing)
            except OSError as error:
                raise CronFailed(f"{name} cannot be written: {error.strerror}") from error
        await self._sync_heartbeat()
        self._wake()
        return self._heartbeat()

    def _heartbeat(self) -> messages.Heartbeat:
        file = files.read(self._folder, "heartbeat")
        if file.fault is not None and not file.content:
            raise CronFailed(file.fault)
        return messages.Heartbeat(
            enabled=bool(file.prompt),
            interval_minutes=self._cron.heartbeat_interval_minutes,
            content=file.content,
        )

    # --- what holds for all -------------------------------------------------------------------------------

    @messages.GetDefaults.handler
    async def get_defaults(self, request: messages.GetDefaults) -> messages.Defaults:
        return self._defaults()

    @messages.PutDefaults.handler
    async def put_defaults(self, request: messages.PutDefaults) -> messages.Defaults:
        wanted = {f"cron.{name}": getattr(request, name) for name in attrs.asdict(self._cron)}
        if changes := {key: value for key, value in wanted.items() if value is not None}:
            await self.bus.ask(
                settings.Put(changes=changes, user=request.user, proof=request.proof, address=request.address)
            )
            self._wake()
        return self._defaults()

    def _defaults(self) -> messages.Defaults:
        return messages.Defaults(**attrs.asdict(self._cron))

    @messages.RunContext.handler
    async def run_context(self, request: messages.RunContext) -> str:
        return texts.context(request.triggered_by, request.source)

    def _now(self) -> datetime:
        return self.bus.clock.now()
