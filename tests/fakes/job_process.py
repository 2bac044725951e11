"""``python -m tests.fakes.job_process`` is ``starpod`` with jobs that tests run."""

import sys

from tests.fakes.jobs import starpod

sys.exit(starpod())
