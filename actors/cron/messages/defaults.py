"""What holds for all jobs, under the address at which clients look for it. It is stored with the other settings."""

from typing import ClassVar, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.vocabulary import Proof
from bus import Abandon, Data, Request


@final
@attrs.frozen(kw_only=True)
class Defaults(Data):
    """The settings of the scheduler in force."""

    status: Literal["ok"] = "ok"
    default_max_retries: int
    default_timeout_secs: int
    max_concurrent_runs: int
    heartbeat_interval_minutes: int
    max_jobs_per_user: int
    min_interval_secs: int
    keep_runs: int


@endpoint("GET", "/api/settings/cron", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetDefaults(Request[Defaults]):
    """The settings of the scheduler; ``/api/settings`` tells where each of them comes from."""


@endpoint("PUT", "/api/settings/cron", access="admin")
@final
@attrs.frozen(kw_only=True)
class PutDefaults(Request[Defaults]):
    """Change those that are given. Raises settings.Refused, settings.NotWritten."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    default_max_retries: int | None = None
    default_timeout_secs: int | None = None
    max_concurrent_runs: int | None = None
    heartbeat_interval_minutes: int | None = None
    max_jobs_per_user: int | None = None
    min_interval_secs: int | None = None
    keep_runs: int | None = None
    user: str
    proof: Proof = "key"
    address: str = ""
