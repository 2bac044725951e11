"""What every test shares: how thoroughly Hypothesis searches."""

import os

from hypothesis import HealthCheck, settings

SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
"""A shared machine is slow now and then; fixtures such as a clock serve all examples of one test."""

settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, database=None, print_blob=True)
settings.register_profile("thorough", settings.get_profile("dev"), max_examples=2000)
settings.load_profile(
    os.environ.get("STARPOD_HYPOTHESIS") or ("ci" if os.environ.get("CI") == "true" else "dev")
)
