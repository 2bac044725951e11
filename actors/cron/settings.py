"""Settings of the scheduler."""

from typing import final

import attrs
from attrs.validators import ge, le

from actors.cron.messages.heartbeat import LONGEST_INTERVAL
from actors.cron.messages.jobs import LATEST, LONGEST_TIMEOUT, MOST_RETRIES
from bus import Data


@final
@attrs.frozen(kw_only=True)
class Cron(Data):
    default_max_retries: int = attrs.field(default=3, validator=[ge(0), le(MOST_RETRIES)])
    """Of jobs that do not say it themselves."""
    default_timeout_secs: int = attrs.field(default=7200, validator=[ge(1), le(LONGEST_TIMEOUT)])
    """Seconds; likewise."""
    max_concurrent_runs: int = attrs.field(default=4, validator=[ge(1), le(1000)])
    """Runs under way at once; others wait for their turn in the order in which they were due."""
    heartbeat_interval_minutes: int = attrs.field(default=30, validator=[ge(1), le(LONGEST_INTERVAL)])
    max_jobs_per_user: int = attrs.field(default=100, validator=[ge(1), le(100_000)])
    min_interval_secs: int = attrs.field(default=60, validator=[ge(1), le(LATEST)])
    """Least seconds between two runs of a job that a model made, or a user who is no admin."""
    keep_runs: int = attrs.field(default=100, validator=[ge(1), le(10_000)])
    """Of each job; older ones are forgotten, and their conversations with them."""


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    cron: Cron = Cron()
